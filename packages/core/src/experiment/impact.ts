import type { Metric } from '../definition/metric.ts'
import { type ArmStatistics, addArms } from './arm.ts'
import { DEFAULT_CONFIDENCE } from './estimate.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import type { ArmReport, Comparison, Impact, VariantReport } from './report.ts'
import { armSample, type Sample } from './sample.ts'
import { sentenceOf } from './sentence.ts'
import { sampleRatio } from './srm.ts'
import { warningsOf } from './warnings.ts'

export interface ImpactOptions {
  readonly metric: Pick<Metric, 'type' | 'name' | 'event' | 'direction' | 'currency'>
  /** Of the intervals; 0.95 unless given. */
  readonly confidence?: number
  readonly contaminated?: number
  /** Arms the design has, so that those nobody has seen yet are reported too. `share` of the people, relative. */
  readonly design?: readonly { variant: string; control: boolean; share: number }[]
}

/** The report on one experience and metric. Statistics of the same arm are added, so shards may be given as they come. */
export function impact(statistics: readonly ArmStatistics[], options: ImpactOptions): Impact {
  const { metric, confidence = DEFAULT_CONFIDENCE, contaminated = 0 } = options
  const arms = withUnseen(addArms(statistics), options.design ?? [])
  const control = arms.find(arm => arm.control)
  const variants = arms.filter(arm => !arm.control)
  const nobody: Sample = { n: 0, mean: Number.NaN, variance: 0 }
  const controlSample = control === undefined ? nobody : armSample(control, metric.type)

  const compare = (arm: ArmStatistics): VariantReport => {
    const sample = armSample(arm, metric.type)
    return {
      ...armReport(arm, sample),
      lift: relativeLift(controlSample, sample, confidence),
      difference: absoluteDifference(controlSample, sample, confidence),
    }
  }
  const together = addArms(variants.map(arm => ({ ...arm, variant: '' })))[0]
  const report: Comparison = {
    metric: {
      type: metric.type,
      name: metric.name ?? metric.event,
      direction: metric.direction ?? 'up',
      ...(metric.currency === undefined ? {} : { currency: metric.currency }),
    },
    confidence,
    control: control === undefined ? null : armReport(control, controlSample),
    variants: variants.map(compare),
    personalized: together === undefined ? null : compare(together),
    sampleRatio: sampleRatio(arms),
    contaminated,
  }
  return { ...report, warnings: warningsOf(report), sentence: sentenceOf(report) }
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
  return {
    variant: arm.variant,
    people: arm.people,
    exposures: arm.exposures,
    conversions: arm.conversions,
    mean: Number.isFinite(sample.mean) ? sample.mean : null,
    standardDeviation: sample.n > 1 && Number.isFinite(sample.mean) && Number.isFinite(deviation) ? deviation : null,
  }
}
