import type { ArmSums } from './sums.ts'

/** What an arm's sums say of one row's reward. */
export interface Evidence {
  /** Rows of today that would say as much if all weighed the same and were mature (Kish; a faded row counts for its decay). */
  readonly n: number
  /** 0 where there is nothing yet. */
  readonly mean: number
  /** Of one row's reward; 0 where all are equal. */
  readonly variance: number
}

/** Sums of squares that cancel leave this much of themselves: where all rewards are equal the rest is rounding. */
const ROUNDING = 1e-12

/**
 * mean = Σ g b r / Σ g b F. Its variance follows from the sums of squared weights: with mature rows that weigh 1 it is
 * variance / rows. The number of rows that would give the same is what a posterior may count as observed.
 */
export function evidenceOf(arm: ArmSums): Evidence {
  if (!(arm.weight > 0)) return { n: 0, mean: 0, variance: 0 }
  const mean = arm.reward / arm.weight
  const square = arm.rewardSquares / arm.weight
  const variance = square - mean * mean > ROUNDING * square ? square - mean * mean : 0
  return { n: effective(arm, mean, square, variance), mean, variance }
}

function effective(arm: ArmSums, mean: number, square: number, variance: number): number {
  const kish = arm.weight ** 2 / arm.weightSquares
  if (variance === 0 || arm.weightSquares === arm.maturedSquares) return kish
  // An open row's reward so far spreads more than its share of the whole: all or nothing of it may have come.
  const spread = square * arm.weightSquares - mean * mean * arm.maturedSquares
  return Math.min(kish, (arm.weight ** 2 * variance) / spread)
}
