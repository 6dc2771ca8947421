import { supersedes, united } from '../event/stamp.ts'
import { linkedAt, originsOf } from '../identity/origin.ts'
import { isOlder } from '../identity/resolve.ts'
import { splitsOf } from '../identity/split.ts'
import type { Keeping } from '../signal/keeping.ts'
import { mergedBound } from './bound.ts'
import { unitedFacts } from './facts.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { Profile } from './profile.ts'
import { mergedRecent } from './recent.ts'
import { touched } from './reduce.ts'
import { mergedSession } from './session.ts'
import { mergedSignals } from './signals.ts'

/**
 * Two profiles of one person as one. `into` survives with its id and userId; the older one's bucket key wins, older being the
 * smaller `firstSeen`, then the smaller id. What they hold is what all events of both would have made of one profile (R10).
 * `now`: the commit that links them. It is in the segments `into` was in; the caller looks at them anew.
 */
export function mergeProfiles(into: Profile, from: Profile, now: number, plan: Keeping): Profile {
  const older = isOlder(from, into) ? from : into
  const sources = [...into.sources, ...from.sources]
  const linked = originsOf(from).map(origin => ({ ...origin, since: linkedAt(origin, now) }))
  const splits = splitsOf([...(into.splits ?? []), ...(from.splits ?? [])], sources)
  const session = mergedSession(into.session, from.session)
  const due = Math.min(into.due ?? Infinity, from.due ?? Infinity)
  const bound = mergedBound(into.bound, from.bound, now)
  const merged: Profile = {
    ...into,
    bucketKey: older.bucketKey,
    firstSeen: older.firstSeen,
    lastSeen: Math.max(into.lastSeen, from.lastSeen),
    identifiers: [...into.identifiers, ...from.identifiers],
    sources,
    origins: [...originsOf(into), ...linked],
    traits: united(into.traits, from.traits, PROFILE_LIMITS.traits),
    accounts: united(into.accounts, from.accounts, PROFILE_LIMITS.accounts),
    recent: mergedRecent(into.recent, from.recent),
    ...(session !== undefined && { session }),
    ...(due < Infinity && { due }),
    ...(bound !== undefined && { bound }),
    signals: mergedSignals(into, from, plan),
    consent: united(into.consent, from.consent, PROFILE_LIMITS.purposes),
    events: into.events + from.events,
  }
  mergeFacts(merged, into, from)
  if (splits.length > 0) merged.splits = splits
  else delete merged.splits
  for (const touch of [from.acquisition.first, from.acquisition.last]) {
    if (touch !== undefined) merged.acquisition = touched(merged.acquisition, touch)
  }
  mergeEnvironment(merged, from)
  return merged
}

function mergeFacts(merged: Profile, into: Profile, from: Profile): void {
  for (const kind of ['preferences', 'subscriptions', 'feedback'] as const) {
    const facts = unitedFacts(into[kind], from[kind])
    if (facts !== undefined) merged[kind] = facts
  }
  if (into.scores !== undefined || from.scores !== undefined) {
    merged.scores = { ...from.scores, ...into.scores }
    for (const [name, score] of Object.entries(from.scores ?? {})) {
      if (score.at > merged.scores[name]!.at) merged.scores = { ...merged.scores, [name]: score }
    }
  }
}

function mergeEnvironment(merged: Profile, from: Profile): void {
  const latest = { ...merged.latest }
  if (from.latest.device !== undefined && supersedes(from.latest.device, latest.device)) {
    latest.device = from.latest.device
    merged.device = from.device!
  }
  if (from.latest.locale !== undefined && supersedes(from.latest.locale, latest.locale)) {
    latest.locale = from.latest.locale
    merged.locale = from.locale!
  }
  if (from.latest.timezone !== undefined && supersedes(from.latest.timezone, latest.timezone)) {
    latest.timezone = from.latest.timezone
    merged.timezone = from.timezone!
  }
  merged.latest = latest
}
