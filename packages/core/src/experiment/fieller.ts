import type { CovariateSample } from './covariate.ts'
import { cupedSample } from './cuped.ts'
import type { Sample } from './sample.ts'

/** A difference of two means and the mean it is relative to, with their variances: what an interval of a lift is made of. */
export interface LiftParts {
  /** Treatment - control. */
  readonly difference: number
  /** The control's mean, without its sign. */
  readonly scale: number
  readonly differenceVariance: number
  readonly scaleVariance: number
  readonly covariance: number
}

/** The parts of (treatment - control) / |control|, of two arms of different people: variances are those of the means. */
export function liftParts(control: Sample, treatment: Sample): LiftParts {
  const scaleVariance = control.variance / control.n
  return {
    difference: treatment.mean - control.mean,
    scale: Math.abs(control.mean),
    differenceVariance: treatment.variance / treatment.n + scaleVariance,
    scaleVariance,
    // A control mean that came out too high makes the difference too low.
    covariance: -Math.sign(control.mean) * scaleVariance,
  }
}

/** The same of the difference adjusted for what people did before (`cuped.ts`), relative to the control's mean as it was. */
export function cupedLiftParts(control: CovariateSample, treatment: CovariateSample, theta: number): LiftParts {
  const { difference, differenceVariance } = liftParts(cupedSample(control, theta), cupedSample(treatment, theta))
  const { scale, scaleVariance } = liftParts(control, treatment)
  const shared = (control.variance - theta * control.covariance) / control.n
  return { difference, scale, differenceVariance, scaleVariance, covariance: -Math.sign(control.mean) * shared }
}

/**
 * Fieller's interval of a lift: every lift L for which difference - L x scale is within `multiplier` of its standard errors
 * of 0. Unlike the delta method's (`lift.ts`) it holds its promise with a control mean of a few standard errors, and it
 * excludes 0 exactly when the interval of the difference does. Null where the control's mean is not that many standard errors
 * away from 0: then no lift can be excluded.
 */
export function fiellerInterval(parts: LiftParts, multiplier: number): readonly [low: number, high: number] | null {
  const { scale } = parts
  const k2 = multiplier ** 2
  const value = parts.difference / scale
  const a = 1 - (k2 * parts.scaleVariance) / scale / scale
  const b = value - (k2 * parts.covariance) / scale / scale
  const c = value ** 2 - (k2 * parts.differenceVariance) / scale / scale
  const root = Math.sqrt(Math.max(0, b * b - a * c))
  const [low, high] = [(b - root) / a, (b + root) / a]
  return a > 0 && Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null
}
