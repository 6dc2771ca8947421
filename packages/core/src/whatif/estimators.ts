import { studentQuantile } from '../numeric/student.ts'
import { COMPONENTS, type Component, productAt, type WhatIfSums } from './sums.ts'
import { withUnseen } from './unseen.ts'

/**
 * Estimators of what the target policy would have brought per decision (Dudik et al 2014; Wang et al 2017 for switch). Each
 * is a function of the summed components that does not change when all are multiplied alike, so its variance follows from
 * its slope in each of them and the sums of products over people (delta method).
 */
export type Estimator =
  /** Inverse propensity: mean w r. No bias; a few large weights may be all of it. */
  | 'ips'
  /** Self-normalized: Σ w r / Σ w. The default without a model. */
  | 'snips'
  /** Direct: the model's prediction for the target. As wrong as the model. */
  | 'dm'
  /** Doubly robust: the prediction, corrected by what really came. Right if either the propensities or the model are. */
  | 'dr'
  /** Doubly robust, its correction self-normalized. The default with a model. */
  | 'sndr'
  /** Doubly robust without the correction of those decisions whose weight is above τ. */
  | 'switch'

export const ESTIMATORS: readonly Estimator[] = ['ips', 'snips', 'dm', 'dr', 'sndr', 'switch']
export const WITHOUT_MODEL: readonly Estimator[] = ['ips', 'snips']

/** A value and its slope in each component. */
export interface Functional {
  readonly value: number
  readonly slope: Readonly<Partial<Record<Component, number>>>
}

type Totals = WhatIfSums['sums']

/** A ratio of two totals. */
function ratio(t: Totals, above: Component, below: Component): Functional {
  const value = t[above] / t[below]
  return { value, slope: { [above]: 1 / t[below], [below]: -value / t[below] } }
}

function plus(a: Functional, b: Functional, factor = 1): Functional {
  const slope: Partial<Record<Component, number>> = { ...a.slope }
  for (const [key, x] of Object.entries(b.slope) as [Component, number][]) slope[key] = (slope[key] ?? 0) + factor * x
  return { value: a.value + factor * b.value, slope }
}

export const FUNCTIONALS: Readonly<Record<Estimator, (totals: Totals) => Functional>> = {
  ips: t => ratio(t, 'wr', 'n'),
  snips: t => ratio(t, 'wr', 'w'),
  dm: t => ratio(t, 'dm', 'n'),
  dr: t => plus(ratio(t, 'dm', 'n'), ratio(t, 'dr', 'n')),
  sndr: t => plus(ratio(t, 'dm', 'n'), ratio(t, 'dr', 'w')),
  switch: t => plus(ratio(t, 'dm', 'n'), ratio(t, 'sw', 'n')),
}

/** What the policy that wrote the log brought per decision. */
export const logged = (totals: Totals): Functional => ratio(totals, 'r', 'n')

/** How much more the target brings than what was logged. */
export function gain(estimator: Estimator, totals: Totals): Functional {
  return plus(FUNCTIONALS[estimator](totals), logged(totals), -1)
}

/** Why a number cannot be given. */
export type Missing =
  /** Nothing in the log, or nothing that the target would have done. */
  | 'nothing'
  /** The decisions came without predictions of a model. */
  | 'no-model'
  /** One person has no variance. */
  | 'one-person'
  /** Every decision says the same: chance cannot be judged. */
  | 'no-variance'
  /** How wrong the model is, the model cannot tell. */
  | 'model-error'
  /** The sums are beyond what a number can hold. */
  | 'overflow'

/** Never NaN or Infinity: what cannot be given is null, with the reason. */
export interface Estimate {
  readonly value: number | null
  readonly standardError: number | null
  readonly interval: readonly [low: number, high: number] | null
  readonly reason?: Missing
}

/** Sums of squares that cancel leave this much of themselves. */
const ROUNDING = 1e-12

/**
 * Value, standard error and interval of a functional. The interval is Student's, and reaches as far as it would with one person more than
 * was seen, whose reward is of the least or of the large ones. Where rewards are few or skewed those that came tell
 * too little of the spread of those that did not: of 60 people nobody bought, and yet one in 30 may.
 */
export function estimateOf(sums: WhatIfSums, functional: (totals: Totals) => Functional, confidence: number): Estimate {
  const seen = studentOf(sums, functional(sums.sums), confidence)
  if (seen.value === null || seen.reason === 'one-person' || seen.reason === 'overflow') return seen
  const intervals = (['low', 'high'] as const).flatMap(end => {
    const more = withUnseen(sums, end)
    const { interval } = studentOf(more, functional(more.sums), confidence)
    return interval === null ? [] : [interval]
  })
  if (seen.interval !== null) intervals.push(seen.interval)
  // Where all brought the same, one more would have, too.
  if (intervals.length === 0 || sums.minReward === sums.maxReward) return seen
  return {
    value: seen.value,
    standardError: seen.standardError ?? 0,
    interval: [Math.min(...intervals.map(([low]) => low)), Math.max(...intervals.map(([, high]) => high))],
  }
}

/** As many degrees of freedom as there are effective people less one: few large weights tell little of their own spread. */
function studentOf(sums: WhatIfSums, { value, slope }: Functional, confidence: number): Estimate {
  const none = { value: null, standardError: null, interval: null }
  if (sums.people === 0) return { ...none, reason: 'nothing' }
  if (!Number.isFinite(value)) return { ...none, reason: Number.isNaN(value) ? 'nothing' : 'overflow' }
  if (sums.people < 2) return { ...none, value, reason: 'one-person' }
  let square = 0
  let size = 0
  let at = 0
  for (const [i, a] of COMPONENTS.entries()) {
    for (const b of COMPONENTS.slice(0, i + 1)) {
      const term = (a === b ? 1 : 2) * (slope[a] ?? 0) * (slope[b] ?? 0) * sums.products[at++]!
      square += term
      size += Math.abs(term)
    }
  }
  square *= sums.people / (sums.people - 1)
  if (!Number.isFinite(size)) return { ...none, value, reason: 'overflow' }
  if (square <= ROUNDING * size) return { ...none, value, reason: 'no-variance' }
  const standardError = Math.sqrt(square)
  const half = studentQuantile(0.5 + confidence / 2, Math.max(1, effectivePeople(sums) - 1)) * standardError
  return { value, standardError, interval: [value - half, value + half] }
}

/** (Σ w)² / Σ w² over people: how many of equal weight would tell as much. */
export function effectivePeople({ sums, products }: WhatIfSums): number {
  const ww = products[productAt('w', 'w')]!
  return ww > 0 ? sums.w ** 2 / ww : 0
}

/** (Σ w)² / Σ w² over decisions. */
export function effectiveDecisions({ sums, squaredWeights }: WhatIfSums): number {
  return squaredWeights > 0 ? sums.w ** 2 / squaredWeights : 0
}
