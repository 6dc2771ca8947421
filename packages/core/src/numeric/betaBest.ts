import { incompleteBeta } from './beta.ts'
import { logBeta } from './gamma.ts'
import { NODES, WEIGHTS } from './gaussLegendre.ts'

/** A Beta distribution; both parameters at least 1/2. */
export interface BetaShape {
  readonly a: number
  readonly b: number
}

export interface BestOf {
  /** P(arm k has the largest value), in order; sums to 1. */
  readonly chances: number[]
  /** What choosing arm k is expected to lose: E[largest] - E[arm k]. */
  readonly losses: number[]
}

/** Beyond this many standard deviations nothing is left, a Beta of few observations included. */
const REACH = 10
const PANEL = 1

/**
 * Which of several independent Betas is largest, by quadrature over the angle θ with x = sin²θ. There a Beta is nearly a
 * normal of standard deviation 1 / (2 √(a + b)) wherever it lies, and one with parameters of 1/2 has no pole.
 */
export function bestOfBetas(arms: readonly BetaShape[]): BestOf {
  for (const { a, b } of arms) {
    if (!(a >= 0.5 && b >= 0.5 && Number.isFinite(a + b))) {
      throw new RangeError(`a Beta needs parameters of at least 1/2, got ${a} and ${b}`)
    }
  }
  const places = arms.map(place)
  const low = Math.max(...places.map(p => p.from))
  const high = Math.max(...places.map(p => p.to))
  const chances = arms.map(() => 0)
  // E[largest] = ∫ P(largest > x) dx, and below `low` the largest almost never lies.
  let largest = Math.sin(low) ** 2
  for (let y = low; y < high; ) {
    const alive = places.filter(p => y < p.to).map(p => p.sd)
    const width = Math.min(PANEL * Math.min(...alive), high - y)
    for (const [n, node] of NODES.entries()) {
      const theta = y + width * node
      const weight = width * WEIGHTS[n]!
      const cdfs = places.map(p => cdfAt(p, theta))
      for (const [k, p] of places.entries()) {
        if (theta < p.from || theta > p.to) continue
        const others = cdfs.reduce((product, cdf, i) => (i === k ? product : product * cdf), 1)
        chances[k]! += weight * densityAt(p, theta) * others
      }
      const beaten = cdfs.reduce((product, cdf) => product * cdf, 1)
      largest += weight * Math.sin(2 * theta) * (1 - beaten)
    }
    if (y + width === y) break
    y += width
  }
  const sum = chances.reduce((total, chance) => total + chance, 0)
  return {
    chances: chances.map(chance => chance / sum),
    losses: arms.map(({ a, b }) => Math.max(0, largest - a / (a + b))),
  }
}

interface Place extends BetaShape {
  readonly logBeta: number
  readonly sd: number
  /** Angles outside of which it has no mass worth counting. */
  readonly from: number
  readonly to: number
}

function place({ a, b }: BetaShape): Place {
  const centre = Math.atan2(Math.sqrt(a), Math.sqrt(b))
  const sd = 0.5 / Math.sqrt(a + b)
  const from = Math.max(0, centre - REACH * sd)
  const to = Math.min(Math.PI / 2, centre + REACH * sd)
  return { a, b, logBeta: logBeta(a, b), sd, from, to }
}

function densityAt({ a, b, logBeta }: Place, theta: number): number {
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)]
  return 2 * Math.exp((2 * a - 1) * Math.log(sin) + (2 * b - 1) * Math.log(cos) - logBeta)
}

function cdfAt({ a, b, from, to }: Place, theta: number): number {
  if (theta <= from) return 0
  if (theta >= to) return 1
  return incompleteBeta(a, b, Math.sin(theta) ** 2, Math.cos(theta) ** 2)
}
