/**
 * One decision of the log and what another policy would have done in its place. The log says who was given what with which
 * chance, and what it brought; the target policy is asked with the logged context (`Policy.chances`).
 */
export interface LoggedDecision {
  /** Bucket key: decisions of one person belong together, and are not independent of each other. */
  readonly person: string
  /** Index of the variant that was shown. */
  readonly arm: number
  /** Chance of that variant when it was drawn, above 0 and at most 1. */
  readonly propensity: number
  /** What it brought within the metric's window, which is closed. */
  readonly reward: number
  /** The target policy's chance of each variant, by index; they sum to 1. */
  readonly target: ArrayLike<number>
  /**
   * A model's prediction of the reward of each variant for this person, by index; for the estimators that use one. It must not
   * have learned from this very decision: train on other people or on earlier days.
   */
  readonly predicted?: ArrayLike<number>
}

/** Why a decision cannot be used. */
export type Unusable =
  /** The propensity is no probability above 0 and up to 1. */
  | 'propensity'
  /** The reward, or a prediction of it, is no finite number. */
  | 'reward'
  /** The target policy's chances are not between 0 and 1, or do not sum to 1. */
  | 'target'
  /** The variant is none of those that are compared. */
  | 'variant'

/** Nothing is drawn with less, and a weight above its inverse would be all there is. */
const LEAST_PROPENSITY = 1e-9

/** How far chances may miss a sum of 1: rounding. */
const TOLERANCE = 1e-6

/** Why a logged decision can tell nothing of another policy; undefined where it can. `variants`: how many are compared. */
export function unusable(decision: LoggedDecision, variants: number): Unusable | undefined {
  const { arm, propensity, reward, target, predicted } = decision
  if (!(Number.isInteger(arm) && arm >= 0 && arm < variants)) return 'variant'
  if (!(propensity >= LEAST_PROPENSITY && propensity <= 1)) return 'propensity'
  if (!Number.isFinite(reward)) return 'reward'
  let sum = 0
  for (let i = 0; i < variants; i++) {
    const chance = target[i]!
    if (!(chance >= 0 && chance <= 1)) return 'target'
    if (predicted !== undefined && !Number.isFinite(predicted[i]!)) return 'reward'
    sum += chance
  }
  return Math.abs(sum - 1) <= TOLERANCE ? undefined : 'target'
}
