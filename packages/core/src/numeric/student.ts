import { incompleteBeta } from './beta.ts'
import { logBeta } from './gamma.ts'
import { normalQuantile } from './normal.ts'

/** P(|T| > |t|) of Student's t with `dof` degrees of freedom (any positive number): a two-sided p-value. */
export function studentTwoSided(t: number, dof: number): number {
  if (!(dof > 0)) throw new RangeError(`Student's t needs dof > 0, got ${dof}`)
  const square = t * t
  if (square === Number.POSITIVE_INFINITY) return 0
  return incompleteBeta(dof / 2, 0.5, dof / (dof + square), square / (dof + square))
}

/** P(T <= t). */
export function studentCdf(t: number, dof: number): number {
  const tail = studentTwoSided(t, dof) / 2
  return t < 0 ? tail : 1 - tail
}

function studentDensity(t: number, dof: number): number {
  return Math.exp(-((dof + 1) / 2) * Math.log1p((t * t) / dof) - logBeta(dof / 2, 0.5)) / Math.sqrt(dof)
}

/** The t with P(T <= t) = p, 0 < p < 1. Newton's method inside a bracket that only shrinks. */
export function studentQuantile(p: number, dof: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentQuantile needs 0 < p < 1, got ${p}`)
  if (p === 0.5) return 0
  const tail = 2 * Math.min(p, 1 - p)
  let low = 0
  let high = Math.max(1, 2 * Math.abs(normalQuantile(p)))
  while (studentTwoSided(high, dof) > tail && high < Number.MAX_VALUE / 2) {
    low = high
    high *= 2
  }
  let t = (low + high) / 2
  for (let i = 0; i < 200; i++) {
    const error = studentTwoSided(t, dof) - tail
    if (error > 0) low = t
    else high = t
    const newton = t + error / (2 * studentDensity(t, dof))
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(next - t) <= 4 * Number.EPSILON * next) {
      t = next
      break
    }
    t = next
  }
  return p < 0.5 ? -t : t
}
