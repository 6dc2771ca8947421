import { studentQuantile } from '../numeric/student.ts'
import { productAt, type WhatIfSums } from './sums.ts'

/** What is known of rewards and weights beforehand: the log shows only what happened so far. */
export interface Bounds {
  readonly minReward: number
  readonly maxReward: number
  /**
   * Largest weight there can be, such as 1 / exploration floor, summed over the decisions of a person where there are several;
   * Infinity where it is not known.
   */
  readonly maxWeight: number
}

/** A person's weights and weighted rewards per average number of decisions, so that mean weight is 1 by design. */
interface Moments {
  readonly n: number
  readonly w: number
  readonly ww: number
  readonly wr: number
  readonly wwr: number
  readonly wwrr: number
  readonly r: number
}

function momentsOf({ people, sums, products }: WhatIfSums): Moments {
  const scale = sums.n / people
  const product = (a: 'w' | 'wr', b: 'w' | 'wr') => products[productAt(a, b)]! / scale ** 2
  return {
    n: people,
    w: sums.w / scale,
    ww: product('w', 'w'),
    wr: sums.wr / scale,
    wwr: product('w', 'wr'),
    wwrr: product('wr', 'wr'),
    r: sums.r / scale,
  }
}

/**
 * Empirical likelihood by the Cressie-Read divergence of power -2, which has a closed form (Karampatziakis, Langford and Mineiro
 * 2020, "Empirical likelihood for contextual bandits"): of all reweightings of the log under which mean w is 1, as it must be,
 * the nearest. One person who has not been seen yet may be added, of the least or the largest weight there can be.
 */
export function likelihoodEstimate(sums: WhatIfSums, { maxWeight }: Pick<Bounds, 'maxWeight'>): number {
  const m = momentsOf(sums)
  const most = Math.max(maxWeight, sums.maxPersonWeight)
  const unseen = m.w < m.n ? most : 0
  let [plain, byWeight] = [1 / m.n, 0]
  if (unseen !== Number.POSITIVE_INFINITY) {
    const mean = (unseen + m.w) / (1 + m.n)
    const variance = (unseen ** 2 + m.ww) / (1 + m.n) - mean ** 2
    // Everybody and the unseen weigh 1: then nothing is to be changed.
    if (variance > 0) {
      byWeight = (1 - mean) / variance / (1 + m.n)
      plain = 1 / (1 + m.n) - mean * byWeight
    } else plain = 1 / (1 + m.n)
  }
  const missing = Math.max(0, 1 - plain * m.w - byWeight * m.ww)
  return plain * m.wr + byWeight * m.wwr + (missing * m.r) / m.n
}

/**
 * The interval of the same likelihood: all values under which the log is not too unlikely. It keeps to the rewards there can be,
 * and widens by what a large weight not yet seen might bring, which is why it still holds where few weights are most of it.
 */
export function likelihoodInterval(sums: WhatIfSums, bounds: Bounds, confidence: number): readonly [number, number] {
  const { minReward, maxReward } = bounds
  const m = momentsOf(sums)
  const most = Math.max(bounds.maxWeight, sums.maxPersonWeight)
  // F with 1 and n degrees of freedom is the square of Student's t.
  const allowance = (studentQuantile(0.5 + confidence / 2, m.n) ** 2 + leastDivergence(m, most)) / (m.n + 1)
  const end = (reward: number, sign: 1 | -1) => {
    const found = [0, most].flatMap(weight => extreme(m, weight, reward, sign, allowance) ?? [])
    const value = sign * Math.min(...found)
    // Where no reweighting is within the allowance, or its squares overflow, all that can be said is the bound itself.
    return Number.isFinite(value) ? Math.min(maxReward, Math.max(minReward, value)) : reward
  }
  return [end(minReward, 1), end(maxReward, -1)]
}

/** How far the log must be bent at the least for mean w to be 1. */
function leastDivergence(m: Moments, most: number): number {
  const unseen = m.w < m.n ? most : 0
  if (unseen === Number.POSITIVE_INFINITY) return 1 + 1 / m.n
  const mean = (unseen + m.w) / (1 + m.n)
  const variance = (unseen ** 2 + m.ww) / (1 + m.n) - mean ** 2
  return variance > 0 ? ((1 + m.n) * (mean - 1) ** 2) / variance : 0
}

/** Least `sign` × value within the allowance, with one unseen person of this weight and reward; undefined where none is within. */
function extreme(m: Moments, weight: number, reward: number, sign: 1 | -1, allowance: number): number | undefined {
  if (weight === Number.POSITIVE_INFINITY) {
    const centre = sign * (reward + (m.wr - m.w * reward) / m.n)
    const spread =
      (reward ** 2 * m.ww - 2 * reward * m.wwr + m.wwrr) / (1 + m.n) - (reward * m.w - m.wr) ** 2 / (m.n * (1 + m.n))
    return reach(centre, spread, allowance - 1 / m.n)
  }
  const mean = (weight + m.w) / (1 + m.n)
  const variance = (weight ** 2 + m.ww) / (1 + m.n) - mean ** 2
  if (!(variance > 0)) return undefined
  const value = (sign * (weight * reward + m.wr)) / (1 + m.n)
  const covariance = (sign * (weight ** 2 * reward + m.wwr)) / (1 + m.n) - mean * value
  const spread = (weight ** 2 * reward ** 2 + m.wwrr) / (1 + m.n) - value ** 2 - covariance ** 2 / variance
  return reach(value + ((1 - mean) * covariance) / variance, spread, allowance - (1 - mean) ** 2 / variance)
}

function reach(centre: number, spread: number, left: number): number | undefined {
  if (left < 0) return undefined
  return centre - Math.sqrt(Math.max(0, spread) * left)
}

/**
 * An interval that holds at any number of people, by the empirical Bernstein bound (Maurer and Pontil 2009) on mean w (r - least
 * reward): nothing is assumed but the bounds. Wide. Null where no bound on the weights is known.
 */
export function guaranteedInterval(
  sums: WhatIfSums,
  { minReward, maxReward, maxWeight }: Bounds,
  confidence: number,
): readonly [number, number] | null {
  if (sums.people < 2 || maxWeight === Number.POSITIVE_INFINITY) return null
  const m = momentsOf(sums)
  // Mean w is 1, so moving all rewards by the least one moves the answer by as much.
  const mean = (m.wr - minReward * m.w) / m.n
  const squares = m.wwrr - 2 * minReward * m.wwr + minReward ** 2 * m.ww
  const variance = Math.max(0, squares - m.n * mean ** 2) / (m.n - 1)
  const log = Math.log(4 / (1 - confidence))
  const most = Math.max(maxWeight, sums.maxPersonWeight) * (maxReward - minReward)
  const half = Math.sqrt((2 * variance * log) / m.n) + (7 * most * log) / (3 * (m.n - 1))
  const clip = (x: number) => Math.min(maxReward, Math.max(minReward, x))
  return [clip(minReward + mean - half), clip(minReward + mean + half)]
}
