const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)

/** From here on the Stirling series below is exact to a double's precision. */
const STIRLING_FROM = 12

/** ln Γ(x) minus Stirling's formula, for x >= 12. */
function stirlingError(x: number): number {
  const r = 1 / (x * x)
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r / 156)))))) / x
}

/** Natural logarithm of the gamma function, x > 0. */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs x > 0, got ${x}`)
  // Γ(x) = Γ(x + k) / (x (x+1) … (x+k-1)): shift up to where the series holds.
  let product = 1
  let shifted = x
  while (shifted < STIRLING_FROM) {
    product *= shifted
    shifted += 1
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + stirlingError(shifted) - Math.log(product)
}

/** Natural logarithm of the beta function, a and b > 0. */
export function logBeta(a: number, b: number): number {
  const large = Math.max(a, b)
  const small = Math.min(a, b)
  if (large < STIRLING_FROM) return logGamma(a) + logGamma(b) - logGamma(a + b)
  // ln Γ(large) - ln Γ(large + small) without subtracting two large numbers.
  const difference =
    -(large + small - 0.5) * Math.log1p(small / large) -
    small * Math.log(large) +
    small +
    stirlingError(large) -
    stirlingError(large + small)
  return logGamma(small) + difference
}

/**
 * Regularized upper incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), a > 0, x >= 0: keeps its relative precision far
 * out in the tail. Series for small x, continued fraction (modified Lentz) for large.
 */
export function upperGamma(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) throw new RangeError(`upperGamma needs a > 0 and x >= 0, got ${a}, ${x}`)
  if (x === 0) return 1
  if (x === Number.POSITIVE_INFINITY) return 0
  const factor = Math.exp(a * Math.log(x) - x - logGamma(a))
  return x < a + 1 ? 1 - factor * lowerSeries(a, x) : factor * upperFraction(a, x)
}

/** Regularized lower incomplete gamma function P(a, x) = 1 - Q(a, x), precise where it is small. */
export function lowerGamma(a: number, x: number): number {
  if (x === 0 || x >= a + 1) return 1 - upperGamma(a, x)
  return Math.exp(a * Math.log(x) - x - logGamma(a)) * lowerSeries(a, x)
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < 10_000 && term > sum * Number.EPSILON; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum
}

function upperFraction(a: number, x: number): number {
  const tiny = Number.MIN_VALUE / Number.EPSILON
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let h = d
  for (let n = 1; n < 10_000; n++) {
    const numerator = -n * (n - a)
    b += 2
    d = numerator * d + b
    if (Math.abs(d) < tiny) d = tiny
    c = b + numerator / c
    if (Math.abs(c) < tiny) c = tiny
    d = 1 / d
    const step = d * c
    h *= step
    if (Math.abs(step - 1) < Number.EPSILON) break
  }
  return h
}
