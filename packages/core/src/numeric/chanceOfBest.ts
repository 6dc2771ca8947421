import { NODES, WEIGHTS } from './gaussLegendre.ts'
import { normalAt } from './normalTable.ts'

/** Arms that are compared at once. */
export const MAX_ARMS = 50

export interface Precision {
  /** Standard deviations beyond which a normal is taken to have no mass. */
  readonly reach: number
  /** Widest panel of the quadrature, in standard deviations of the narrowest normal that lives there. */
  readonly panel: number
}

/** Absolute error below 1e-9. */
export const FINE: Precision = { reach: 6.5, panel: 2 }
/** Absolute error below 1e-5, a tenth of a point: what a choice needs, in a third of the time. */
export const QUICK: Precision = { reach: 4.5, panel: 3.5 }

/** The narrowest normal counted as one, as a share of the whole range: below it panels would stop advancing. */
const NARROWEST = 1e-9

// Nothing here waits, so one call's scratch is free again for the next.
const alive = new Int32Array(MAX_ARMS)
const centres = new Float64Array(MAX_ARMS)
const deviations = new Float64Array(MAX_ARMS)
const density = new Float64Array(MAX_ARMS)
const prefix = new Float64Array(MAX_ARMS)
const cdf = new Float64Array(MAX_ARMS)
const chances = new Float64Array(MAX_ARMS)
const normal = new Float64Array(2)

/** Below it a density is no longer a number. */
const LEAST = 1e-290

/**
 * P(arm k has the largest value) for independent normals: w_k = ∫ f_k(y) Π_{i≠k} F_i(y) dy, for the first `arms` entries.
 * Composite Gauss-Legendre; a panel is never wider than what the narrowest normal alive there allows, so that an arm known
 * well beside one hardly known is resolved too. The weights sum to 1. Allocates nothing.
 *
 * Means and deviations are finite, deviations not negative; anything else gives equal weights rather than NaN.
 */
export function chanceOfBest(
  means: ArrayLike<number>,
  sds: ArrayLike<number>,
  into: Float64Array,
  arms: number = means.length,
  { reach, panel }: Precision = FINE,
): void {
  if (arms > MAX_ARMS) throw new RangeError(`${arms} arms are more than the ${MAX_ARMS} allowed`)
  let low = Number.NEGATIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let bottom = Number.POSITIVE_INFINITY
  for (let i = 0; i < arms; i++) {
    low = Math.max(low, means[i]! - reach * sds[i]!)
    high = Math.max(high, means[i]! + reach * sds[i]!)
    bottom = Math.min(bottom, means[i]! - reach * sds[i]!)
    into[i] = 0
  }
  const narrowest = NARROWEST * Math.max(high - bottom, Math.abs(high), Math.abs(bottom))
  let count = 0
  for (let i = 0; i < arms; i++) {
    const sd = Math.max(sds[i]!, narrowest, LEAST)
    // Who cannot come up to where somebody surely is, is never the best.
    if (means[i]! + reach * sd < low) continue
    alive[count] = i
    centres[count] = means[i]!
    deviations[count] = sd
    chances[count++] = 0
    high = Math.max(high, means[i]! + reach * sd)
  }
  // Below `low` one arm's value lies almost never, so the largest lies there almost never either.
  for (let y = low; y < high; ) {
    const width = Math.min(panel * narrowestAt(y, count, reach), high - y)
    for (let n = 0; n < NODES.length; n++) addNode(y + width * NODES[n]!, width * WEIGHTS[n]!, count)
    y += width
  }
  let sum = 0
  for (let n = 0; n < count; n++) sum += chances[n]!
  if (sum > 0) for (let n = 0; n < count; n++) into[alive[n]!] = chances[n]! / sum
  else into.fill(1 / arms, 0, arms)
}

/** The least standard deviation of those that have mass above `y`. */
function narrowestAt(y: number, count: number, reach: number): number {
  let narrowest = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const sd = deviations[i]!
    if (sd < narrowest && y < centres[i]! + reach * sd) narrowest = sd
  }
  return narrowest
}

function addNode(y: number, weight: number, count: number): void {
  let product = weight
  for (let i = 0; i < count; i++) {
    normalAt((y - centres[i]!) / deviations[i]!, normal)
    density[i] = normal[1]! / deviations[i]!
    prefix[i] = product
    cdf[i] = normal[0]!
    product *= normal[0]!
  }
  let suffix = 1
  for (let i = count - 1; i >= 0; i--) {
    chances[i]! += density[i]! * prefix[i]! * suffix
    suffix *= cdf[i]!
  }
}
