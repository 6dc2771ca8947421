import type { Json, JsonObject } from '../json.ts'

/**
 * One person: what the stream has made of their events. Plain data, so that it can be stored, copied and compared.
 * Times are epoch milliseconds. Every list has a bound (R11), stated in `profile/limits.ts`.
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
  identifiers: string[]
  /** Source profiles whose events belong to this person: its own id first, then those merged into it. */
  sources: string[]
  traits: Record<string, Trait>
  /** Accounts (group ids), most recent last. */
  accounts: string[]
  /** The last things this person did, in event order (R10): what was viewed, added, bought. */
  recent: RecentEvent[]
  session?: Session
  acquisition: { first?: Touch; last?: Touch }
  device?: { type: DeviceType; os?: string; model?: string }
  locale?: string
  timezone?: string
  /** Values kept up because a definition needs them; the key is the signal's. */
  signals: Record<string, EventTimes>
  /** `context.consent.categoryPreferences`, the last stated value for each purpose. */
  consent: Record<string, { granted: boolean; at: number }>
  /** Number of events taken in, by the log's count. */
  events: number
}

/** A merged profile leaves this behind under its own id. */
export interface MergedProfile {
  readonly id: string
  readonly mergedInto: string
}

export type DeviceType = 'mobile' | 'tablet' | 'desktop' | 'other'

/** A stated fact with what decides between two statements: see `profile/traits.ts`. */
export interface Trait {
  value: Json
  at: number
}

export interface RecentEvent {
  at: number
  /** Tie-breakers of R10, so that the list is a function of the set of events. */
  received: number
  index: number
  name: string
  /** Product ids, or the page's path: at most a few. */
  items?: string[]
  /** Order total or value, where the event names one. */
  value?: number
}

export interface Session {
  id: string
  started: number
  last: number
  events: number
  landing?: string
  referrer?: string
}

/** Where a visit came from. */
export interface Touch {
  at: number
  source?: string
  medium?: string
  campaign?: string
  term?: string
  content?: string
  referrer?: string
}

/** The last `keep` times an event happened, ascending, each with a short hash of its messageId so that unions are exact. */
export interface EventTimes {
  keep: number
  /** `[timestamp, hash]` pairs, in order. */
  times: [number, number][]
}

export type TraitValues = JsonObject
