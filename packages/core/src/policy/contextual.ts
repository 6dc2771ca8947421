import { chanceOfBest, QUICK } from '../numeric/chanceOfBest.ts'
import { cholesky, invertLower, packedSize, squaredNorm } from '../numeric/cholesky.ts'
import { compileEncoder } from './encoding.ts'
import { type ContextualModel, isContextualModel, type Model } from './learn/model.ts'
import { type LearnedParts, learnedPolicy, type Scorer } from './learned.ts'
import type { Policy } from './policy.ts'

/** Reads an input of a person, by its key; undefined where there is none. */
export type Reads<S> = Readonly<Record<string, (subject: S) => unknown>>

export interface ContextualParts<S> extends Omit<LearnedParts<S>, 'kind' | 'personal' | 'scorer'> {
  readonly reads: Reads<S>
  /**
   * thompson: weight is the probability of being the best for this person. ucb: all weight to the largest upper confidence
   * bound, score + explore × standard deviation (LinUCB).
   */
  readonly by: 'thompson' | 'ucb'
  /** How many standard deviations make one: above 1 explores more. */
  readonly explore: number
}

/**
 * A bandit that looks at the person. Each variant has coefficients of its own with a normal posterior, so its score for a
 * person, xᵀβ, is normal, and the scores are independent: who is best is the one-dimensional integral of `chanceOfBest`. The
 * propensity is thus worked out and not simulated. A logistic model's scores are log-odds, which have the same order as the
 * probabilities.
 */
export function contextualPolicy<S>(parts: ContextualParts<S>): Policy<S> {
  return learnedPolicy({ ...parts, kind: 'contextual', personal: true, scorer: model => scorerOf(model, parts) })
}

function scorerOf<S>(model: Model, { variants, reads, by, explore }: ContextualParts<S>): Scorer<S> {
  if (!isContextualModel(model)) {
    throw new RangeError(
      `a contextual bandit takes a linear or logistic model, not ${model.kind}: its definition has changed, train anew`,
    )
  }
  const encoder = compileEncoder(model.encoding)
  const { columns } = encoder
  const inputs = encoder.keys.map(key => reads[key] ?? (() => undefined))
  const { means, roots } = layOut(model, variants, columns)
  const size = packedSize(columns)
  const row = new Float64Array(columns)
  row[0] = 1
  const scores = new Float64Array(variants.length)
  const sds = new Float64Array(variants.length)
  return {
    weigh(subject, active, count, into) {
      for (let i = 0; i < inputs.length; i++) encoder.put(i, inputs[i]!(subject), row)
      for (let n = 0; n < count; n++) {
        const arm = active[n]!
        let score = 0
        for (let i = 0; i < columns; i++) score += means[arm * columns + i]! * row[i]!
        scores[n] = score
        sds[n] = explore * Math.sqrt(squaredNorm(roots, arm * size, row, columns))
      }
      if (by === 'thompson') chanceOfBest(scores, sds, into, count, QUICK)
      else largestBound(scores, sds, into, count)
    },
  }
}

/** All variants' coefficients and roots of their covariances side by side, in the order of the definition. */
function layOut(
  model: ContextualModel,
  variants: readonly string[],
  columns: number,
): { means: Float64Array; roots: Float64Array } {
  const size = packedSize(columns)
  const means = new Float64Array(variants.length * columns)
  const roots = new Float64Array(variants.length * size)
  for (const [i, variant] of variants.entries()) {
    const arm = model.arms.find(arm => arm.variant === variant)
    if (arm === undefined) continue
    means.set(arm.mean, i * columns)
    roots.set(invertLower(cholesky(arm.precision, columns), columns), i * size)
  }
  return { means, roots }
}

/** Equal parts to all that reach the largest bound. */
function largestBound(scores: Float64Array, sds: Float64Array, into: Float64Array, count: number): void {
  let most = Number.NEGATIVE_INFINITY
  let ties = 0
  for (let n = 0; n < count; n++) {
    const bound = scores[n]! + sds[n]!
    if (bound > most) {
      most = bound
      ties = 1
    } else if (bound === most) ties++
  }
  for (let n = 0; n < count; n++) into[n] = scores[n]! + sds[n]! === most ? 1 / ties : 0
}
