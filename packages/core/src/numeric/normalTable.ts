import { normalCdf } from './normal.ts'

/**
 * The standard normal's distribution and density by table, for the hot path: Taylor series about the nearest knot, absolute error
 * below 2e-11, a few nanoseconds for both. Beyond 8 standard deviations they are 0 or 1. The table is small (16 KB), since it is read
 * between other things that want the processor's nearest cache.
 */
const EDGE = 8
const PER_UNIT = 64
const STEP = 1 / PER_UNIT
const KNOTS = 2 * EDGE * PER_UNIT + 1

/** Side by side for each knot z: Φ(z) and φ(z). */
const TABLE = Float64Array.from({ length: 2 * KNOTS }, (_, i) => {
  const z = (i >> 1) * STEP - EDGE
  return i % 2 === 0 ? normalCdf(z) : Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
})

/** Φ(z) and φ(z) into `out[0]` and `out[1]`; z is not NaN. */
export function normalAt(z: number, out: Float64Array): void {
  if (z <= -EDGE || z >= EDGE) {
    out[0] = z < 0 ? 0 : 1
    out[1] = 0
    return
  }
  const knot = ((z + EDGE) * PER_UNIT + 0.5) | 0
  const a = knot * STEP - EDGE
  const t = z - a
  const density = TABLE[2 * knot + 1]!
  // φ(a + t) = φ(a) exp(u).
  const u = -t * (a + t / 2)
  out[1] = density * (1 + u * (1 + u * (1 / 2 + u * (1 / 6 + u / 24))))
  // Its integral from a, by the Hermite polynomials of a.
  const square = a * a
  out[0] = TABLE[2 * knot]! + density * t * (1 - t * (a / 2 - t * ((square - 1) / 6 - (t * a * (square - 3)) / 24)))
}
