import type { Statistic } from '../definition/metric.ts'
import { type ArmStatistics, addArms } from './arm.ts'
import { bayesian, type Prior } from './bayesian.ts'
import { covariateSample } from './covariate.ts'
import { cupedDifference, cupedLift, cupedTheta } from './cuped.ts'
import { noEstimate } from './estimate.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import type { Adjusted, Evidence, VariantReport } from './report.ts'
import { armSample, type Sample } from './sample.ts'
import type { SampleRatio } from './srm.ts'
import { type AdjustedArms, anytimeLift, type ComparedArms, steadyLiftParts } from './steady.ts'
import { stratified } from './stratified.ts'
import { type VerdictPlan, verdictOf } from './verdict.ts'
import { effectivePeople } from './weighted.ts'

export interface CompareOptions {
  readonly type: Statistic
  readonly confidence: number
  readonly sampleRatio: SampleRatio
  readonly plan: VerdictPlan
  readonly prior?: Prior | undefined
  readonly days?: number | undefined
  /** Quantiles are compared as they come: they are not made of the arms' sums. */
  readonly quantiles?: {
    readonly control: Sample
    readonly treatment: Sample
    readonly strata?: NonNullable<Evidence['strata']>
    /** Chances changed, and these are not weighted by them. */
    readonly unweighted?: boolean
  }
}

/** Of an arm whose people nothing but what they are gave it to, so that there is nobody to compare them with. */
export function incomparable(
  arm: Pick<ArmStatistics, 'people'>,
  { confidence, plan, sampleRatio }: Pick<CompareOptions, 'confidence' | 'plan' | 'sampleRatio'>,
): Pick<VariantReport, 'lift' | 'difference' | 'verdict' | 'evidence'> {
  const nothing = noEstimate('not-by-chance')
  const compared = { control: NOBODY, treatment: { ...NOBODY, n: arm.people } }
  return {
    lift: nothing,
    difference: nothing,
    verdict: verdictOf({ ...compared, missing: 'not-by-chance', sampleRatio }, plan),
    evidence: {
      anytime: { interval: null, p: null },
      bayesian: bayesian(nothing, { direction: plan.direction ?? 'up', confidence }),
      adjusted: null,
    },
  }
}

/** Two arms as they are compared: within strata where there are several, otherwise as they are. */
interface Pair extends ComparedArms {
  readonly adjusted: AdjustedArms | null
  readonly evidence: Pick<Evidence, 'effectivePeople' | 'strata'>
}

/** One variant, or several together, against the control group: everything that is known of the difference. */
export function compareWithControl(
  arms: readonly ArmStatistics[],
  isTreatment: (arm: ArmStatistics) => boolean,
  options: CompareOptions,
): Pick<VariantReport, 'lift' | 'difference' | 'verdict' | 'evidence'> & { readonly samples: ComparedArms } {
  const { type, confidence, plan, prior, sampleRatio, days } = options
  const { control, treatment, adjusted, evidence } = options.quantiles
    ? ofQuantiles(options.quantiles)
    : pairOf(arms, isTreatment, type)
  const lift = relativeLift(control, treatment, confidence)
  const difference = absoluteDifference(control, treatment, confidence)
  const better = adjusted && adjustedReport(adjusted, lift.standardError, confidence)
  const best = better ?? { lift, difference }
  const { direction = 'up', tuning } = plan
  const compared = { control, treatment, adjusted }
  const isKnown = lift.standardError !== null || difference.standardError !== null
  return {
    samples: { control, treatment },
    lift,
    difference,
    verdict: verdictOf(
      {
        ...compared,
        missing: best.difference.reason,
        sampleRatio,
        unweighted: options.quantiles?.unweighted,
        days,
        ...(type === 'conversion' && { ceiling: 1 }),
      },
      plan,
    ),
    evidence: {
      anytime: isKnown
        ? anytimeLift(steadyLiftParts(compared), control.n + treatment.n, { confidence, ...(tuning && { tuning }) })
        : { interval: null, p: null },
      bayesian: bayesian(best.lift, { direction, confidence, ...(prior && { prior }) }),
      adjusted: better,
      ...evidence,
    },
  }
}

function ofQuantiles({ control, treatment, strata }: NonNullable<CompareOptions['quantiles']>): Pair {
  return { control, treatment, adjusted: null, evidence: strata ? { strata } : {} }
}

function pairOf(arms: readonly ArmStatistics[], isTreatment: (arm: ArmStatistics) => boolean, type: Statistic): Pair {
  const strata = new Set(arms.map(arm => arm.stratum))
  if (strata.size > 1) {
    const { control, treatment, adjusted, strata: counted, coverage } = stratified(arms, type, isTreatment)
    return { control, treatment, adjusted, evidence: { strata: { counted, coverage } } }
  }
  const control = addArms(arms.filter(arm => arm.control))[0]
  const treatment = addArms(
    arms.filter(arm => !arm.control && isTreatment(arm)).map(arm => ({ ...arm, variant: '' })),
  )[0]
  const weights = control?.weights && treatment?.weights
  return {
    control: control ? armSample(control, type) : NOBODY,
    treatment: treatment ? armSample(treatment, type) : NOBODY,
    adjusted: !control || !treatment ? null : adjustedPair(arms, control, treatment, type),
    evidence: weights
      ? { effectivePeople: { control: effectivePeople(control.weights), treatment: effectivePeople(weights) } }
      : {},
  }
}

const NOBODY: Sample = { n: 0, mean: Number.NaN, variance: 0 }

/** Theta is pooled over all arms, so that every variant is adjusted alike. */
function adjustedPair(
  arms: readonly ArmStatistics[],
  controlArm: ArmStatistics,
  treatmentArm: ArmStatistics,
  type: Statistic,
): AdjustedArms | null {
  const control = covariateSample(controlArm, type)
  const treatment = covariateSample(treatmentArm, type)
  const all = addArms(arms).map(arm => covariateSample(arm, type))
  const known = all.filter(sample => sample !== null)
  if (control === null || treatment === null) return null
  const theta = cupedTheta(known, { ratio: type === 'mean' })
  return theta === 0 ? null : { control, treatment, theta }
}

function adjustedReport(
  { control, treatment, theta }: AdjustedArms,
  plainError: number | null,
  confidence: number,
): Adjusted {
  const lift = cupedLift(control, treatment, theta, confidence)
  const difference = cupedDifference(control, treatment, theta, confidence)
  const ratio = plainError === null || lift.standardError === null ? null : lift.standardError / plainError
  return { theta, varianceReduction: ratio === null ? null : 1 - ratio ** 2, lift, difference }
}
