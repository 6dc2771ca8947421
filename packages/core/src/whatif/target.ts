import { POINTS } from '../bucket/bucket.ts'
import type { Chances } from '../policy/policy.ts'

/**
 * A policy's chances as a target: of each variant, and last of none of them (the touchpoint's default content), so that they sum
 * to 1. The variants that are compared then end with one for none.
 */
export function targetOf({ points }: Pick<Chances, 'points'>, into: Float64Array): void {
  let none = POINTS
  for (let i = 0; i < points.length; i++) {
    into[i] = points[i]! / POINTS
    none -= points[i]!
  }
  into[points.length] = none / POINTS
}
