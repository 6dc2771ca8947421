import { DEFAULT_CONFIDENCE, type Estimate, estimateOf, noEstimate, type Undefined } from './estimate.ts'
import type { Sample } from './sample.ts'

/**
 * Relative lift of the treatment's mean over the control's, by the delta method, with Welch's degrees of freedom on the
 * absolute variances. Deng et al; GrowthBook's and Eppo's formula.
 */
export function relativeLift(control: Sample, treatment: Sample, confidence = DEFAULT_CONFIDENCE): Estimate {
  const missing = missingIn(control, treatment)
  if (nothingToCompare(missing)) return noEstimate(missing)
  if (control.mean === 0) return noEstimate('zero-control-mean')
  const value = (treatment.mean - control.mean) / Math.abs(control.mean)
  const squaredError =
    treatment.variance / treatment.n / control.mean ** 2 +
    (control.variance / control.n / control.mean ** 2) * (treatment.mean / control.mean) ** 2
  return estimateOf(value, squaredError, { dof: welch(control, treatment), missing, confidence })
}

/** Absolute difference of two means (Welch's t). */
export function absoluteDifference(control: Sample, treatment: Sample, confidence = DEFAULT_CONFIDENCE): Estimate {
  const missing = missingIn(control, treatment)
  if (nothingToCompare(missing)) return noEstimate(missing)
  const squaredError = treatment.variance / treatment.n + control.variance / control.n
  const value = treatment.mean - control.mean
  return estimateOf(value, squaredError, { dof: welch(control, treatment), missing, confidence })
}

/** What is missing to compare two samples. With `one-person` and `few-values` there is a difference, but no error of it. */
export function missingIn(control: Sample, treatment: Sample): Undefined | undefined {
  if (!(control.n > 0)) return 'no-control'
  if (!(treatment.n > 0)) return 'no-people'
  if (Number.isNaN(control.mean) || Number.isNaN(treatment.mean)) return 'no-events'
  if (control.n < 2 || treatment.n < 2) return 'one-person'
  if (control.fewValues || treatment.fewValues) return 'few-values'
  return undefined
}

/** Whether what is missing leaves not even a difference. */
export function nothingToCompare(missing: Undefined | undefined): missing is 'no-control' | 'no-people' | 'no-events' {
  return missing === 'no-control' || missing === 'no-people' || missing === 'no-events'
}

/** Satterthwaite's degrees of freedom; scaled by the larger share, so that tiny or huge variances do not under- or overflow. */
export function welch(control: Sample, treatment: Sample): number {
  const a = control.variance / control.n
  const b = treatment.variance / treatment.n
  const scale = Math.max(a, b)
  const [sa, sb] = [a / scale, b / scale]
  return (sa + sb) ** 2 / (sa ** 2 / (control.n - 1) + sb ** 2 / (treatment.n - 1))
}
