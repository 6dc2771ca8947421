import { hasher, POINTS } from '../bucket/bucket.ts'
import { pointOf } from './points.ts'
import { mayKeep, type Policy } from './policy.ts'
import { compileShares } from './shares.ts'

export interface SplitParts {
  readonly seed: string
  readonly variants: readonly string[]
  readonly weights: readonly number[]
  /** Whoever was given a variant keeps it, whatever becomes of the weights, as long as it may be shown. */
  readonly sticky: boolean
}

/** Stated shares, drawn once for ever: the draw that experiences without a policy have. */
export function splitPolicy<S>({ seed, variants, weights, sticky }: SplitParts): Policy<S> {
  const shares = compileShares(weights)
  const draw = hasher(seed)
  const basisOf = (eligible: readonly boolean[] | undefined) =>
    eligible === undefined || eligible.includes(true) ? ('split' as const) : ('none-eligible' as const)
  return {
    kind: sticky ? 'sticky-split' : 'split',
    chances: ({ eligible }) => ({ points: shares.points(eligible), basis: basisOf(eligible), model: 0, period: 0 }),
    choose({ bucketKey, eligible, held }) {
      if (sticky && held !== undefined && mayKeep(held, variants.length, eligible)) return { ...held, basis: 'held' }
      const arm = shares.at(pointOf(draw(bucketKey)), eligible)
      const propensity = arm === -1 ? 1 : shares.points(eligible)[arm]! / POINTS
      return { arm, propensity, basis: basisOf(eligible), model: 0, period: 0 }
    },
    state: () => ({
      basis: 'split',
      model: 0,
      period: 0,
      arms: variants.map((variant, i) => ({
        variant,
        chance: shares.points()[i]! / POINTS,
        people: null,
        needed: null,
      })),
      sentence: sticky ? 'Stated shares; whoever was given a variant keeps it.' : 'Stated shares.',
    }),
  }
}
