import type { Fault, FaultCode } from '../content/fault.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Obstacle } from './eligible.ts'

/** Why a person gets what they get at a touchpoint. Total: `decide` always answers with one of these. */
export type Reason =
  /** A variant was drawn. */
  | 'assigned'
  /** A variant was drawn, but its content could not be made: the default content; the arm is the variant's. */
  | FaultCode
  /** The same, and one of the experience's fallbacks could: its content; the arm is the variant's. */
  | 'fallback'
  /** The experience's policy chose none of its variants: the default content. */
  | 'default'
  /** Left out of this experience, to compare with: the default content. */
  | 'control'
  /** Left out of the whole programme this quarter: the default content. */
  | 'holdout'
  /** No running experience's audience holds: the default content. */
  | 'no-experience'
  /**
   * The same, and something stood in the way of the first whose audience holds: the default content. With a variant: their turn came
   * when its content could not be made, and what there was of its offer is gone since.
   */
  | Obstacle
  /** The person refused personalization: the default content. */
  | 'consent'
  /** There is no such touchpoint: no content. */
  | 'unknown-touchpoint'
  /** Known bots get the default content and are not counted. */
  | 'bot'
  /** `preview` forced it: not logged. */
  | 'preview'

/** The answer for one person at one touchpoint. */
export interface Answer {
  readonly touchpoint: string
  readonly reason: Reason
  /** The experience that won by priority, also when the person is in its control group or the holdout. */
  readonly experience?: string
  /** Version of that experience. */
  readonly version?: number
  /** Absent for control, holdout, defaults, and where the policy chose none. */
  readonly variant?: string
  /** Shared between answers: read it, never change it. */
  readonly content: Json
  /** Items that the content should have shown and the catalog lacks; in default content null stands in their place. */
  readonly missing?: readonly string[]
  /** Why the content that was meant could not be made. Its message is for those who wrote the content. */
  readonly fault?: Fault
  readonly control: boolean
  readonly holdout: boolean
  /** At a touchpoint of several slots: 1 for the best. */
  readonly rank?: number
  /** The offer the person has by this experience: its terms, and `code` and `expires` where it has them. */
  readonly offer?: JsonObject
  /** An exposure to this has to be kept with the person. */
  readonly remember?: true
  /**
   * Probability, over the draw of bucket keys, with which a person in this place gets this arm, given that they are not in
   * the holdout: control's share, or (1 - control) x the chance that the split or the policy gave it; for a holdout row the holdout's share; 1 where nothing is drawn.
   */
  readonly propensity: number
  /**
   * A sticky split keeps what it gave before: since when, epoch milliseconds, and by which chance it was drawn then. Given what the
   * person holds it is sure, so `propensity` is 1; exposures carry this one, by which arms are weighed against each other.
   */
  readonly held?: { readonly since: number; readonly propensity: number }
  /** Version of the model by which a policy chose; absent where none did. */
  readonly model?: string
  /** With `explain`: every experience considered, in order, condition by condition. */
  readonly explanation?: JsonObject
}
