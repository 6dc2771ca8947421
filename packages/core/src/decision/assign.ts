import { chooseVariation, inRange } from '../bucket/bucket.ts'
import type { Subject } from '../segment/subject.ts'
import type { CompiledExperience, CompiledVariant } from './compiled.ts'

/** The variant somebody gets who is not left out. */
export interface Assignment {
  /** Undefined: the policy chose none, which is the default content. */
  readonly variant: CompiledVariant | undefined
  /** As in `Answer`. */
  readonly propensity: number
  readonly model?: string
}

/** An assignment to a variant. */
export type Chosen = Assignment & { readonly variant: CompiledVariant }

/** A person's one assignment in an experience, the same at all its touchpoints and on all channels: undefined is control. */
export function assign(experience: CompiledExperience, subject: Subject, bucketKey: string): Assignment | undefined {
  const { draws, policy, variants, bySplit } = experience
  if (inRange(draws.control.point(bucketKey), draws.control.range)) return undefined
  if (policy !== undefined) {
    const { variant, propensity, model } = policy.choose(subject, bucketKey)
    const share = (1 - draws.control.propensity) * propensity
    return { variant: variants[variant], propensity: share, ...(model === undefined ? {} : { model }) }
  }
  const drawn = chooseVariation(draws.variant.point(bucketKey), draws.variant.ranges)
  // Weights may fall short of 1 by rounding: the last point is the last variant's.
  return bySplit[drawn === -1 ? bySplit.length - 1 : drawn]
}
