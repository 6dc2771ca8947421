import type { Device } from '../event/device.ts'
import type { VisitOrigin } from '../event/origin.ts'
import type { Json } from '../json.ts'
import type { Stamp } from './stamp.ts'

/**
 * One person: what the stream has made of their events. Plain data, so that it can be stored, copied and compared.
 * Times are epoch milliseconds. Every list has a bound (R11), stated in `profile/limits.ts`.
 *
 * All of it is a function of the set of the person's events (R10), but for what depends on the order of arrival: `id`,
 * `version`, `bucketKey`, `identifiers`, `sources` and `session`.
 *
 * The lists and records in it, and what they hold, are never changed in place: a change puts a new one there.
 */
export interface Profile {
  readonly id: string
  /** Grows by one with each commit that changes the profile (R1). */
  version: number
  /** What bucketing hashes: the first identifier's hash. At a merge the older profile's wins. */
  bucketKey: string
  /** Timestamp of the first event; with `id` it decides which of two profiles is older. */
  firstSeen: number
  lastSeen: number
  /** The known user, if any: a profile has at most one `userId`. */
  userId?: string
  /** All identifiers that lead here, as `kind:value`, in order of arrival. */
  identifiers: readonly string[]
  /** Source profiles whose events belong to this person: its own id first, then those merged into it. */
  sources: readonly string[]
  traits: Readonly<Record<string, Trait>>
  /** Accounts by group id, as last stated. */
  accounts: Readonly<Record<string, Stamp>>
  /** The last things this person did, in event order (R10): what was viewed, added, bought. */
  recent: readonly RecentEvent[]
  session?: Session
  /** The first and the last event that named a campaign or a referrer. */
  acquisition: { readonly first?: Touch; readonly last?: Touch }
  /** As the latest event says that says anything of it; `latest` has the stamps. */
  device?: Device
  locale?: string
  timezone?: string
  latest: { readonly device?: Stamp; readonly locale?: Stamp; readonly timezone?: Stamp }
  /** Values kept up because a definition needs them; the key is the signal's. */
  signals: Readonly<Record<string, EventTimes>>
  /** `context.consent.categoryPreferences`, the last stated value for each purpose. */
  consent: Readonly<Record<string, Consent>>
  /** Number of events taken in, by the log's count. */
  events: number
  /** The person's one timer: the earliest instant at which something must happen without an event (R5). Absent: never. */
  due?: number
}

/** A merged profile leaves this behind under its own id. */
export interface MergedProfile {
  readonly id: string
  readonly mergedInto: string
}

export function isMerged(profile: Profile | MergedProfile): profile is MergedProfile {
  return 'mergedInto' in profile
}

/** A stated fact; the newer statement wins, whoever made it. `null` is a statement too: the fact was taken back. */
export interface Trait extends Stamp {
  readonly value: Json
}

export interface RecentEvent extends Stamp {
  readonly name: string
  /** Product ids, or the page's path: at most a few. */
  readonly items?: readonly string[]
  /** Order total or value, where the event names one. */
  readonly value?: number
}

/** The latest session; it is over when `last` is more than half an hour ago. See `session.ts`. */
export interface Session {
  readonly id: string
  readonly started: number
  readonly last: number
  readonly events: number
  /** Path of the page it began on. */
  readonly landing?: string
  readonly referrer?: string
}

/** Where a visit came from. */
export interface Touch extends Stamp, VisitOrigin {}

export interface Consent extends Stamp {
  readonly granted: boolean
}

/** The last `keep` times an event happened, ascending, each with its `messageHash` so that unions are exact. */
export interface EventTimes {
  readonly keep: number
  readonly times: readonly (readonly [timestamp: number, hash: number])[]
}
