import { type Metric, metricName, statisticOf } from '../definition/metric.ts'
import { type ArmStatistics, addArms, addArmsByStratum } from './arm.ts'
import { asChosen, couldReachAll, leftToChance } from './asChosen.ts'
import type { Prior } from './bayesian.ts'
import { type CompareOptions, compareWithControl, incomparable } from './compare.ts'
import { crossover } from './crossover.ts'
import { DEFAULT_CONFIDENCE } from './estimate.ts'
import { type QuantileStatistics, type QuantilesByArm, quantileSample } from './quantile.ts'
import type { ArmReport, Comparison, Impact, VariantReport, Warning } from './report.ts'
import { armSample, type Sample } from './sample.ts'
import { sentenceOf } from './sentence.ts'
import { sampleRatio } from './srm.ts'
import type { VerdictPlan } from './verdict.ts'
import { warningsOf } from './warnings.ts'
import { asDrawn, sampleRatioByChance } from './weightedSrm.ts'
import { maturedShare } from './window.ts'
import { capReport } from './winsor.ts'

export interface ImpactOptions {
  readonly metric: Pick<Metric, 'type' | 'per' | 'name' | 'event' | 'absent' | 'direction' | 'currency'>
  /** Of the intervals; 0.95 unless given. */
  readonly confidence?: number
  readonly contaminated?: number
  /** Arms the design has, so that those nobody has seen yet are reported too. `share` of the people, relative. */
  readonly design?: readonly { variant: string; control: boolean; share: number }[]
  /** Fixed at launch. `confidence` is the verdict's; that of the intervals unless given. */
  readonly plan?: Pick<VerdictPlan, 'tuning' | 'worthwhile' | 'confidence'>
  /** The policy draws people anew each period, so that they are meant to see several variants. */
  readonly redrawn?: boolean
  /**
   * A rollout: by chance it has reached some people and not others. Those it has not reached are then left out of all variants together;
   * of any other policy they count, since who they are is what it went by.
   */
  readonly isRollout?: boolean
  /** How long people have been coming, in days, for an estimate of how many more are needed. */
  readonly days?: number
  /** What was believed of the lift beforehand; flat unless given. */
  readonly prior?: Prior
  /** Of a metric that is a quantile: the arms' sums say only who was seen. */
  readonly quantiles?: QuantilesByArm
  /** The statistics are of a part of the time: who is not in them may have been seen before or after. */
  readonly limited?: boolean
}

/**
 * The report on one experience and metric. Statistics of the same arm are added, so shards may be given as they come; arms of
 * several strata are compared within each (`stratified.ts`), arms with weights by these (`weighted.ts`).
 */
export function impact(statistics: readonly ArmStatistics[], options: ImpactOptions): Impact {
  const { metric, confidence = DEFAULT_CONFIDENCE, contaminated = 0, plan, prior, days, quantiles, redrawn } = options
  const type = statisticOf(metric)
  const byStratum = addArmsByStratum(statistics)
  const changed = byStratum.some(arm => arm.weights !== undefined || arm.stratum !== byStratum[0]?.stratum)
  // What the design says now says nothing of chances that changed.
  const arms = withUnseen(addArms(byStratum), changed ? [] : (options.design ?? []))
  const control = arms.find(arm => arm.control)
  const variants = arms.filter(arm => !arm.control)
  const direction = metric.direction ?? 'up'
  const ratio = changed ? sampleRatioByChance(byStratum) : sampleRatio(asDrawn(arms))

  const unweighted = changed && type === 'quantile' && quantiles?.byChance === undefined

  const controlQuantile = quantiles?.arms.find(arm => arm.control)
  const sampleOf = (arm: ArmStatistics, quantile: QuantileStatistics | null | undefined) =>
    type === 'quantile' ? quantileOrNobody(quantile) : armSample(arm, type)

  const compare = (
    among: readonly ArmStatistics[],
    arm: ArmStatistics,
    comparisons: number,
    isTreatment: (arm: ArmStatistics) => boolean,
    quantile: QuantileStatistics | null | undefined,
  ): { report: VariantReport; control: Sample } => {
    const compareOptions: CompareOptions = {
      type,
      confidence,
      sampleRatio: ratio,
      plan: { confidence, ...plan, direction, comparisons },
      prior,
      days,
      ...(type === 'quantile' && {
        quantiles: {
          control: quantileOrNobody(controlQuantile),
          treatment: quantileOrNobody(quantile),
          ...(quantiles?.byChance && {
            strata: { counted: quantiles.byChance.strata, coverage: quantiles.byChance.coverage },
          }),
          unweighted,
        },
      }),
    }
    const { samples, ...compared } = compareWithControl(among, isTreatment, compareOptions)
    const own = changed && Number.isFinite(samples.treatment.mean) ? samples.treatment : sampleOf(arm, quantile)
    return { report: { ...armReport(arm, own), ...compared }, control: samples.control }
  }
  // Where chances were certain only for want of people whom a rollout had not reached yet, they are by chance all the same.
  const byLot = options.isRollout ? byStratum : leftToChance(byStratum)
  const reached = variants.filter(arm => !options.isRollout || !isUnreached(arm))
  const isAll = reached.length === variants.length
  const all = addArms(reached.map(arm => ({ ...arm, variant: '' })))[0]
  const quantile = isAll ? quantiles?.together : quantiles?.arms.find(one => !one.control && !isUnreached(one))
  const notByChance = (arm: ArmStatistics, comparisons: number, quantile: QuantileStatistics | null | undefined) => {
    const plan = { confidence, ...options.plan, direction, comparisons }
    return {
      ...armReport(arm, sampleOf(arm, quantile)),
      ...incomparable(arm, { confidence, plan, sampleRatio: ratio }),
    }
  }
  const isReached = (arm: ArmStatistics) => !arm.control && !isUnreached(arm)
  const together =
    all &&
    (isAll || couldReachAll(byStratum, isReached)
      ? compare(isAll ? asChosen(byStratum) : byStratum, all, 1, arm => isAll || !isUnreached(arm), quantile)
      : { report: notByChance(all, 1, quantile), control: NOBODY })
  const unreached = isAll ? variants.find(isUnreached)?.people : undefined
  // Where chances changed, the means beside a lift are those it is made of.
  const controlSample =
    control !== undefined && !(changed && Number.isFinite(together?.control.mean))
      ? sampleOf(control, controlQuantile)
      : (together?.control ?? NOBODY)
  const report: Comparison = {
    metric: {
      type,
      name: metricName(metric),
      direction,
      ...(metric.currency === undefined ? {} : { currency: metric.currency }),
    },
    confidence,
    control: control === undefined ? null : armReport(control, controlSample),
    variants: variants.map(arm => {
      const isOwn = (other: ArmStatistics) => !other.control && other.variant === arm.variant
      const quantile = quantiles?.arms.find(one => !one.control && one.variant === arm.variant)
      const comparisons = Math.max(1, variants.filter(one => !isUnreached(one)).length)
      const isLot = byLot.some(other => !other.control && isOwn(other) && other.people > 0)
      if (arm.people > 0 && !(isLot && (!options.isRollout || couldReachAll(byStratum, isOwn)))) {
        return notByChance(arm, comparisons, quantile)
      }
      return compare(byLot, arm, comparisons, isOwn, quantile).report
    }),
    personalized: together?.report ?? null,
    sampleRatio: ratio,
    contaminated,
    ...(unreached !== undefined && unreached > 0 && { unreached }),
    ...(redrawn && { redrawn }),
    ...(options.limited && { limited: true }),
    ...optionalChecks(arms),
  }
  // People whom a rollout has not reached yet got no variant, and nobody asks what that brings.
  const warnings = warningsOf(report).filter(({ variant }) => !(options.isRollout && variant === ''))
  return {
    ...report,
    verdict: report.personalized?.verdict ?? null,
    warnings: unweighted ? [...warnings, UNWEIGHTED] : warnings,
    sentence: sentenceOf(report),
  }
}

/** For whom a policy chose nothing. */
const isUnreached = ({ variant, control }: Pick<ArmStatistics, 'variant' | 'control'>) => !control && variant === ''

/** No version of the chances had all arms, so that there are no people of all of them who could be weighted alike. */
const UNWEIGHTED: Warning = {
  code: 'unweighted',
  message:
    'Chances changed while people came, and these quantiles are not weighted by them: who came when may pass for an effect, so nothing is judged by them. Ask for the time since the last change.',
}

/** Where nobody has a value there is nothing to compare. */
function quantileOrNobody(quantile: QuantileStatistics | null | undefined): Sample {
  return quantile ? quantileSample(quantile) : NOBODY
}

const NOBODY: Sample = { n: 0, mean: Number.NaN, variance: 0 }

/** What can be told only where the statistics say. */
function optionalChecks(arms: readonly ArmStatistics[]): Pick<Comparison, 'crossover' | 'capped' | 'matured' | 'open'> {
  const open = arms.reduce((sum, arm) => sum + (arm.open ?? 0), 0)
  const matured = arms.some(arm => arm.matured !== undefined) ? maturedShare(arms) : null
  return {
    ...(arms.some(arm => arm.crossed !== undefined) && {
      crossover: crossover(arms.map(({ variant, people, crossed = 0 }) => ({ variant, people, crossed }))),
    }),
    ...(arms.some(arm => arm.capped !== undefined) && { capped: capReport(arms) }),
    ...(matured !== null && { matured }),
    ...(open > 0 && { open }),
  }
}

/**
 * Adds an arm of nobody for each that the design has and the statistics have not. Statistics expect all people in the arms
 * they know; an unseen one is expected to have as many beside them as its share says.
 */
function withUnseen(arms: ArmStatistics[], design: NonNullable<ImpactOptions['design']>): ArmStatistics[] {
  const isSeen = (one: { variant: string; control: boolean }) =>
    arms.some(arm => (one.control ? arm.control : !arm.control && arm.variant === one.variant))
  const shareOf = (some: typeof design) => some.reduce((sum, { share }) => sum + share, 0)
  const unseen = design.filter(one => one.share > 0 && !isSeen(one))
  const expected = arms.reduce((sum, arm) => sum + arm.expected, 0)
  const seenShare = shareOf(design.filter(isSeen))
  const scale = seenShare > 0 ? expected / seenShare : 0
  const nobody = { people: 0, exposures: 0, conversions: 0, sum: 0, sumSquares: 0 }
  return [
    ...arms,
    ...unseen.map(({ variant, control, share }) => ({ variant, control, ...nobody, expected: share * scale })),
  ]
}

function armReport(arm: ArmStatistics, sample: Sample): ArmReport {
  const deviation = Math.sqrt(sample.variance)
  const isKnown = sample.n > 1 && !sample.fewValues && Number.isFinite(sample.mean) && Number.isFinite(deviation)
  return {
    variant: arm.variant,
    people: arm.people,
    exposures: arm.exposures,
    conversions: arm.conversions,
    mean: Number.isFinite(sample.mean) ? sample.mean : null,
    standardDeviation: isKnown ? deviation : null,
  }
}
