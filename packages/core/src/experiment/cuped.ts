import type { CovariateSample } from './covariate.ts'
import { DEFAULT_CONFIDENCE, type Estimate, estimateOf, noEstimate } from './estimate.ts'
import { missingIn, nothingToCompare, welch } from './lift.ts'
import type { Sample } from './sample.ts'

/**
 * Differences less what people's behaviour before explains of them (CUPED: Deng, Xu, Kohavi and Walker 2013). What people
 * did before cannot have been changed, so subtracting it takes chance away and no effect.
 */

/**
 * How much a unit before foretells of after: cov(after, before) / var(before), pooled over all arms, so that all are adjusted
 * alike whichever two are compared. 0 where nothing varies. For ratios within arms, otherwise about the common mean of all.
 */
export function cupedTheta(samples: readonly CovariateSample[], { ratio = false } = {}): number {
  return cupedThetaOver([samples], { ratio })
}

/** The same over strata: about the common mean of all arms of each. */
export function cupedThetaOver(strata: readonly (readonly CovariateSample[])[], { ratio = false } = {}): number {
  const pooled = { covariance: 0, variance: 0 }
  let within = 0
  for (const samples of strata) {
    const people = samples.reduce((sum, { n }) => sum + n, 0)
    const meanOf = (of: (sample: CovariateSample) => number) =>
      samples.reduce((sum, one) => sum + one.n * of(one), 0) / people
    const [after, before] = [meanOf(one => one.mean), meanOf(one => one.before.mean)]
    for (const one of samples) {
      pooled.covariance += (one.n - 1) * one.covariance
      pooled.variance += (one.n - 1) * one.before.variance
      within += (one.n - 1) * one.before.variance
      if (ratio) continue
      pooled.covariance += one.n * (one.mean - after) * (one.before.mean - before)
      pooled.variance += one.n * (one.before.mean - before) ** 2
    }
  }
  const theta = pooled.covariance / pooled.variance
  // Where within no arm people differed before, nothing foretells anything: the arms' means may differ by rounding alone.
  return within > 0 && Number.isFinite(theta) ? theta : 0
}

/** The sample with `theta` times the value before subtracted from everybody's value. */
export function cupedSample(sample: CovariateSample, theta: number): Sample {
  const { n, mean, variance, before, covariance, units } = sample
  const adjusted = variance + theta ** 2 * before.variance - 2 * theta * covariance
  return {
    n,
    mean: theta === 0 ? mean : mean - theta * before.mean,
    // Where before foretells after completely, what is left is rounding.
    variance: adjusted > ROUNDING * variance ? adjusted : 0,
    ...(units !== undefined && { units }),
  }
}

const ROUNDING = 1e-12

/**
 * Relative lift of the adjusted means over the control's mean as it was (unadjusted), by the delta method: GrowthBook's
 * formula. With theta 0 it is `relativeLift`.
 */
export function cupedLift(
  control: CovariateSample,
  treatment: CovariateSample,
  theta: number,
  confidence = DEFAULT_CONFIDENCE,
): Estimate {
  const missing = missingIn(control, treatment)
  if (nothingToCompare(missing)) return noEstimate(missing)
  if (control.mean === 0) return noEstimate('zero-control-mean')
  const [a, b] = [cupedSample(control, theta), cupedSample(treatment, theta)]
  const ratio = treatment.mean / control.mean
  const controlTerm =
    control.variance * ratio ** 2 - 2 * theta * control.covariance * ratio + theta ** 2 * control.before.variance
  const squaredError = (b.variance / b.n + Math.max(0, controlTerm) / a.n) / control.mean ** 2
  const value = (b.mean - a.mean) / Math.abs(control.mean)
  return estimateOf(value, squaredError, { dof: freedom(a, b), missing, confidence })
}

/** Difference of the adjusted means, in the metric's own unit, with Welch's degrees of freedom. With theta 0 it is `absoluteDifference`. */
export function cupedDifference(
  control: CovariateSample,
  treatment: CovariateSample,
  theta: number,
  confidence = DEFAULT_CONFIDENCE,
): Estimate {
  const missing = missingIn(control, treatment)
  if (nothingToCompare(missing)) return noEstimate(missing)
  const [a, b] = [cupedSample(control, theta), cupedSample(treatment, theta)]
  const squaredError = b.variance / b.n + a.variance / a.n
  return estimateOf(b.mean - a.mean, squaredError, { dof: freedom(a, b), missing, confidence })
}

/** Welch's; where one arm's rest does not vary the lift still may, by the control's mean. */
function freedom(a: Sample, b: Sample): number {
  return a.variance + b.variance > 0 ? welch(a, b) : a.n + b.n - 2
}
