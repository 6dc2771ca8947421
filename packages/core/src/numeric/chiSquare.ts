import { upperGamma } from './gamma.ts'

/** P(X > x) of a chi-square with `dof` degrees of freedom. */
export function chiSquareSurvival(x: number, dof: number): number {
  if (!(dof > 0)) throw new RangeError(`chi-square needs dof > 0, got ${dof}`)
  return x <= 0 ? 1 : upperGamma(dof / 2, x / 2)
}
