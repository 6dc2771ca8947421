import { PROFILE_LIMITS } from './limits.ts'
import type { Profile } from './profile.ts'
import { mergedRecent } from './recent.ts'
import { touched } from './reduce.ts'
import { mergedSession } from './session.ts'
import { mergedSignals } from './signals.ts'
import { supersedes, united } from './stamp.ts'

/**
 * Two profiles of one person as one. `into` survives with its id and userId; the older one's bucket key wins, older being the
 * smaller `firstSeen`, then the smaller id. What they hold is what all events of both would have made of one profile (R10).
 */
export function mergeProfiles(into: Profile, from: Profile): Profile {
  const older =
    from.firstSeen < into.firstSeen || (from.firstSeen === into.firstSeen && from.id < into.id) ? from : into
  const session = mergedSession(into.session, from.session)
  const due = Math.min(into.due ?? Infinity, from.due ?? Infinity)
  const merged: Profile = {
    ...into,
    bucketKey: older.bucketKey,
    firstSeen: older.firstSeen,
    lastSeen: Math.max(into.lastSeen, from.lastSeen),
    identifiers: [...into.identifiers, ...from.identifiers],
    sources: [...into.sources, ...from.sources],
    traits: united(into.traits, from.traits, PROFILE_LIMITS.traits),
    accounts: united(into.accounts, from.accounts, PROFILE_LIMITS.accounts),
    recent: mergedRecent(into.recent, from.recent),
    ...(session !== undefined && { session }),
    ...(due < Infinity && { due }),
    signals: mergedSignals(into.signals, from.signals),
    consent: united(into.consent, from.consent, PROFILE_LIMITS.purposes),
    events: into.events + from.events,
  }
  for (const touch of [from.acquisition.first, from.acquisition.last]) {
    if (touch !== undefined) merged.acquisition = touched(merged.acquisition, touch)
  }
  mergeEnvironment(merged, from)
  return merged
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
