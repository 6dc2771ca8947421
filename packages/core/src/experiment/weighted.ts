import type { Sample } from './sample.ts'

/**
 * Sums over an arm's people with the weight w = 1 / (their chance of this arm, as logged), for policies whose chances differ
 * from person to person or change over time: plain means would compare different people. Each person counts with the chance
 * of their first exposure. They add over disjoint sets of people.
 */
export interface WeightSums {
  /** Of w, and of w². */
  readonly sum: number
  readonly sumSquares: number
  /** Of w x value, w² x value², and w² x value. */
  readonly valueSum: number
  readonly valueSumSquares: number
  readonly valueCrossSum: number
  /** For ratio metrics: of w x denominator, w² x denominator², and w² x value x denominator. */
  readonly denominatorSum?: number
  readonly denominatorSumSquares?: number
  readonly ratioCrossSum?: number
  /** For what they did before (`covariate.ts`): of w x before, w² x before², w² x before, and w² x value x before. */
  readonly beforeSum?: number
  readonly beforeSumSquares?: number
  readonly beforeCrossSum?: number
  readonly productSum?: number
  /** And for ratios: of w x denominator before, w² x its square, and w² x its products with before, value and denominator. */
  readonly beforeDenominatorSum?: number
  readonly beforeDenominatorSumSquares?: number
  readonly beforeRatioCrossSum?: number
  readonly valueBeforeDenominatorSum?: number
  readonly denominatorsSum?: number
  /** Of w² x denominator x before. */
  readonly denominatorBeforeSum?: number
}

/**
 * The weighted mean (self-normalized inverse-propensity estimate, Hajek): Σwy / Σw, with the variance of its linear form
 * Σw²(y - mean)² / (Σw)². As a sample, so that it is compared as any mean is. With equal weights it is the plain mean.
 */
export function weightedSample(people: number, sums: WeightSums): Sample {
  if (!(people > 0) || !(sums.sum > 0)) return { n: people, mean: Number.NaN, variance: 0 }
  const mean = sums.valueSum / sums.sum
  const squares = squaresAbout(
    [sums.valueSumSquares, mean ** 2 * sums.sumSquares, -2 * mean * sums.valueCrossSum],
    sums.sum,
  )
  const units = unitsOf(people, sums.sum, sums.sumSquares)
  return { n: people, mean, variance: people < 2 ? 0 : (people * squares * people) / (people - 1), units }
}

/** The weighted ratio of two totals: Σwy / Σwd. */
export function weightedRatioSample(people: number, sums: WeightSums): Sample {
  const { denominatorSum = 0, denominatorSumSquares = 0, ratioCrossSum = 0 } = sums
  if (!(people > 0) || denominatorSum === 0) return { n: people, mean: Number.NaN, variance: 0 }
  const mean = sums.valueSum / denominatorSum
  const squares = squaresAbout(
    [sums.valueSumSquares, mean ** 2 * denominatorSumSquares, -2 * mean * ratioCrossSum],
    denominatorSum,
  )
  const units = unitsOf(people, denominatorSum, denominatorSumSquares)
  return { n: people, mean, variance: people < 2 ? 0 : (people * squares * people) / (people - 1), units }
}

/** (Σd)² / Σd² of weights or denominators d: how many people of equal ones would tell as much, at most everybody. */
export function unitsOf(people: number, sum: number, sumSquares: number): number {
  return sumSquares > 0 ? Math.min(people, sum ** 2 / sumSquares) : people
}

/** How many people with equal weights would tell as much: (Σw)² / Σw². 0 where there is nobody. */
export function effectivePeople(sums: WeightSums): number {
  const effective = sums.sum / (sums.sumSquares / sums.sum)
  return Number.isFinite(effective) ? effective : 0
}

/** Terms that cancel leave this much of themselves: where all values are equal the rest is rounding. */
const ROUNDING = 1e-12

function squaresAbout(terms: readonly number[], total: number): number {
  const squares = terms.reduce((sum, term) => sum + term, 0)
  const size = terms.reduce((sum, term) => sum + Math.abs(term), 0)
  return squares > ROUNDING * size ? squares / total / total : 0
}
