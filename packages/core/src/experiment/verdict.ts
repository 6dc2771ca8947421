import { type AnytimeOptions, anytime, anytimeMultiplier } from './anytime.ts'
import { DEFAULT_CONFIDENCE, type Undefined } from './estimate.ts'
import { fiellerInterval, type LiftParts } from './fieller.ts'
import type { Sample } from './sample.ts'
import type { SampleRatio } from './srm.ts'

/**
 * The one verdict on an experience. It rests on the always-valid interval of the goal's lift, with all that is in `VerdictPlan`
 * fixed at launch; whatever else is computed is "how we know" and never changes it. One may look daily: over all looks
 * together, nothing that makes no difference is called `works` or `hurts` with a chance above 1 - confidence.
 */
export type VerdictCode =
  /** The lift is in the good direction, and chance does not explain it. */
  | 'works'
  /** The lift is in the bad direction, and chance does not explain it. */
  | 'hurts'
  /** Whatever the lift is, it is smaller than would be worth having, either way. */
  | 'no-worthwhile-difference'
  /** None of these can be said yet. */
  | 'too-early'

/** What is fixed at launch. */
export interface VerdictPlan {
  readonly confidence?: number
  /** See `DEFAULT_TUNING` in `anytime.ts`: a guess of the people who will be seen until the decision. */
  readonly tuning?: number
  /** The smallest lift that would be worth having, as a fraction. */
  readonly worthwhile?: number
  /** Which way is good. */
  readonly direction?: 'up' | 'down'
  /** Variants that are judged at once: each is judged at 1 - (1 - confidence) / comparisons (Bonferroni). */
  readonly comparisons?: number
}

/** A lift of less than a hundredth is seldom worth the upkeep of an experience. */
export const DEFAULT_WORTHWHILE = 0.01

export interface Verdict {
  readonly verdict: VerdictCode
  /** As people read it: "Works", "Too early (about 12 more days)". */
  readonly label: string
  /** The lift it rests on: adjusted for what people did before, where that is known. */
  readonly lift: number | null
  /** The always-valid interval of the lift. Null where the control's KPI is too near 0 for a lift to have a meaning. */
  readonly interval: readonly [low: number, high: number] | null
  /** Always valid, of no difference; to be compared with 1 - `confidence`. */
  readonly p: number | null
  /** After sharing it among the variants. */
  readonly confidence: number
  readonly worthwhile: number
  /** Of `too-early`: how many more people until there is another verdict, if the difference stays as it is. Null: unknown. */
  readonly morePeople: number | null
  /** The same in days, if people keep coming as they did. Null where that is unknown or beyond `LONGEST_WAIT_DAYS`. */
  readonly moreDays: number | null
  /** Of `too-early`: what is missing. */
  readonly because?: TooEarly
}

export type TooEarly =
  | Exclude<Undefined, 'zero-control-mean'>
  /** The interval still holds lifts that lead to different verdicts. */
  | 'wide-interval'
  /** So few did it, or values differ so much, that the intervals do not hold what they promise yet. */
  | 'few-events'
  /** People were lost or kept unequally: the cause must be found first. */
  | 'sample-ratio'

export const LONGEST_WAIT_DAYS = 730

/**
 * The mean of an arm must be this many standard errors away from 0 (about 25 conversions) before it is judged: with 10 % in
 * the control group and looks after every 100 people, intervals of skewed spend then miss the truth at some look in at most
 * 5 of 100 experiments (simulated), at 3 in up to 9.
 */
const READY_STANDARD_ERRORS = 5

export interface VerdictInput {
  readonly control: Sample
  readonly treatment: Sample
  /** Of the difference the verdict rests on. */
  readonly parts: LiftParts
  /** Why there is no difference, or no error of it. */
  readonly missing?: Undefined | undefined
  readonly sampleRatio: SampleRatio
  /** How long people have been coming, in days. */
  readonly days?: number | undefined
}

export function verdictOf(input: VerdictInput, plan: VerdictPlan = {}): Verdict {
  const { confidence = DEFAULT_CONFIDENCE, comparisons = 1, worthwhile = DEFAULT_WORTHWHILE } = plan
  if (!(worthwhile > 0)) throw new RangeError(`a worthwhile lift is above 0, got ${worthwhile}`)
  if (!(comparisons >= 1)) throw new RangeError(`there is at least one comparison, got ${comparisons}`)
  const shared = 1 - (1 - confidence) / comparisons
  const settings = { ...plan, confidence: shared, worthwhile }
  const now = conclude(input, settings, 1)
  const { lift, interval, p } = now
  const numbers = { lift, interval, p, confidence: shared, worthwhile }
  if (now.verdict !== 'too-early') {
    return { verdict: now.verdict, label: LABELS[now.verdict], ...numbers, morePeople: null, moreDays: null }
  }
  const morePeople = wait(input, settings, now.because)
  const people = input.control.n + input.treatment.n
  const days = morePeople !== null && input.days ? Math.ceil((morePeople / people) * input.days) : null
  const moreDays = days !== null && days <= LONGEST_WAIT_DAYS ? days : null
  const label = days === null ? LABELS['too-early'] : `${LABELS['too-early']} (${daysText(days)})`
  return { verdict: 'too-early', label, ...numbers, morePeople, moreDays, because: now.because }
}

const LABELS: Record<VerdictCode, string> = {
  works: 'Works',
  hurts: 'Hurts',
  'no-worthwhile-difference': 'No worthwhile difference',
  'too-early': 'Too early',
}

function daysText(days: number): string {
  return days > LONGEST_WAIT_DAYS ? 'more than two years' : `about ${days} more ${days === 1 ? 'day' : 'days'}`
}

interface Numbers {
  readonly lift: number | null
  readonly interval: readonly [number, number] | null
  readonly p: number | null
}
type Conclusion = Numbers &
  (
    | { readonly verdict: Exclude<VerdictCode, 'too-early'> }
    | { readonly verdict: 'too-early'; readonly because: TooEarly }
  )

type Settings = Required<Pick<VerdictPlan, 'confidence' | 'worthwhile'>> & VerdictPlan

/** The verdict if `factor` times as many people had been seen and the means were the same. */
function conclude(input: VerdictInput, settings: Settings, factor: number): Conclusion {
  const { control, treatment, missing } = input
  const nothing: Numbers = { lift: null, interval: null, p: null }
  if (missing !== undefined && missing !== 'zero-control-mean') {
    return { ...nothing, verdict: 'too-early', because: missing }
  }
  const people = (control.n + treatment.n) * factor
  const parts = scaled(input.parts, factor)
  const lift = finite(parts.difference / parts.scale)
  if (parts.differenceVariance === 0) return { ...nothing, lift, verdict: 'too-early', because: 'no-variance' }
  const isReady = [control, treatment].map(sample => standardErrorsFrom0(sample, factor) >= READY_STANDARD_ERRORS)
  const bothReady = isReady.every(Boolean)
  const interval = bothReady ? fiellerInterval(parts, anytimeMultiplier(people, settings)) : null
  const variance = bothReady ? parts.differenceVariance : cautiousVariance(input, factor)
  const apart = testDifference(parts.difference, variance, people, settings)
  const numbers = { lift, interval, p: apart.p }
  if (!Number.isFinite(variance) || !Number.isFinite(parts.difference)) {
    return { ...nothing, verdict: 'too-early', because: 'overflow' }
  }
  if (input.sampleRatio.verdict === 'mismatch') return { ...numbers, verdict: 'too-early', because: 'sample-ratio' }
  if (!isReady.some(Boolean)) return { ...numbers, verdict: 'too-early', because: 'few-events' }
  const { worthwhile, direction = 'up' } = settings
  if (interval !== null && interval[0] > -worthwhile && interval[1] < worthwhile) {
    return { ...numbers, verdict: 'no-worthwhile-difference' }
  }
  if (apart.clear) return { ...numbers, verdict: parts.difference > 0 === (direction === 'up') ? 'works' : 'hurts' }
  return { ...numbers, verdict: 'too-early', because: bothReady ? 'wide-interval' : 'few-events' }
}

function testDifference(difference: number, variance: number, people: number, options: AnytimeOptions) {
  const estimate = { value: difference, standardError: Math.sqrt(variance), interval: null, p: null, dof: null }
  const { interval, p } = anytime(estimate, people, options)
  return { p: p === null ? null : finite(p), clear: interval !== null && (interval[0] > 0 || interval[1] < 0) }
}

function scaled(parts: LiftParts, factor: number): LiftParts {
  return {
    ...parts,
    differenceVariance: parts.differenceVariance / factor,
    scaleVariance: parts.scaleVariance / factor,
    covariance: parts.covariance / factor,
  }
}

function standardErrorsFrom0({ n, mean, variance }: Sample, factor: number): number {
  if (mean === 0) return 0
  return variance === 0 ? Number.POSITIVE_INFINITY : Math.abs(mean) / Math.sqrt(variance / n / factor)
}

/**
 * Where next to nobody did it in an arm, its own variance is too small or 0: the variance as if both arms were one is taken
 * where that is larger.
 */
function cautiousVariance({ control, treatment, parts }: VerdictInput, factor: number): number {
  const n = control.n + treatment.n
  const mean = (control.n * control.mean + treatment.n * treatment.mean) / n
  const within = control.n * control.variance + treatment.n * treatment.variance
  const between = control.n * (control.mean - mean) ** 2 + treatment.n * (treatment.mean - mean) ** 2
  const pooled = ((within + between) / n) * (1 / control.n + 1 / treatment.n)
  return Math.max(pooled, parts.differenceVariance) / factor
}

/** How many more people until the verdict is another, at the means as they are. Null where more people would not help. */
function wait(input: VerdictInput, settings: Settings, because: TooEarly): number | null {
  if (because !== 'wide-interval' && because !== 'few-events') return null
  const isEnough = (factor: number) => conclude(input, settings, factor).verdict !== 'too-early'
  let high = 2
  while (!isEnough(high)) {
    high *= 2
    if (high > LARGEST_FACTOR) return null
  }
  let low = high / 2
  while (high - low > 0.01 * high) {
    const middle = (low + high) / 2
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return Math.ceil((high - 1) * (input.control.n + input.treatment.n))
}

/** For a million times as many people nobody waits. */
const LARGEST_FACTOR = 2 ** 20

const finite = (value: number) => (Number.isFinite(value) ? value : null)
