import type { Statistic } from '../definition/metric.ts'
import type { ArmStatistics } from './arm.ts'
import { armSample, meanSample, ratioSample, type Sample } from './sample.ts'
import { type WeightSums, weightedRatioSample, weightedSample } from './weighted.ts'

/**
 * What the same people did before their first exposure, beside what they did after it: sums over all people of the arm, 0 for
 * somebody unknown before. They add over disjoint sets of people. The value before is that of the metric itself, in a period
 * of a length fixed beforehand that ends at the first exposure.
 */
export interface CovariateSums {
  /** Of the value before. */
  readonly sum: number
  readonly sumSquares: number
  /** Of the value x the value before. */
  readonly crossSum: number
  /** For ratio metrics, with the denominators after and before. */
  readonly ratio?: CovariateRatioSums
}

export interface CovariateRatioSums {
  /** Of the denominator before. */
  readonly denominatorSum: number
  readonly denominatorSumSquares: number
  /** Of the value before x the denominator before. */
  readonly crossSum: number
  /** Of the value x the denominator before. */
  readonly valueDenominatorSum: number
  /** Of the denominator x the value before. */
  readonly denominatorValueSum: number
  /** Of the denominator x the denominator before. */
  readonly denominatorsSum: number
}

/** An arm's KPI together with the same before, and how the two go together from person to person. */
export interface CovariateSample extends Sample {
  readonly before: Sample
  readonly covariance: number
}

/** Null where the arm's statistics have nothing from before, or nothing to divide by. */
export function covariateSample(arm: ArmStatistics, type: Statistic): CovariateSample | null {
  const sample = unboundedSample(arm, type)
  return sample && { ...sample, covariance: possibleCovariance(sample) }
}

/**
 * Two things go together by no more than each of them varies (Cauchy and Schwarz). Of values that hardly differ beside their size the products
 * cancel, and what rounding leaves of them may be more than that: where one does not vary it is nothing. A share's variance is over n, and not
 * over n - 1, which leaves as much room.
 */
function possibleCovariance({ n, variance, before, covariance }: CovariateSample): number {
  const most = n < 2 ? 0 : Math.sqrt(variance * (n / (n - 1))) * Math.sqrt(before.variance)
  return Math.min(most, Math.max(-most, covariance))
}

function unboundedSample(arm: ArmStatistics, type: Statistic): CovariateSample | null {
  const { people: n, covariate } = arm
  if (covariate === undefined) return null
  const after = armSample(arm, type)
  if (arm.weights !== undefined) return weightedCovariateSample(n, after, arm.weights, type)
  if (type === 'mean') return ratioCovariateSample(arm, after, covariate)
  const before = meanSample(n, covariate.sum, covariate.sumSquares)
  return { ...after, before, covariance: covarianceOf(n, covariate.crossSum, arm.sum, covariate.sum) }
}

/** Both means weighted by 1 / chance; how their linear forms go together. Null where the weights have nothing from before. */
function weightedCovariateSample(
  n: number,
  after: Sample,
  weights: WeightSums,
  type: Statistic,
): CovariateSample | null {
  const { beforeSum, beforeSumSquares = 0, beforeCrossSum = 0, productSum = 0 } = weights
  if (beforeSum === undefined || !(weights.sum > 0) || Number.isNaN(after.mean)) return null
  const past = { valueSum: beforeSum, valueSumSquares: beforeSumSquares }
  const scale = n < 2 ? 0 : (n * n) / (n - 1)
  if (type !== 'mean') {
    const before = weightedSample(n, { ...weights, ...past, valueCrossSum: beforeCrossSum })
    const cross =
      productSum -
      after.mean * beforeCrossSum -
      before.mean * weights.valueCrossSum +
      after.mean * before.mean * weights.sumSquares
    return { ...after, before, covariance: (scale * cross) / weights.sum / weights.sum }
  }
  const { denominatorSum = 0, beforeDenominatorSum = 0, beforeDenominatorSumSquares = 0 } = weights
  const { valueBeforeDenominatorSum = 0, denominatorBeforeSum = 0, denominatorsSum = 0 } = weights
  if (denominatorSum === 0 || beforeDenominatorSum === 0) return null
  const before = weightedRatioSample(n, {
    ...weights,
    ...past,
    denominatorSum: beforeDenominatorSum,
    denominatorSumSquares: beforeDenominatorSumSquares,
    ratioCrossSum: weights.beforeRatioCrossSum ?? 0,
  })
  const cross =
    productSum -
    after.mean * denominatorBeforeSum -
    before.mean * valueBeforeDenominatorSum +
    after.mean * before.mean * denominatorsSum
  return { ...after, before, covariance: (scale * cross) / denominatorSum / beforeDenominatorSum }
}

/** Of two ratios: of what each person adds to them, (value - ratio x denominator) / mean denominator (delta method). */
function ratioCovariateSample(arm: ArmStatistics, after: Sample, covariate: CovariateSums): CovariateSample | null {
  const { people: n, denominatorSum = 0 } = arm
  const { ratio } = covariate
  if (ratio === undefined || ratio.denominatorSum === 0 || denominatorSum === 0) return null
  const before = ratioSample(n, {
    sum: covariate.sum,
    sumSquares: covariate.sumSquares,
    denominatorSum: ratio.denominatorSum,
    denominatorSumSquares: ratio.denominatorSumSquares,
    crossSum: ratio.crossSum,
  })
  const cross =
    covariate.crossSum -
    before.mean * ratio.valueDenominatorSum -
    after.mean * ratio.denominatorValueSum +
    after.mean * before.mean * ratio.denominatorsSum
  const denominators = (denominatorSum / n) * (ratio.denominatorSum / n)
  return { ...after, before, covariance: n < 2 ? 0 : cross / (n - 1) / denominators }
}

function covarianceOf(n: number, crossSum: number, sum: number, otherSum: number): number {
  return n < 2 ? 0 : (crossSum - (sum * otherSum) / n) / (n - 1)
}
