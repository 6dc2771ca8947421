import { chooseVariation, inRange } from './bucket.ts'
import type { CompiledExperience, CompiledVariant } from './compiled.ts'

/** A person's one assignment in an experience, the same at all its touchpoints and on all channels: undefined is control. */
export function assign(experience: CompiledExperience, bucketKey: string): CompiledVariant | undefined {
  const { control, variant } = experience.draws
  if (inRange(control.point(bucketKey), control.range)) return undefined
  const drawn = chooseVariation(variant.point(bucketKey), variant.ranges)
  // Weights may fall short of 1 by rounding: the last point is the last variant's.
  return drawn === -1 ? experience.variants.at(-1) : experience.variants[drawn]
}
