import { normalCdf, normalQuantile } from '../numeric/normal.ts'
import { anytimeMultiplier, DEFAULT_TUNING } from './anytime.ts'
import { DEFAULT_CONFIDENCE } from './estimate.ts'

/** A comparison that is planned: of one variant with the control group. */
export interface PowerPlan {
  /** The KPI as it is without the change: its mean over people, and how much people differ. */
  readonly mean: number
  readonly standardDeviation: number
  /** Shares of the people who come that the two arms get, each above 0 and together at most 1. Halves unless given. */
  readonly controlShare?: number
  readonly treatmentShare?: number
  readonly confidence?: number
  /**
   * `anytime` unless told otherwise: the interval the verdict rests on. Power is then that of a single look at the end, so
   * with looks on the way it is a little higher.
   */
  readonly interval?: 'anytime' | 'fixed'
  readonly tuning?: number
  /** Which way is looked for; up unless given. */
  readonly direction?: 'up' | 'down'
}

/** The chance that is asked for of finding an effect that is there. */
export const DEFAULT_POWER = 0.8

/**
 * Variance of a lift (relative) or difference (absolute) estimated from two arms, by the delta method: the common part of
 * power, lift and the published examples.
 */
export function differenceVariance(
  control: { readonly n: number; readonly mean: number; readonly variance: number },
  treatment: { readonly n: number; readonly mean: number; readonly variance: number },
  relative: boolean,
): number {
  const a = control.variance / control.n
  const b = treatment.variance / treatment.n
  return relative ? (b + a * (treatment.mean / control.mean) ** 2) / control.mean ** 2 : b + a
}

/** Chance that |Z + effect / standardError| exceeds z: of finding an effect, in either direction. */
export function powerOf(effect: number, standardError: number, z: number): number {
  const shift = effect / standardError
  return normalCdf(shift - z) + normalCdf(-z - shift)
}

/** Chance of finding a lift with so many people coming. Null where the plan has no mean or no spread, or nobody comes. */
export function power(lift: number, people: number, plan: PowerPlan): number | null {
  const { relativeVariance, control, treatment } = partsOf(plan)
  if (relativeVariance === null || !(people > 0)) return null
  const standardError = Math.sqrt((relativeVariance * (1 / treatment + (1 + lift) ** 2 / control)) / people)
  return powerOf(lift, standardError, criticalValue(people, plan))
}

/**
 * The smallest lift that is found with the given chance when so many people come (minimum detectable effect), as a fraction.
 * Null where none is, however large: the error of a lift grows with it. Of a fall it is below 0, and never below -1.
 */
export function detectableLift(people: number, plan: PowerPlan, chance = DEFAULT_POWER): number | null {
  const { relativeVariance, control, treatment } = partsOf(plan)
  if (relativeVariance === null || !(people > 0)) return null
  // lift = (z + z_power) σ(lift), squared: a quadratic in the lift, with a root either side of 0.
  const q = ((criticalValue(people, plan) + powerQuantile(chance, plan)) ** 2 * relativeVariance) / people
  const c = q / control
  const rest = c + q / treatment
  if (plan.direction === 'down') {
    // At -1 nothing is left of the KPI, and only the treatment's error.
    return q / treatment < 1 ? -rest / (c + Math.sqrt(c * c + (1 - c) * rest)) : null
  }
  if (!(c < 1)) return null
  const lift = (c + Math.sqrt(c * c + (1 - c) * rest)) / (1 - c)
  return Number.isFinite(lift) ? lift : null
}

/** How many people must come, over all arms and those in none, so that a lift is found with the given chance. */
export function peopleFor(lift: number, plan: PowerPlan, chance = DEFAULT_POWER): number | null {
  const { relativeVariance, control, treatment } = partsOf(plan)
  if (relativeVariance === null || lift === 0) return null
  const spread = relativeVariance * (1 / treatment + (1 + lift) ** 2 / control)
  const needed = (people: number) =>
    ((criticalValue(people, plan) + powerQuantile(chance, plan)) ** 2 * spread) / lift ** 2
  const isEnough = (people: number) => needed(people) <= people
  let high = 2
  while (!isEnough(high)) {
    high *= 2
    if (high > MOST_PEOPLE) return null
  }
  let low = high / 2
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}

/** More people than there are. */
const MOST_PEOPLE = 2e10

function partsOf({ mean, standardDeviation, controlShare = 0.5, treatmentShare = 0.5 }: PowerPlan) {
  if (!(controlShare > 0 && treatmentShare > 0 && controlShare + treatmentShare <= 1 + 1e-9)) {
    throw new RangeError(`shares are above 0 and together at most 1, got ${controlShare} and ${treatmentShare}`)
  }
  const relativeVariance = (standardDeviation / mean) ** 2
  return {
    relativeVariance: relativeVariance > 0 && Number.isFinite(relativeVariance) ? relativeVariance : null,
    control: controlShare,
    treatment: treatmentShare,
  }
}

/** How many standard errors an effect must be away from 0 to count as found. */
function criticalValue(people: number, plan: PowerPlan): number {
  const { confidence = DEFAULT_CONFIDENCE, interval = 'anytime', tuning = DEFAULT_TUNING } = plan
  if (interval === 'fixed') return normalQuantile(0.5 + confidence / 2)
  const { control, treatment } = partsOf(plan)
  return anytimeMultiplier(people * (control + treatment), { confidence, tuning })
}

function powerQuantile(chance: number, { confidence = DEFAULT_CONFIDENCE }: PowerPlan): number {
  if (!(chance > 1 - confidence && chance < 1)) {
    throw new RangeError(`power is above ${1 - confidence} and below 1, got ${chance}`)
  }
  return normalQuantile(chance)
}
