import { NODES, WEIGHTS } from './gaussLegendre.ts'
import { normalAt } from './normalTable.ts'

/** Arms that are compared at once. */
export const MAX_ARMS = 50

export interface Precision {
  /** Standard deviations beyond which a normal is taken to have no mass. */
  readonly reach: number
  /** Widest panel of the quadrature, in standard deviations of the narrowest normal that lives there. */
  readonly panel: number
  /** Where one step suits all: its width in standard deviations of the narrowest normal, for up to four arms. */
  readonly step?: number
}

/** Absolute error below 1e-9. */
export const FINE: Precision = { reach: 6.5, panel: 2 }
/** Absolute error below 1e-5, a tenth of a point: what a choice needs, in a fifth of the time. */
export const QUICK: Precision = { reach: 4.5, panel: 3.5, step: 0.75 }

/** With more steps than these, panels that follow the widths need fewer nodes. */
const MOST_STEPS = 32

/** The narrowest normal counted as one, as a share of the whole range: below it panels would stop advancing. */
const NARROWEST = 1e-9

// Nothing here waits, so one call's scratch is free again for the next.
const alive = new Int32Array(MAX_ARMS)
const centres = new Float64Array(MAX_ARMS)
const deviations = new Float64Array(MAX_ARMS)
const rates = new Float64Array(MAX_ARMS)
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
 * well beside one hardly known is resolved too. Where all are about as wide even steps need half of the nodes: of a
 * smooth function that ends in nothing on both sides its error falls as the exponential of 1/step² (Trefethen and Weideman 2014). The
 * weights sum to 1. Allocates nothing.
 *
 * Means and deviations are finite, deviations not negative; anything else gives equal weights rather than NaN.
 */
export function chanceOfBest(
  means: ArrayLike<number>,
  sds: ArrayLike<number>,
  into: Float64Array,
  arms: number = means.length,
  { reach, panel, step }: Precision = FINE,
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
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < arms; i++) {
    const sd = Math.max(sds[i]!, narrowest, LEAST)
    // Who cannot come up to where somebody surely is, is never the best.
    if (means[i]! + reach * sd < low) continue
    alive[count] = i
    centres[count] = means[i]!
    deviations[count] = sd
    rates[count] = 1 / sd
    chances[count++] = 0
    least = Math.min(least, sd)
    high = Math.max(high, means[i]! + reach * sd)
  }
  // Below `low` one arm's value lies almost never, so the largest lies there almost never either.
  // The product of more arms changes faster.
  const finer = Math.min(1, 2 / Math.sqrt(count))
  const steps = step === undefined ? Number.NaN : Math.ceil((high - low) / (step * finer * least))
  if (steps <= MOST_STEPS) {
    const width = (high - low) / steps
    for (let n = 0; n < steps; n++) addNode(low + (n + 0.5) * width, width, count)
  } else {
    for (let y = low; y < high; ) {
      const width = Math.min(panel * finer * narrowestAt(y, count, reach), high - y)
      for (let n = 0; n < NODES.length; n++) addNode(y + width * NODES[n]!, width * WEIGHTS[n]!, count)
      y += width
    }
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
    normalAt((y - centres[i]!) * rates[i]!, normal)
    density[i] = normal[1]! * rates[i]!
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
