import { normalCdf } from './normal.ts'

/**
 * The standard normal's distribution and density by table, for the hot path: cubic Hermite interpolation between exact
 * values, absolute error below 2e-11, a few nanoseconds for both. Beyond 8 standard deviations they are 0 or 1.
 */
export const EDGE = 8
export const PER_UNIT = 128

const STEP = 1 / PER_UNIT
/** One more than the range has: a z a hair below the edge rounds to the last knot, and reads the one after it. */
const KNOTS = 2 * EDGE * PER_UNIT + 2

/** Side by side for each knot z: Φ(z), φ(z) · step (the slope of Φ), φ(z), and -z φ(z) · step (the slope of φ). */
export const TABLE = Float64Array.from({ length: 4 * KNOTS }, (_, i) => {
  const z = Math.floor(i / 4) * STEP - EDGE
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  return [normalCdf(z), density * STEP, density, -z * density * STEP][i % 4]!
})

/** Φ(z) and φ(z) into `out[0]` and `out[1]`; z is not NaN. */
export function normalAt(z: number, out: Float64Array): void {
  const at = (z + EDGE) * PER_UNIT
  if (at <= 0 || at >= 2 * EDGE * PER_UNIT) {
    out[0] = at <= 0 ? 0 : 1
    out[1] = 0
    return
  }
  const knot = at | 0
  const t = at - knot
  const s = 1 - t
  const left = s * s
  const right = t * t
  const i = 4 * knot
  out[0] =
    left * ((1 + 2 * t) * TABLE[i]! + t * TABLE[i + 1]!) + right * ((3 - 2 * t) * TABLE[i + 4]! - s * TABLE[i + 5]!)
  out[1] =
    left * ((1 + 2 * t) * TABLE[i + 2]! + t * TABLE[i + 3]!) + right * ((3 - 2 * t) * TABLE[i + 6]! - s * TABLE[i + 7]!)
}
