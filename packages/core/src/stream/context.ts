import type { SignalNeeds } from '../profile/signals.ts'

export type { SignalNeed, SignalNeeds } from '../profile/signals.ts'

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
