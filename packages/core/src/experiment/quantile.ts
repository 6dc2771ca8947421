import { normalQuantile } from '../numeric/normal.ts'
import { DEFAULT_CONFIDENCE } from './estimate.ts'
import { ratioSample, type Sample } from './sample.ts'

/**
 * Statistics of one arm for a quantile of values, such as the 90 % quantile of the time an answer took. They do not add:
 * a quantile of all is not made of those of the parts.
 */
export interface QuantileStatistics {
  /** Variant key, or '' for the control group. */
  readonly variant: string
  readonly control: boolean
  /** The level, 0 < level < 1. */
  readonly level: number
  /** Values (of events), or people where it is a quantile of one value a person. */
  readonly count: number
  /** The quantile at the level. */
  readonly value: number
  /** The quantiles at the two ends of `quantileLevels(level, count)`; where people have weights, of `effectiveCount`. */
  readonly lower: number
  readonly upper: number
  /** For values of events, where people and not events are drawn: sums over people with at least one value. */
  readonly clusters?: QuantileClusters
}

/** A quantile of each arm, and of all variants together, since these do not add. Arms without a value are left out. */
export interface QuantilesByArm {
  readonly arms: readonly QuantileStatistics[]
  readonly together: QuantileStatistics | null
  /** Where chances changed and every person counts by them (`quantileWeights.ts`); without it they count alike. */
  readonly byChance?: { readonly strata: number; readonly coverage: number | null }
}

/**
 * Over people: how many of their values lie at or below the arm's quantile, and how many values they have. Where people have weights, each
 * person's two numbers are times their weight before they are added or squared.
 */
export interface QuantileClusters {
  readonly people: number
  /** Sum of the values' weights; the number of values unless given. */
  readonly total?: number
  readonly below: number
  readonly belowSquares: number
  readonly countSquares: number
  /** Sum over people of values below x values. */
  readonly belowTimesCount: number
}

/**
 * The levels at which the two outer quantiles are to be taken: where the level itself may lie, by chance, among so many
 * independent values. To be asked of the warehouse once it knows the count; null where they lie outside of 0 and 1.
 */
export function quantileLevels(
  level: number,
  count: number,
  confidence = DEFAULT_CONFIDENCE,
): readonly [number, number] | null {
  checkLevel(level)
  const half = normalQuantile(0.5 + confidence / 2) * Math.sqrt((level * (1 - level)) / count)
  const [low, high] = [level - half, level + half]
  return low > 0 && high < 1 ? [low, high] : null
}

/**
 * How many values would tell as much: where people have weights, as many as there would be people of equal weight. With so many as there
 * are, the outer levels lie too close together and the quantiles between which few heavy people decide: intervals of a 90 % quantile held
 * the truth 80 to 88 times in 100 where chances were from 3 to 97 % (simulated), and 95 to 98 times with these.
 */
export function effectiveCount({ count, clusters }: Pick<QuantileStatistics, 'count' | 'clusters'>): number {
  return clusters?.total === undefined ? count : clusters.total ** 2 / clusters.countSquares
}

/**
 * The quantile as a sample, to be compared as a mean is. The outer confidence interval gives its variance as if values were
 * independent; that is stretched by how much more a share of values varies when people are drawn than when values are.
 * Deng, Knoblich and Lu 2018, "Applying the Delta Method in Metric Analytics" (arXiv 1803.06336), section 4, in the form
 * with the correction afterwards; GrowthBook's. `confidence` is the one `quantileLevels` had. Where there are
 * too few values for the outer quantiles the variance is not known: of one arm alone it would pass for certainty.
 */
export function quantileSample(statistics: QuantileStatistics, confidence = DEFAULT_CONFIDENCE): Sample {
  const { level, count, value, lower, upper, clusters } = statistics
  const n = clusters?.people ?? count
  if (!(count > 0)) return { n: 0, mean: Number.NaN, variance: 0 }
  const effective = effectiveCount(statistics)
  // Fewer than two people's worth, or sums that are no number.
  if (!(effective >= 2) || quantileLevels(level, effective, confidence) === null) {
    return { n, mean: value, variance: 0, fewValues: true }
  }
  // Of values that many share (prices, marks) the quantile may be an end of its own interval: what else it may be lies all on one side.
  const isEnd = value === lower || value === upper
  const error = ((upper - lower) * (isEnd ? 2 : 1)) / (2 * normalQuantile(0.5 + confidence / 2))
  const squaredError = ((effective - 1) / effective) * error ** 2
  return { n, mean: value, variance: n * squaredError * stretch(level, { count, effective, clusters }) }
}

/** Variance of the share of values below the quantile, people being drawn, over that of independent values. */
function stretch(
  level: number,
  { count, effective, clusters }: { count: number; effective: number; clusters: QuantileClusters | undefined },
): number {
  if (clusters === undefined) return 1
  const share = ratioSample(clusters.people, {
    sum: clusters.below,
    sumSquares: clusters.belowSquares,
    denominatorSum: clusters.total ?? count,
    denominatorSumSquares: clusters.countSquares,
    crossSum: clusters.belowTimesCount,
  })
  return share.variance / clusters.people / ((level * (1 - level)) / effective)
}

function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`a quantile's level is between 0 and 1, got ${level}`)
}
