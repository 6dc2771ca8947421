import { logBeta } from './gamma.ts'

/**
 * Regularized incomplete beta function I_x(a, b), a and b > 0, 0 <= x <= 1. `y` is 1 - x where the caller knows it more
 * precisely than the subtraction does. Continued fraction (modified Lentz) on the side where it converges fast.
 */
export function incompleteBeta(a: number, b: number, x: number, y = 1 - x): number {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) {
    throw new RangeError(`incompleteBeta needs a, b > 0 and 0 <= x <= 1, got ${a}, ${b}, ${x}`)
  }
  if (x === 0) return 0
  if (y === 0) return 1
  const logX = x > 0.5 ? Math.log1p(-y) : Math.log(x)
  const logY = y > 0.5 ? Math.log1p(-x) : Math.log(y)
  const factor = Math.exp(a * logX + b * logY - logBeta(a, b))
  return x < (a + 1) / (a + b + 2) ? (factor * fraction(a, b, x)) / a : 1 - (factor * fraction(b, a, y)) / b
}

function fraction(a: number, b: number, x: number): number {
  const tiny = Number.MIN_VALUE / Number.EPSILON
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  if (Math.abs(d) < tiny) d = tiny
  d = 1 / d
  let h = d
  // The number of terms grows with the square root of the larger parameter.
  for (let n = 1; n < 100_000; n++) {
    for (const numerator of [
      (n * (b - n) * x) / ((a + 2 * n - 1) * (a + 2 * n)),
      (-(a + n) * (a + b + n) * x) / ((a + 2 * n) * (a + 2 * n + 1)),
    ]) {
      d = 1 + numerator * d
      if (Math.abs(d) < tiny) d = tiny
      c = 1 + numerator / c
      if (Math.abs(c) < tiny) c = tiny
      d = 1 / d
      h *= d * c
    }
    if (Math.abs(d * c - 1) < 4 * Number.EPSILON) break
  }
  return h
}
