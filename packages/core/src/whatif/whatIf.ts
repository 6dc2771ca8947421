import { formatConfidence } from '../words.ts'
import {
  ESTIMATORS,
  type Estimate,
  type Estimator,
  estimateOf,
  FUNCTIONALS,
  gain,
  logged,
  WITHOUT_MODEL,
} from './estimators.ts'
import { type Bounds, guaranteedInterval, likelihoodEstimate, likelihoodInterval } from './honest.ts'
import { type Doubt, doubtsOf, LEAST_EFFECTIVE, type Overlap, overlapOf } from './overlap.ts'
import type { WhatIfSums } from './sums.ts'

export interface WhatIfOptions {
  /** Of all intervals; 0.95 unless given. */
  readonly confidence?: number
  /** What rewards and weights can be at the most; as far as the log shows, and without bound, unless given. */
  readonly bounds?: Partial<Bounds>
  /** Effective people below which it refuses. */
  readonly leastEffective?: number
}

export interface WhatIf {
  /** careful: there is an answer, and a reason to doubt it. refused: the log cannot answer. */
  readonly verdict: 'answered' | 'careful' | 'refused'
  /** In one plain sentence. */
  readonly sentence: string
  /** What the target would have brought per decision, by the default estimator; null where refused. */
  readonly answer: (Estimate & { readonly by: Estimator }) | null
  /** How much more that is than what was logged, by the same estimator. */
  readonly gain: Estimate | null
  /** What was logged, per decision. */
  readonly logged: Estimate
  /** All estimators side by side; null where refused. Where they disagree by more than their intervals, something is amiss. */
  readonly estimators: Readonly<Record<Estimator, Estimate>> | null
  /** Intervals for few effective people; null where refused. */
  readonly honest: Honest | null
  readonly overlap: Overlap
  readonly doubts: readonly Doubt[]
  readonly confidence: number
}

export interface Honest {
  /** By empirical likelihood: value, null where it overflows, and interval within the rewards there can be. */
  readonly likelihood: { readonly value: number | null; readonly interval: readonly [low: number, high: number] }
  /** Holds for any number of people; null where no bound on the weights was given. */
  readonly guaranteed: readonly [low: number, high: number] | null
}

/** What another policy would have brought, from the log of the one that ran: or why that cannot be told. */
export function whatIf(sums: WhatIfSums, options: WhatIfOptions = {}): WhatIf {
  const { confidence = 0.95, leastEffective = LEAST_EFFECTIVE } = options
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must be between 0 and 1, got ${confidence}`)
  checkSums(sums)
  const doubts = doubtsOf(sums, leastEffective)
  const overlap = overlapOf(sums)
  const ran = estimateOf(sums, logged, confidence)
  const frame = { logged: ran, overlap, doubts, confidence }
  const refusal = doubts.find(doubt => doubt.refuses)
  if (refusal !== undefined) {
    return {
      verdict: 'refused',
      sentence: refusal.message,
      answer: null,
      gain: null,
      estimators: null,
      honest: null,
      ...frame,
    }
  }
  const by: Estimator = sums.predicted ? 'sndr' : 'snips'
  const estimators = Object.fromEntries(
    ESTIMATORS.map(estimator => [estimator, estimateBy(estimator, sums, confidence)]),
  ) as Record<Estimator, Estimate>
  const more = estimateOf(sums, totals => gain(by, totals), confidence)
  const verdict = doubts.length > 0 ? 'careful' : 'answered'
  return {
    verdict,
    sentence: sentenceOf(estimators[by], more, ran, confidence, doubts),
    answer: { ...estimators[by], by },
    gain: more,
    estimators,
    honest: honestOf(sums, boundsOf(sums, options.bounds), confidence),
    ...frame,
  }
}

function estimateBy(estimator: Estimator, sums: WhatIfSums, confidence: number): Estimate {
  if (!sums.predicted && !WITHOUT_MODEL.includes(estimator)) {
    return { value: null, standardError: null, interval: null, reason: 'no-model' }
  }
  const found = estimateOf(sums, FUNCTIONALS[estimator], confidence)
  // The predictions' own spread over people says nothing of how wrong they are.
  if (estimator === 'dm') return { value: found.value, standardError: null, interval: null, reason: 'model-error' }
  return estimator === 'switch' && sums.sums.sw !== sums.sums.dr ? withModelError(found, sums, confidence) : found
}

/** What switch-DR leaves to the model alone may be as wrong as the model: its interval reaches as far as that of DR does. */
function withModelError(found: Estimate, sums: WhatIfSums, confidence: number): Estimate {
  const { interval } = estimateOf(sums, FUNCTIONALS.dr, confidence)
  if (found.interval === null || interval === null) return found
  const [low, high] = found.interval
  return { ...found, interval: [Math.min(low, interval[0]), Math.max(high, interval[1])] }
}

function boundsOf(sums: WhatIfSums, given: Partial<Bounds> = {}): Bounds {
  const { minReward, maxReward, maxWeight } = given
  return {
    minReward: minReward ?? Math.min(0, sums.minReward),
    maxReward: maxReward ?? sums.maxReward,
    maxWeight: maxWeight ?? Number.POSITIVE_INFINITY,
  }
}

function honestOf(sums: WhatIfSums, bounds: Bounds, confidence: number): Honest {
  const { minReward, maxReward } = bounds
  const found = likelihoodEstimate(sums, bounds)
  const value = Number.isFinite(found) ? Math.min(maxReward, Math.max(minReward, found)) : null
  return {
    likelihood: { value, interval: likelihoodInterval(sums, bounds, confidence) },
    guaranteed: guaranteedInterval(sums, bounds, confidence),
  }
}

/** Sums come from a warehouse: what is no number there must not become an answer here. */
function checkSums(sums: WhatIfSums): void {
  const numbers = [...Object.values(sums.sums), ...sums.products, sums.squaredWeights, sums.maxWeight, sums.people]
  if (numbers.some(Number.isNaN)) throw new RangeError('the sums hold something that is no number: look at the query')
}

function sentenceOf(
  answer: Estimate,
  more: Estimate,
  ran: Estimate,
  confidence: number,
  doubts: readonly Doubt[],
): string {
  const level = formatConfidence(confidence)
  const doubt = doubts.length === 0 ? '' : ` ${doubts[0]!.message}`
  if (answer.value === null || ran.value === null) return `What it would have brought cannot be told.${doubt}`
  const against = `It would have brought ${show(answer.value)} a decision; what ran brought ${show(ran.value)}.`
  if (more.interval === null) return `${against} Whether that is chance cannot be said.${doubt}`
  const [low, high] = more.interval
  const range = `The difference of ${signed(more.value!)} lies between ${signed(low)} and ${signed(high)} (${level})`
  return low > 0 || high < 0 ? `${against} ${range}.${doubt}` : `${against} ${range}, so it may be chance.${doubt}`
}

const show = (x: number) => String(Number(x.toPrecision(3)))
const signed = (x: number) => `${x > 0 ? '+' : ''}${show(x)}`
