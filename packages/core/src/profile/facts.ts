import type { Event } from '../event/event.ts'
import { newest, type Stamp, supersedes } from '../event/stamp.ts'
import type { Json } from '../json.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { Profile, Trait } from './profile.ts'

/** What people say of themselves by events of a given name: first-class facts on the profile, beside traits. */
export const FACT_EVENTS = {
  /** Each property is a preference: `{topics: ['running'], size: 'M'}`; null takes one back. */
  preferences: 'Preferences Updated',
  subscribed: 'Subscribed',
  unsubscribed: 'Unsubscribed',
  /** `{survey: 'onboarding', score: 7}` or `{survey, answer: 'text'}`. */
  survey: 'Survey Answered',
  /** `{score: 0 to 10}`: the survey `nps`. */
  nps: 'NPS Submitted',
  /** `{score: 1 to 5}`: the survey `csat`. */
  csat: 'CSAT Submitted',
} as const

type Facts = Readonly<Record<string, Trait>>

/** Which of the person's facts an event states; undefined for nearly every event. */
export function factsIn({ type, name }: Event): 'preferences' | 'subscriptions' | 'feedback' | undefined {
  if (type !== 'track') return undefined
  switch (name) {
    case FACT_EVENTS.preferences:
      return 'preferences'
    case FACT_EVENTS.subscribed:
    case FACT_EVENTS.unsubscribed:
      return 'subscriptions'
    case FACT_EVENTS.survey:
    case FACT_EVENTS.nps:
    case FACT_EVENTS.csat:
      return 'feedback'
    default:
      return undefined
  }
}

/** The facts after an event that states some. */
export function stateFactsOf(draft: Profile, event: Event, stamp: Stamp): void {
  const kind = factsIn(event)
  if (kind === undefined) return
  const said =
    kind === 'preferences' ? event.properties : kind === 'subscriptions' ? subscriptionIn(event) : feedbackIn(event)
  draft[kind] = withFacts(draft[kind] ?? {}, said, stamp)
}

/** Both persons' facts, the newer statement of each. */
export function unitedFacts(a: Facts | undefined, b: Facts | undefined): Facts | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const union: Record<string, Trait> = { ...a }
  for (const name of Object.keys(b)) {
    const old = Object.hasOwn(a, name) ? a[name] : undefined
    if (supersedes(b[name]!, old)) union[name] = b[name]!
  }
  return newest(union, PROFILE_LIMITS.facts)
}

function withFacts(facts: Facts, said: Readonly<Record<string, Json>>, { at, lag, index, hash }: Stamp): Facts {
  const next: Record<string, Trait> = { ...facts }
  for (const name of Object.keys(said)) {
    if (name === '__proto__' || name.length > PROFILE_LIMITS.traitName) continue
    const value = said[name]!
    if (JSON.stringify(value).length > PROFILE_LIMITS.traitValue) continue
    const fact: Trait = { at, lag, index, hash, value }
    if (supersedes(fact, Object.hasOwn(facts, name) ? facts[name] : undefined)) next[name] = fact
  }
  return newest(next, PROFILE_LIMITS.facts)
}

/** The list named by `list` or `list_id`, else the channel, else `email`. */
function subscriptionIn({ name, properties }: Event): Record<string, Json> {
  const list = [properties.list, properties.list_id, properties.channel].find(
    named => typeof named === 'string' && named !== '',
  )
  return {
    [typeof list === 'string' ? list : 'email']: name === FACT_EVENTS.subscribed ? 'subscribed' : 'unsubscribed',
  }
}

function feedbackIn({ name, properties }: Event): Record<string, Json> {
  const { survey, score, answer } = properties
  const key = name === FACT_EVENTS.nps ? 'nps' : name === FACT_EVENTS.csat ? 'csat' : survey
  const value = typeof score === 'number' ? score : answer
  return typeof key === 'string' && key !== '' && value !== undefined ? { [key]: value } : {}
}
