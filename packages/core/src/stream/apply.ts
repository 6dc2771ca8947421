import type { Applied, Entry } from './entry.ts'
import type { People } from './people.ts'
import type { Row } from './rows.ts'

/** Everything besides the state that the outcome depends on: kept with the entries, so that replay repeats it (R6). */
export interface ApplyContext {
  readonly workspace: string
  /** Received time of the batch, epoch milliseconds. */
  readonly now: number
  /** Ids for profiles that come into being, taken in order; never repeats. */
  readonly newId: () => string
  /** What the definitions of this moment need kept. */
  readonly needs: SignalNeeds
}

/** The signals the live definitions need, by the event name they listen to. */
export interface SignalNeeds {
  /** Version of the definitions they come from. */
  readonly version: number
  readonly byEvent: ReadonlyMap<string, readonly SignalNeed[]>
}

/** Keep the last `keep` times of events called `event`. `key` names the signal in `Profile.signals`. */
export interface SignalNeed {
  readonly key: string
  readonly event: string
  readonly keep: number
}

export interface ApplyResult {
  /** One for each entry, in order. */
  readonly applied: Applied[]
  /** What the warehouse gets to hear, in order. */
  readonly rows: Row[]
}

export type Apply = (people: People, entries: readonly Entry[], context: ApplyContext) => ApplyResult
