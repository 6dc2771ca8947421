import { POINTS } from '../bucket/bucket.ts'

/**
 * Probabilities as whole points of 10,000, which are the points the bucketing hash knows: a chance in points is exactly the
 * share of hashes that fall on it, so what is logged as propensity is the truth and not nearly the truth.
 *
 * Each entry is rounded down, and the largest gets what is left: no exploration floor of whole points is ever undercut.
 */
export function toPoints(probabilities: ArrayLike<number>, into: Int32Array): void {
  let left = POINTS
  let largest = 0
  for (let i = 0; i < into.length; i++) {
    // A hair above, so that 0.07, which times 10,000 is less than 700 in floating point, is 700.
    const points = Math.floor(probabilities[i]! * POINTS + 1e-7)
    into[i] = points
    left -= points
    if (points > into[largest]!) largest = i
  }
  into[largest]! += left
}

/** Which entry point `k` of 10,000 falls on, with the entries side by side in order; -1 beyond the last. */
export function entryAt(points: Int32Array, k: number): number {
  let end = 0
  for (let i = 0; i < points.length; i++) {
    end += points[i]!
    if (k < end) return i
  }
  return -1
}

/** The number of a point that the hash gave as a share of 1. */
export function pointOf(share: number): number {
  return Math.round(share * POINTS)
}
