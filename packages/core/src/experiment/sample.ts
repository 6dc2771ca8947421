import type { Statistic } from '../definition/metric.ts'
import type { ArmStatistics } from './arm.ts'
import { unitsOf, weightedRatioSample, weightedSample } from './weighted.ts'

/** One arm as the mathematics sees it: people, the mean of the KPI, and the variance of one person's contribution to it. */
export interface Sample {
  readonly n: number
  /** NaN where there is nobody, or for a ratio nothing to divide by. */
  readonly mean: number
  /** Variance of one person's value: the mean's variance is this divided by n. */
  readonly variance: number
  /** A quantile of too few values: its variance is not known, and 0 here. */
  readonly fewValues?: true
  /**
   * How many people would tell as much if all told alike; all do unless given. Of a ratio who has nothing to divide by tells nothing: of a
   * thousand people of whom ten bought, the value of an order is that of ten. Of people who count by their chances those who had a
   * small one tell most.
   */
  readonly units?: number
}

/** The sample as one of people who tell alike, with the same mean and the same error of it. */
export function inUnits(sample: Sample): Sample {
  const { n, mean, variance, units = n } = sample
  return units === n ? sample : { n: units, mean, variance: (variance * units) / n }
}

/** A mean over people, from their number, sum and sum of squares. */
export function meanSample(n: number, sum: number, sumSquares: number): Sample {
  return { n, mean: sum / n, variance: variance(n, sum, sumSquares) }
}

/** A share of people, from their number and how many did it. */
export function proportionSample(n: number, successes: number): Sample {
  const mean = successes / n
  return { n, mean, variance: Math.max(0, mean * (1 - mean)) }
}

export interface RatioSums {
  readonly sum: number
  readonly sumSquares: number
  readonly denominatorSum: number
  readonly denominatorSumSquares: number
  /** Sum over people of value x denominator. */
  readonly crossSum: number
}

/** A ratio of two totals, such as value per order, where people are drawn and not orders: delta method. */
export function ratioSample(n: number, sums: RatioSums): Sample {
  const m = sums.sum / n
  const d = sums.denominatorSum / n
  if (d === 0) return { n, mean: Number.NaN, variance: 0 }
  const mean = m / d
  // Sum over people of (value - mean x denominator)², the delta method's three terms in one, about their average 0.
  const terms = [sums.sumSquares, mean ** 2 * sums.denominatorSumSquares, -2 * mean * sums.crossSum]
  const squares = terms.reduce((total, term) => total + term, 0)
  const size = terms.reduce((total, term) => total + Math.abs(term), 0)
  const units = unitsOf(n, sums.denominatorSum, sums.denominatorSumSquares)
  return { n, mean, variance: n < 2 || squares <= ROUNDING * size ? 0 : squares / (n - 1) / d ** 2, units }
}

/** Sums of squares that cancel leave this much of themselves: where all values are equal the rest is rounding. */
const ROUNDING = 1e-12

function variance(n: number, sum: number, sumSquares: number): number {
  if (n < 2) return 0
  const squares = sumSquares - sum ** 2 / n
  return squares > ROUNDING * sumSquares ? squares / (n - 1) : 0
}

/** How the KPI of a form of statistic is made from an arm's statistics; weighted where they have weights. */
export function armSample(arm: ArmStatistics, type: Statistic): Sample {
  if (arm.weights !== undefined) {
    return (type === 'mean' ? weightedRatioSample : weightedSample)(arm.people, arm.weights)
  }
  if (type === 'conversion') return proportionSample(arm.people, arm.sum)
  if (type === 'sum') return meanSample(arm.people, arm.sum, arm.sumSquares)
  const { denominatorSum = 0, denominatorSumSquares = 0, crossSum = 0 } = arm
  return ratioSample(arm.people, {
    sum: arm.sum,
    sumSquares: arm.sumSquares,
    denominatorSum,
    denominatorSumSquares,
    crossSum,
  })
}
