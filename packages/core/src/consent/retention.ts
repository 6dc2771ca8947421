import type { Profile, RecentEvent } from '../profile/profile.ts'
import { durationMs } from '../time/duration.ts'
import type { RetentionSettings } from './settings.ts'

/** Tables of the warehouse that can be told how long they keep their rows. */
export const KEPT_TABLES = ['events', 'decisions', 'exposures'] as const
export type KeptTable = (typeof KEPT_TABLES)[number]

/** A workspace's retention made ready: milliseconds, absent for ever. */
export interface RetentionRules {
  readonly traits: ReadonlyMap<string, number>
  readonly tables: ReadonlyMap<KeptTable, number>
  /** Nothing of a profile is ever over. */
  readonly isEmpty: boolean
}

/** Of settings that passed validation: of a duration that cannot be read it throws. */
export function retentionRules(settings: RetentionSettings = {}): RetentionRules {
  const tables = KEPT_TABLES.flatMap(table => {
    const text = settings[table]
    return text === undefined ? [] : [[table, durationMs(text)] as const]
  })
  const traits = Object.entries(settings.traits ?? {}).map(([name, text]) => [name, durationMs(text)] as const)
  const isEmpty = traits.length === 0 && settings.events === undefined
  return { traits: new Map(traits), tables: new Map(tables), isEmpty }
}

/**
 * What of a person may still be seen at `now`: a trait is kept from when it was stated, the recent history as long as events
 * are. A function of time, so that nobody sees what is over, whenever it is physically dropped; a statement that arrives late
 * is over as well. The same object where nothing is over.
 */
export function expire<P extends Pick<Profile, 'traits'> & Partial<Pick<Profile, 'recent'>>>(
  profile: P,
  rules: RetentionRules,
  now: number,
): P {
  if (rules.isEmpty) return profile
  const gone = [...rules.traits].filter(([name, keep]) => expiryOf(profile.traits, name, keep) <= now)
  const recent = recentAt(profile.recent, rules.tables.get('events'), now)
  if (gone.length === 0 && recent === profile.recent) return profile
  const traits = { ...profile.traits }
  for (const [name] of gone) delete traits[name]
  return { ...profile, traits, ...(recent !== undefined && { recent }) }
}

/** The earliest instant at which something of this person is over; Infinity where nothing will be. */
export function nextExpiry(profile: Pick<Profile, 'traits' | 'recent'>, rules: RetentionRules): number {
  let next = Number.POSITIVE_INFINITY
  if (rules.isEmpty) return next
  for (const [name, keep] of rules.traits) next = Math.min(next, expiryOf(profile.traits, name, keep))
  const events = rules.tables.get('events')
  const oldest = profile.recent[0]
  return events === undefined || oldest === undefined ? next : Math.min(next, oldest.at + events)
}

function expiryOf(traits: Profile['traits'], name: string, keep: number): number {
  return Object.hasOwn(traits, name) ? traits[name]!.at + keep : Number.POSITIVE_INFINITY
}

/** In event order, so that what is over stands first. */
function recentAt(
  recent: readonly RecentEvent[] | undefined,
  keep: number | undefined,
  now: number,
): readonly RecentEvent[] | undefined {
  if (recent === undefined || keep === undefined || recent.length === 0 || recent[0]!.at + keep > now) return recent
  return recent.filter(({ at }) => at + keep > now)
}
