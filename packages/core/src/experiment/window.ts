import type { ArmStatistics } from './arm.ts'

/**
 * Share of people whose conversion window has closed; null where there is nobody. Arms that do not say have all closed. What the
 * warehouse delivers: sums over each person's events in their own window, everybody exposed counted whether it has closed or not (arms
 * fill evenly, so a comparison stays fair while windows are open), and in `matured` how many have closed.
 */
export function maturedShare(arms: readonly ArmStatistics[]): number | null {
  const people = arms.reduce((sum, arm) => sum + arm.people, 0)
  const matured = arms.reduce((sum, arm) => sum + (arm.matured ?? arm.people), 0)
  return people > 0 ? matured / people : null
}
