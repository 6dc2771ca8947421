import type { Device } from '../event/device.ts'
import type { VisitOrigin } from '../event/origin.ts'
import type { Stamp, Stated } from '../event/stamp.ts'
import type { Origin } from '../identity/origin.ts'
import type { Split } from '../identity/split.ts'
import type { Json } from '../json.ts'
import type { Signal } from '../signal/signal.ts'
import type { Bound } from './bound.ts'

/**
 * One person: what the stream has made of their events. Plain data, so that it can be stored, copied and compared.
 * Times are epoch milliseconds. Every list has a bound (R11), stated in `profile/limits.ts`.
 *
 * All of it is a function of the set of the person's events (R10), but for what depends on the order of arrival: `id`,
 * `version`, `bucketKey`, `identifiers`, `sources`, `origins`, `splits` and `session`; and for `bound`, which comes from decisions.
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
  /**
   * Source profiles whose events belong to this person: its own id first, then those linked to it. Each is the source of one
   * identifier.
   */
  sources: readonly string[]
  /** Where each source comes from, in their order; absent where there is only one. Read by `originsOf`. */
  origins?: readonly Origin[]
  /** What keeps this person apart from others that an un-merge told them apart from. */
  splits?: readonly Split[]
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
  signals: Readonly<Record<string, Signal>>
  /** `context.consent.categoryPreferences`, the last stated value for each purpose. */
  consent: Readonly<Record<string, Consent>>
  /** Number of events taken in, by the log's count. */
  events: number
  /** Segments the person is in, or will come to be in without an event; of all others neither is so. The key is the segment's. */
  memberships?: Readonly<Record<string, Membership>>
  /** Stated preferences, by name; `Preferences Updated` states them. */
  preferences?: Readonly<Record<string, Trait>>
  /** Lists and channels: `subscribed` or `unsubscribed`, by name. */
  subscriptions?: Readonly<Record<string, Trait>>
  /** The last answer to each survey, a score or text. */
  feedback?: Readonly<Record<string, Trait>>
  /** What models predicted last, by score. */
  scores?: Readonly<Record<string, Score>>
  /** The person's one timer: the earliest instant at which something must happen without an event (R5). Absent: never. */
  due?: number
  /** What decisions have bound; absent: nothing. */
  bound?: Bound
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
export interface Trait extends Stated {
  readonly value: Json
}

/** Whether the person is in a segment, as last noted. */
export interface Membership {
  readonly in: boolean
  /** Since when, epoch milliseconds. */
  readonly since: number
  /** When that may change without an event; absent: never. */
  readonly until?: number
}

export interface Score {
  readonly value: number
  /** When it was given, epoch milliseconds; a newer one replaces. */
  readonly at: number
  /** The model's name and version. */
  readonly model: string
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
