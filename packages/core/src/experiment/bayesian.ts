import { normalCdf, normalQuantile } from '../numeric/normal.ts'
import { checkConfidence, DEFAULT_CONFIDENCE, type Estimate, type Undefined } from './estimate.ts'

/** What was believed of the effect before the data: normal, in the unit of the estimate (0.1 is 10 % of lift). */
export interface Prior {
  readonly mean: number
  readonly standardDeviation: number
}

/** What to believe of the effect now. All null where the estimate has no error. */
export interface Posterior {
  readonly mean: number | null
  readonly standardDeviation: number | null
  readonly interval: readonly [low: number, high: number] | null
  /** Chance that the treatment is better than the control. */
  readonly chanceToWin: number | null
  /** How much one loses on average by shipping the treatment, or by keeping the control, if that is the wrong choice. */
  readonly expectedLoss: { readonly shipping: number; readonly keeping: number } | null
  readonly reason?: Undefined
}

export interface BayesianOptions {
  /** Without one the prior is flat. */
  readonly prior?: Prior
  /** Unit of the prior in units of the estimate: for an absolute difference and a prior of lift, the control's |mean|. */
  readonly scale?: number
  /** Which way is good. */
  readonly direction?: 'up' | 'down'
  readonly confidence?: number
}

/** Normal posterior of a difference, as GrowthBook's (statistics details, equations 5 and 6); the losses in closed form. */
export function bayesian(estimate: Estimate, options: BayesianOptions = {}): Posterior {
  const { prior, scale = 1, direction = 'up', confidence = DEFAULT_CONFIDENCE } = options
  checkConfidence(confidence)
  const { value, standardError } = estimate
  if (value === null || standardError === null) return noPosterior(estimate.reason ?? 'overflow')
  const { mean, standardDeviation } = posterior(value, standardError, prior, scale)
  const half = normalQuantile(0.5 + confidence / 2) * standardDeviation
  const z = mean / standardDeviation
  const [above, below] = [meanAbove(mean, standardDeviation), meanAbove(-mean, standardDeviation)]
  if (![z, mean - half, mean + half, above, below].every(Number.isFinite)) return noPosterior('overflow')
  const up = direction === 'up'
  return {
    mean,
    standardDeviation,
    interval: [mean - half, mean + half],
    chanceToWin: normalCdf(up ? z : -z),
    expectedLoss: up ? { shipping: below, keeping: above } : { shipping: above, keeping: below },
  }
}

function posterior(value: number, error: number, prior: Prior | undefined, scale: number) {
  if (prior === undefined) return { mean: value, standardDeviation: error }
  const width = prior.standardDeviation * scale
  if (!(width > 0)) throw new RangeError(`a prior needs a standard deviation and a scale above 0, got ${width}`)
  // Weights instead of precisions: 1 / error² may be beyond what a number can hold.
  const ratio = (error / width) ** 2
  const mean = ratio < 1 ? (value + ratio * prior.mean * scale) / (1 + ratio) : pulled(value, prior.mean * scale, ratio)
  return { mean, standardDeviation: error / Math.sqrt(1 + ratio) }
}

function pulled(value: number, prior: number, ratio: number): number {
  return (value / ratio + prior) / (1 / ratio + 1)
}

/** Beyond this many standard deviations the density is below what a number can hold. */
const FAR = 37

/**
 * Mean of max(X, 0) for a normal X: σφ(z) + μΦ(z), z = μ/σ. Far below 0 the two terms cancel; there the first terms of the
 * asymptotic series are used.
 */
export function meanAbove(mean: number, standardDeviation: number): number {
  const z = mean / standardDeviation
  if (z > FAR) return mean
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z < -FAR) return (standardDeviation * density) / (z * z)
  return Math.max(0, standardDeviation * density + mean * normalCdf(z))
}

function noPosterior(reason: Undefined): Posterior {
  return { mean: null, standardDeviation: null, interval: null, chanceToWin: null, expectedLoss: null, reason }
}
