import type { ConsentRules } from '../consent/rules.ts'
import type { IdentityRules } from '../identity/rules.ts'
import type { Plan } from '../plan/plan.ts'

export type { Plan } from '../plan/plan.ts'

/** Everything besides the state that the outcome depends on: kept with the entries, so that replay repeats it (R6). */
export interface ApplyContext {
  readonly workspace: string
  /** Received time of the batch, epoch milliseconds. */
  readonly now: number
  /** Ids for profiles that come into being, taken in order; never repeats. */
  readonly newId: () => string
  /** Ids for further sources of a person, where they were not given at the time (a commit from before they were). Default `newId`. */
  readonly newSourceId?: () => string
  /** What the definitions of this moment need kept. */
  readonly plan: Plan
  /** What may be stored of whom (R8); absent: everything, as in a replay of what was let through. */
  readonly consent?: ConsentRules
  /** The kinds of identifier of this moment; absent: users and devices (`DEFAULT_IDENTITY`). */
  readonly identity?: IdentityRules
}
