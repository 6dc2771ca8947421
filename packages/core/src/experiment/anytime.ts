import { checkConfidence, DEFAULT_CONFIDENCE, type Estimate } from './estimate.ts'

/**
 * An always-valid ("anytime") interval and p-value: over all looks together, however many and whenever, the interval misses
 * the truth with a chance of at most 1 - confidence, so that one may look daily and stop at the first clear answer. Both are
 * null where the estimate has none.
 */
export interface Anytime {
  readonly interval: readonly [low: number, high: number] | null
  readonly p: number | null
}

/**
 * The number of people (in both arms together) at which the interval is narrowest compared with a fixed one. Far from it the
 * interval stays valid and is a little wider: at 5,000, 1.55 times the fixed one there, 1.97 times at 500 and 1.87 times at
 * a million people. To be fixed before the first look.
 */
export const DEFAULT_TUNING = 5000

export interface AnytimeOptions {
  readonly confidence?: number
  /** See `DEFAULT_TUNING`. */
  readonly tuning?: number
}

/**
 * Asymptotic confidence sequence of the normal mixture: Waudby-Smith et al. 2021 (arXiv 2103.06476v7, equations 9, 134, 155
 * and 161). `people` is the size of both arms together. Asymptotic means: valid from where the means of both arms are near
 * enough to normal, which `verdict.ts` waits for.
 */
export function anytime(estimate: Estimate, people: number, options: AnytimeOptions = {}): Anytime {
  const { value, standardError } = estimate
  if (value === null || standardError === null || !(people > 0)) return { interval: null, p: null }
  const half = anytimeMultiplier(people, options) * standardError
  const p = anytimeP(value / standardError, people, options)
  if (!Number.isFinite(value - half) || !Number.isFinite(value + half)) return { interval: null, p }
  return { interval: [value - half, value + half], p }
}

/** Half of the interval's width in standard errors, at so many people in both arms together. */
export function anytimeMultiplier(people: number, options: AnytimeOptions = {}): number {
  const { alpha, rho2 } = parameters(options)
  const growth = people * rho2 + 1
  return Math.sqrt(((2 * growth) / (people * rho2)) * Math.log(Math.sqrt(growth) / alpha))
}

/** The smallest 1 - confidence at which no look's interval would have excluded 0 now, for an estimate z standard errors away. */
function anytimeP(z: number, people: number, options: AnytimeOptions): number {
  const { rho2 } = parameters(options)
  const growth = people * rho2 + 1
  return Math.min(1, Math.exp(Math.log(growth) / 2 - (people * rho2 * z * z) / (2 * growth)))
}

/**
 * One-sided: the bound that the truth stays above (of a guardrail: that it is not hurt by more) over all looks, in standard
 * errors below the estimate.
 */
export function anytimeOneSidedMultiplier(people: number, options: AnytimeOptions = {}): number {
  const { confidence = DEFAULT_CONFIDENCE, ...rest } = options
  checkConfidence(confidence)
  const alpha = 1 - confidence
  const { rho2 } = parameters({ ...rest, confidence: 1 - 2 * alpha })
  const growth = people * rho2 + 1
  return Math.sqrt(((2 * growth) / (people * rho2)) * Math.log1p(Math.sqrt(growth) / (2 * alpha)))
}

function parameters({ confidence = DEFAULT_CONFIDENCE, tuning = DEFAULT_TUNING }: AnytimeOptions) {
  checkConfidence(confidence)
  if (!(tuning > 0)) throw new RangeError(`tuning must be above 0, got ${tuning}`)
  const alpha = 1 - confidence
  const log = -2 * Math.log(alpha)
  return { alpha, rho2: (log + Math.log1p(log)) / tuning }
}
