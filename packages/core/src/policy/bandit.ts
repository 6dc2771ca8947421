import { bestOfBetas } from '../numeric/betaBest.ts'
import { chanceOfBest } from '../numeric/chanceOfBest.ts'
import type { BetaModel, GaussianModel, Model } from './learn/model.ts'
import { type LearnedParts, learnedPolicy, type Scorer } from './learned.ts'
import type { Policy } from './policy.ts'

/** Thompson sampling without the sampling: a variant's weight is the probability that it is the best, by quadrature. */
export function banditPolicy<S>(parts: Omit<LearnedParts<S>, 'kind' | 'personal' | 'scorer'>): Policy<S> {
  return learnedPolicy({
    ...parts,
    kind: 'bandit',
    personal: false,
    scorer: model => scorerOf(model, parts.variants),
  })
}

function scorerOf(model: Model, variants: readonly string[]): Scorer<unknown> {
  if (model.kind === 'beta') return betaScorer(model, variants)
  if (model.kind === 'gaussian') return gaussianScorer(model, variants)
  throw new RangeError(
    `a bandit takes a beta or gaussian model, not ${model.kind}: its definition has changed, train anew`,
  )
}

function betaScorer(model: BetaModel, variants: readonly string[]): Scorer<unknown> {
  const arms = variants.map(variant => model.arms.find(arm => arm.variant === variant))
  return {
    weigh(_subject, active, count, into) {
      // Only variants with enough data are asked about, so each is in the model.
      into.set(bestOfBetas(Array.from(active.subarray(0, count), i => arms[i]!)).chances)
    },
  }
}

function gaussianScorer(model: GaussianModel, variants: readonly string[]): Scorer<unknown> {
  const arms = variants.map(variant => model.arms.find(arm => arm.variant === variant))
  return {
    weigh(_subject, active, count, into) {
      const asked = Array.from(active.subarray(0, count), i => arms[i]!)
      chanceOfBest(
        asked.map(arm => arm.mean),
        asked.map(arm => arm.sd),
        into,
        count,
      )
    },
  }
}
