import { lowerGamma, upperGamma } from './gamma.ts'

/** P(Z <= z) of a standard normal Z, precise in both tails. */
export function normalCdf(z: number): number {
  if (z === 0) return 0.5
  const half = (z * z) / 2
  if (z < 0) return 0.5 * upperGamma(0.5, half)
  return z < 1 ? 0.5 + 0.5 * lowerGamma(0.5, half) : 1 - 0.5 * upperGamma(0.5, half)
}

/** The z with P(Z <= z) = p, 0 < p < 1; ±Infinity at the ends. Wichura's AS 241 (PPND16), about 1 part in 10^16. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`normalQuantile needs 0 <= p <= 1, got ${p}`)
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * rational(CENTRE, 0.180625 - q * q)
  const tail = q < 0 ? p : 1 - p
  if (tail === 0) return Math.sign(q) * Number.POSITIVE_INFINITY
  const r = Math.sqrt(-Math.log(tail))
  return Math.sign(q) * (r <= 5 ? rational(TAIL, r - 1.6) : rational(FAR_TAIL, r - 5))
}

type Rational = readonly (readonly [numerator: number, denominator: number])[]

/** Coefficients from the highest power down to the constant. */
function rational(coefficients: Rational, x: number): number {
  let numerator = 0
  let denominator = 0
  for (const [n, d] of coefficients) {
    numerator = numerator * x + n
    denominator = denominator * x + d
  }
  return numerator / denominator
}

const CENTRE: Rational = [
  [2509.0809287301227, 5226.495278852854],
  [33430.57558358813, 28729.085735721943],
  [67265.7709270087, 39307.89580009271],
  [45921.95393154987, 21213.794301586597],
  [13731.69376550946, 5394.196021424751],
  [1971.5909503065513, 687.1870074920579],
  [133.14166789178438, 42.31333070160091],
  [3.3871328727963665, 1],
]
const TAIL: Rational = [
  [0.0007745450142783414, 1.0507500716444169e-9],
  [0.022723844989269184, 0.0005475938084995345],
  [0.2417807251774506, 0.015198666563616457],
  [1.2704582524523684, 0.14810397642748008],
  [3.6478483247632045, 0.6897673349851],
  [5.769497221460691, 1.6763848301838038],
  [4.630337846156546, 2.053191626637759],
  [1.4234371107496835, 1],
]
const FAR_TAIL: Rational = [
  [2.0103343992922881e-7, 2.0442631033899397e-15],
  [0.000027115555687434876, 1.421511758316446e-7],
  [0.0012426609473880784, 0.000018463183175100548],
  [0.026532189526576124, 0.0007868691311456133],
  [0.29656057182850487, 0.014875361290850615],
  [1.7848265399172913, 0.1369298809227358],
  [5.463784911164114, 0.599832206555888],
  [6.657904643501103, 1],
]
