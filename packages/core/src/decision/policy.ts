import type { Definition } from '../definition/definition.ts'
import type { Held, PolicyState } from '../policy/policy.ts'
import type { Reads } from '../segment/node.ts'
import type { Subject } from '../segment/subject.ts'

/** What a policy chose for one person. */
export interface PolicyChoice {
  /** It was given before, and is kept: then `propensity` is that of the draw it came from. */
  readonly held?: true
  /** Index of the variant, as the experience lists them; -1 for none of them, which is the touchpoint's default content. */
  readonly variant: number
  /** Probability with which somebody like this, not left out, gets this: computed first, then drawn from. In (0, 1]. */
  readonly propensity: number
  /** Version of the model that was used; absent where there is none. */
  readonly model?: string
}

/** A way of choosing a variant other than the split, which is what an experience without one has. `core/policy` makes them. */
export interface CompiledPolicy {
  /** What it may look at: logged with the decision (R7). */
  readonly reads: Reads
  /** Deterministic (R6). Only asked for people who are in neither the holdout nor the control group. */
  readonly choose: (subject: Subject, bucketKey: string, held?: Held) => PolicyChoice
  /** What it gives is kept with the person, and given to `choose` from then on; when it is asked whom the experience is for. */
  readonly sticky?: 'once' | 'always'
  /** What it knows and whether that is enough. */
  readonly state?: (now: number) => PolicyState
}

/** The policy of an experience; undefined: the split. */
export type PolicyOf = (experience: Definition<'experience'>) => CompiledPolicy | undefined
