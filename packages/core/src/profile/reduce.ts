import { deviceOf } from '../event/device.ts'
import type { Event } from '../event/event.ts'
import { originOf } from '../event/origin.ts'
import { type Stamp, stampOf, supersedes } from '../event/stamp.ts'
import { type Json, objectOf } from '../json.ts'
import type { Keeping } from '../signal/keeping.ts'
import { stateFactsOf } from './facts.ts'
import type { Profile, Touch } from './profile.ts'
import { recentOf, withRecent } from './recent.ts'
import { withSession } from './session.ts'
import { withEvent } from './signals.ts'
import { withAccount, withConsent, withIdentified, withTraits } from './statements.ts'

/**
 * One event's effect on a person. `draft` is the caller's own top-level copy of the stored profile: only its fields are set
 * anew, nothing they hold is changed in place. Functions of the set of events (R10), but for the session.
 */
export function reduce(draft: Profile, event: Event, plan: Keeping): void {
  const stamp = stampOf(event)
  const origin = originOf(event)
  draft.events++
  seeAt(draft, event.timestamp)
  stateFacts(draft, event, stamp)
  stateFactsOf(draft, event, stamp)
  stateEnvironment(draft, event, stamp)
  if (origin !== undefined) draft.acquisition = touched(draft.acquisition, { ...origin, ...stamp })
  const recent = recentOf(event, stamp)
  if (recent !== undefined) draft.recent = withRecent(draft.recent, recent)
  const session = withSession(draft.session, event, origin?.referrer)
  if (session !== undefined) draft.session = session
  const listeners = plan.byEvent.get(event.name)
  if (listeners !== undefined) draft.signals = withEvent(draft, listeners, { event, stamp }, plan)
  if (plan.onAction.length > 0) draft.signals = withEvent(draft, plan.onAction, { event, stamp }, plan)
}

/** The person was there at this time. */
export function seeAt(draft: Profile, at: number): void {
  if (at < draft.firstSeen) draft.firstSeen = at
  if (at > draft.lastSeen) draft.lastSeen = at
}

/** In one event its own traits win over those of its context. */
function stateFacts(draft: Profile, event: Event, stamp: Stamp): void {
  const contextTraits = objectOf(event.context.traits)
  if (contextTraits !== undefined) draft.traits = withTraits(draft.traits, contextTraits, stamp)
  if (event.type === 'identify') draft.traits = withIdentified(draft.traits, event.properties, stamp)
  if (event.type === 'group') draft.accounts = withAccount(draft.accounts, event.groupId!, stamp)
  if (event.context.consent !== undefined) draft.consent = withConsent(draft.consent, event, stamp)
}

function stateEnvironment(draft: Profile, event: Event, stamp: Stamp): void {
  const { context } = event
  const device = supersedes(stamp, draft.latest.device) ? deviceOf(context) : undefined
  const locale = supersedes(stamp, draft.latest.locale) ? shortText(context.locale) : undefined
  const timezone = supersedes(stamp, draft.latest.timezone) ? shortText(context.timezone) : undefined
  if (device === undefined && locale === undefined && timezone === undefined) return
  const latest = { ...draft.latest }
  if (device !== undefined) {
    draft.device = device
    latest.device = stamp
  }
  if (locale !== undefined) {
    draft.locale = locale
    latest.locale = stamp
  }
  if (timezone !== undefined) {
    draft.timezone = timezone
    latest.timezone = stamp
  }
  draft.latest = latest
}

/** The longest IANA zone has 38 characters, language tags fewer. */
const LONGEST = 100

function shortText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST ? value : undefined
}

/** First and last touch by event time. */
export function touched(acquisition: Profile['acquisition'], touch: Touch): Profile['acquisition'] {
  const { first, last } = acquisition
  return {
    first: first !== undefined && supersedes(touch, first) ? first : touch,
    last: supersedes(touch, last) ? touch : last!,
  }
}
