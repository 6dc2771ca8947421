import type { JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'

/** What a condition is asked about: a person, the context of the moment, and the moment. */
export interface Subject {
  readonly profile: Pick<Profile, 'traits' | 'signals'>
  /** What the caller of the decision sent. */
  readonly context: JsonObject
  /** Epoch milliseconds. Events timed later do not count yet. */
  readonly now: number
}

/** Truth with expiry (R5). */
export interface Truth {
  readonly value: boolean
  /**
   * The earliest instant at which the value may change without a new event, epoch milliseconds: up to just before it the
   * value is the same. Infinity: only an event, another context or another definition can change it.
   */
  readonly until: number
}
