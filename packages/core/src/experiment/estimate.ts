import { normalCdf, normalQuantile } from '../numeric/normal.ts'
import { studentQuantile, studentTwoSided } from '../numeric/student.ts'

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
  /** A mean over events of which there are none, or a series of too few periods. */
  | 'no-events'
  /** A quantile so far out, or of so few values, that how certain it is cannot be told from them. */
  | 'few-values'
  /** Who got it was not left to chance (`ArmStatistics.certain`): its people are others than those of the control group. */
  | 'not-by-chance'
  /** All values are equal: there is no chance variation to compare the difference with. */
  | 'no-variance'
  /** The sums are beyond what a number can hold. */
  | 'overflow'

/** A difference with its uncertainty, or as much of it as there is, and why the rest is missing. Never NaN or Infinity. */
export interface Estimate {
  /** The difference: relative ((b - a) / |a|) or absolute (b - a). */
  readonly value: number | null
  readonly standardError: number | null
  /** Two-sided, at the confidence asked for, for a look at a time fixed beforehand. */
  readonly interval: readonly [low: number, high: number] | null
  /** Two-sided, of no difference, for a look at a time fixed beforehand. */
  readonly p: number | null
  /** Welch's degrees of freedom; null where the normal distribution was used. */
  readonly dof: number | null
  /** Why something above is null. */
  readonly reason?: Undefined
}

/** Chance with which an interval holds the truth, unless a plan says otherwise. */
export const DEFAULT_CONFIDENCE = 0.95

/** An estimate of nothing, with the reason why. */
export function noEstimate(reason: Undefined): Estimate {
  return { value: null, standardError: null, interval: null, p: null, dof: null, reason }
}

/**
 * The estimate of a difference with this squared standard error. `missing`, where the value is known but not its
 * uncertainty. Without `dof` the normal distribution is used.
 */
export function estimateOf(
  value: number,
  squaredError: number,
  { dof, missing, confidence }: { dof?: number; missing?: Undefined | undefined; confidence: number },
): Estimate {
  checkConfidence(confidence)
  if (!Number.isFinite(value)) return noEstimate('overflow')
  if (missing !== undefined) return { ...noEstimate(missing), value }
  if (squaredError === 0) return { ...noEstimate('no-variance'), value }
  if (!(squaredError > 0 && squaredError < Number.POSITIVE_INFINITY)) return { ...noEstimate('overflow'), value }
  const standardError = Math.sqrt(squaredError)
  const z = value / standardError
  const half = quantile(0.5 + confidence / 2, dof) * standardError
  const p = dof === undefined ? 2 * normalCdf(-Math.abs(z)) : studentTwoSided(z, dof)
  if (!Number.isFinite(value - half) || !Number.isFinite(value + half)) return { ...noEstimate('overflow'), value }
  return { value, standardError, interval: [value - half, value + half], p, dof: dof ?? null }
}

function quantile(p: number, dof: number | undefined): number {
  return dof === undefined ? normalQuantile(p) : studentQuantile(p, dof)
}

/** Throws RangeError for a confidence that is not strictly between 0 and 1. */
export function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must be between 0 and 1, got ${confidence}`)
}
