/**
 * GrowthBook's bucketing, written anew from its specification (0.8.0): a person falls on a point of [0, 1), a range of
 * [0, 1) is an arm. The hashes are versioned: changing one is data, never an accident (R6).
 * `bucket.test.ts` runs GrowthBook's own cases.
 */

/** From (inclusive) and to (exclusive). */
export type Range = readonly [from: number, to: number]

const OFFSET_BASIS = 0x811c9dc5
const PRIME = 0x01000193

/** FNV-1a of 32 bits over the UTF-16 code units of a text, going on from `state`. */
function fnv32a(text: string, state: number = OFFSET_BASIS): number {
  let hash = state
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME)
  return hash >>> 0
}

/** Number of different points that `hash` version 2 knows. */
export const POINTS = 10_000

/** The point of `value` under `seed`, in [0, 1): thousandths in version 1, ten-thousandths in version 2; null for other versions. */
export function hash(seed: string, value: string, version: number): number | null {
  if (version === 2) return hasher(seed)(value)
  if (version === 1) return (fnv32a(value + seed) % 1000) / 1000
  return null
}

/** `hash` version 2 for one seed, with the seed's share of the work done once. */
export function hasher(seed: string): (value: string) => number {
  const state = fnv32a(seed)
  return value => (fnv32aOfDecimal(fnv32a(value, state)) % POINTS) / POINTS
}

/** The digits of a number of 32 bits, from the last to the first. */
const digits = new Uint8Array(10)

/** `fnv32a` of a whole number of 32 bits as text, digit by digit: making the text would cost more than all the rest. */
function fnv32aOfDecimal(n: number): number {
  let count = 0
  let rest = n >>> 0
  do {
    const tenth = (rest / 10) >>> 0
    digits[count++] = 48 + rest - tenth * 10
    rest = tenth
  } while (rest > 0)
  let hash = OFFSET_BASIS
  while (count > 0) hash = Math.imul(hash ^ digits[--count]!, PRIME)
  return hash >>> 0
}

/** Whether a point of [0, 1) lies in the range: its start is in it, its end is not. */
export function inRange(point: number, range: Range): boolean {
  return point >= range[0] && point < range[1]
}

/** Weights that sum to 1, one a variation; none where there is no variation. */
export function getEqualWeights(variations: number): number[] {
  return variations < 1 ? [] : new Array<number>(variations).fill(1 / variations)
}

/**
 * The range of each variation: side by side by weight, each filled from its start to its share of `coverage`. Weights of
 * another number, or that do not sum to 1 (within a hundredth), count as equal.
 */
export function getBucketRanges(variations: number, coverage: number, weights: readonly number[] | null): Range[] {
  const covered = Math.min(1, Math.max(0, coverage))
  const equal = getEqualWeights(variations)
  const fit = weights !== null && weights.length === variations && Math.abs(sum(weights) - 1) <= 0.01
  let start = 0
  return (fit ? weights : equal).map(weight => {
    const range: Range = [start, start + covered * weight]
    start += weight
    return range
  })
}

/** Index of the first range that a point falls into; -1 for none. */
export function chooseVariation(point: number, ranges: readonly Range[]): number {
  for (let i = 0; i < ranges.length; i++) if (inRange(point, ranges[i]!)) return i
  return -1
}

/** The share of all points that falls into a range: the true probability of being drawn, which a weight only nearly is. */
export function shareOf(range: Range): number {
  return Math.max(0, pointsBelow(range[1]) - pointsBelow(range[0])) / POINTS
}

/** How many points lie below a bound, by the same comparison as `inRange`. */
function pointsBelow(bound: number): number {
  // Rounding never goes past a point below the bound, but may stop one short.
  let count = Math.min(POINTS, Math.max(0, Math.round(bound * POINTS)))
  while (count < POINTS && count / POINTS < bound) count++
  return count
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
