import type { ArmOverlap } from './sums.ts'

/** Rows of the overall mean added to each variant's: few rewards do not make an extreme prediction. */
export const PRIOR_ROWS = 100

/**
 * The simplest model of rewards: each variant's mean, drawn to the overall mean by some rows of it. Does not look at the person;
 * a contextual model does better. `mean` is the overall one unless given.
 */
export function armMeans(arms: readonly Pick<ArmOverlap, 'shown' | 'reward'>[], mean?: number): number[] {
  const shown = arms.reduce((sum, arm) => sum + arm.shown, 0)
  const reward = arms.reduce((sum, arm) => sum + arm.reward, 0)
  const centre = mean ?? (shown > 0 ? reward / shown : 0)
  return arms.map(arm => (arm.reward + PRIOR_ROWS * centre) / (arm.shown + PRIOR_ROWS))
}
