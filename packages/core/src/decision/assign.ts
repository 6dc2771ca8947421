import { chooseVariation, inRange } from '../bucket/bucket.ts'
import type { Held } from '../policy/policy.ts'
import type { Assigned } from '../profile/bound.ts'
import type { Subject } from '../segment/subject.ts'
import type { CompiledExperience, CompiledVariant } from './compiled.ts'

/** The variant somebody gets who is not left out. */
export interface Assignment {
  /** Undefined: the policy chose none, which is the default content. */
  readonly variant: CompiledVariant | undefined
  /** As in `Answer`. */
  readonly propensity: number
  readonly model?: string
  /** It was given before, and is kept. */
  readonly held?: Assigned
}

/** An assignment to a variant. */
export type Chosen = Assignment & { readonly variant: CompiledVariant }

/**
 * A person's one assignment in an experience, the same at all its touchpoints and on all channels: undefined is control.
 * `before`: what a sticky split gave them, and holds.
 */
export function assign(
  experience: CompiledExperience,
  subject: Subject,
  bucketKey: string,
  before?: Assigned,
): Assignment | undefined {
  const { draws, policy, variants, bySplit } = experience
  if (before?.arm === 'control') return undefined
  const had = before?.arm === 'variant' ? before : undefined
  if (had === undefined && inRange(draws.control.point(bucketKey), draws.control.range)) return undefined
  if (policy !== undefined) {
    const { variant, propensity, model, held } = policy.choose(subject, bucketKey, had && heldOf(had, variants))
    // What is held is not drawn: it is sure, given what they hold.
    if (held && had) return { variant: variants[variant], propensity: 1, held: had }
    const share = (1 - draws.control.propensity) * propensity
    return { variant: variants[variant], propensity: share, ...(model === undefined ? {} : { model }) }
  }
  const drawn = chooseVariation(draws.variant.point(bucketKey), draws.variant.ranges)
  // Weights may fall short of 1 by rounding: the last point is the last variant's.
  return bySplit[drawn === -1 ? bySplit.length - 1 : drawn]
}

function heldOf({ variant, propensity }: Assigned, variants: readonly CompiledVariant[]): Held {
  return { arm: variants.findIndex(({ key }) => key === variant), propensity, model: 0, period: 0 }
}
