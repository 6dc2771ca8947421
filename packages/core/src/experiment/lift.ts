import type { Sample } from './sample.ts'
import { studentQuantile, studentTwoSided } from './student.ts'

/** Why a number cannot be given. */
export type Undefined =
  /** There is no control group, or nobody in it yet. */
  | 'no-control'
  /** Nobody in this arm yet. */
  | 'no-people'
  /** One person has no variance. */
  | 'one-person'
  /** Nothing to divide by: the control group's KPI is 0. */
  | 'zero-control-mean'
  /** A mean over events of which there are none. */
  | 'no-events'
  /** All values are equal: there is no chance variation to compare the difference with. */
  | 'no-variance'
  /** The sums are beyond what a number can hold. */
  | 'overflow'

/** A difference with its uncertainty, or as much of it as there is, and why the rest is missing. Never NaN or Infinity. */
export interface Estimate {
  /** The difference: relative ((b - a) / |a|) or absolute (b - a). */
  readonly value: number | null
  readonly standardError: number | null
  /** Two-sided, at the confidence asked for. */
  readonly interval: readonly [low: number, high: number] | null
  /** Two-sided, of no difference. */
  readonly p: number | null
  /** Welch's degrees of freedom. */
  readonly dof: number | null
  /** Why something above is null. */
  readonly reason?: Undefined
}

export const DEFAULT_CONFIDENCE = 0.95

/**
 * Relative lift of the treatment's mean over the control's, by the delta method, with Welch's degrees of freedom on the
 * absolute variances. Deng et al; GrowthBook's and Eppo's formula.
 */
export function relativeLift(control: Sample, treatment: Sample, confidence = DEFAULT_CONFIDENCE): Estimate {
  const missing = missingIn(control, treatment)
  if (missing === 'no-control' || missing === 'no-people' || missing === 'no-events') return none(missing)
  if (control.mean === 0) return none('zero-control-mean')
  const value = (treatment.mean - control.mean) / Math.abs(control.mean)
  const squaredError =
    treatment.variance / treatment.n / control.mean ** 2 +
    (control.variance / control.n / control.mean ** 2) * (treatment.mean / control.mean) ** 2
  return estimate(value, squaredError, missing, control, treatment, confidence)
}

/** Absolute difference of two means (Welch's t). */
export function absoluteDifference(control: Sample, treatment: Sample, confidence = DEFAULT_CONFIDENCE): Estimate {
  const missing = missingIn(control, treatment)
  if (missing === 'no-control' || missing === 'no-people' || missing === 'no-events') return none(missing)
  const squaredError = treatment.variance / treatment.n + control.variance / control.n
  return estimate(treatment.mean - control.mean, squaredError, missing, control, treatment, confidence)
}

function missingIn(control: Sample, treatment: Sample): Undefined | undefined {
  if (!(control.n > 0)) return 'no-control'
  if (!(treatment.n > 0)) return 'no-people'
  if (Number.isNaN(control.mean) || Number.isNaN(treatment.mean)) return 'no-events'
  if (control.n < 2 || treatment.n < 2) return 'one-person'
  return undefined
}

function none(reason: Undefined): Estimate {
  return { value: null, standardError: null, interval: null, p: null, dof: null, reason }
}

function estimate(
  value: number,
  squaredError: number,
  missing: Undefined | undefined,
  control: Sample,
  treatment: Sample,
  confidence: number,
): Estimate {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must be between 0 and 1, got ${confidence}`)
  if (!Number.isFinite(value)) return none('overflow')
  if (missing !== undefined) return { ...none(missing), value }
  if (squaredError === 0) return { ...none('no-variance'), value }
  if (!Number.isFinite(squaredError)) return { ...none('overflow'), value }
  const standardError = Math.sqrt(squaredError)
  const dof = welch(control, treatment)
  const half = studentQuantile(0.5 + confidence / 2, dof) * standardError
  const p = studentTwoSided(value / standardError, dof)
  if (!Number.isFinite(value - half) || !Number.isFinite(value + half)) return { ...none('overflow'), value }
  return { value, standardError, interval: [value - half, value + half], p, dof }
}

/** Satterthwaite's degrees of freedom; scaled by the larger share, so that tiny or huge variances do not under- or overflow. */
function welch(control: Sample, treatment: Sample): number {
  const a = control.variance / control.n
  const b = treatment.variance / treatment.n
  const scale = Math.max(a, b)
  const [sa, sb] = [a / scale, b / scale]
  return (sa + sb) ** 2 / (sa ** 2 / (control.n - 1) + sb ** 2 / (treatment.n - 1))
}
