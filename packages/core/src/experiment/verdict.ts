import { many } from '../words.ts'
import { DEFAULT_CONFIDENCE, type Undefined } from './estimate.ts'
import { inUnits, type Sample } from './sample.ts'
import type { SampleRatio } from './srm.ts'
import { anytimeLift, type ComparedArms, steady, steadyLiftParts, varianceTogether } from './steady.ts'

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
  /**
   * Of `too-early`: how long until there is another verdict, if people keep coming as they did and the difference stays as it
   * is. Null where it is not known how long they have been coming, where waiting does not help, and in days beyond
   * `LONGEST_WAIT_DAYS`.
   */
  readonly morePeople: number | null
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
  /** Chances changed while people came, and nothing makes up for it: who came when may pass for an effect. */
  | 'unweighted'

/** Longer than two years nobody is told to wait. */
export const LONGEST_WAIT_DAYS = 730

/**
 * The mean of an arm must be this many standard errors away from 0 (about 25 conversions), and of a share from 1, before it
 * is judged. With this and steadied variances (`steady.ts`) A/A experiments with looks after every 25 people were called
 * `works` or `hurts` at some look in at most 2.5 of 100 cases: shares of 2 to 97 %, skewed values and spend, 3 to 50 % of the
 * people in the control group (simulated).
 */
const READY_STANDARD_ERRORS = 5

export interface VerdictInput extends ComparedArms {
  /** The highest mean there can be: 1 for a share of people. */
  readonly ceiling?: number
  /** Why there is no difference, or no error of it. */
  readonly missing?: Undefined | undefined
  readonly sampleRatio: SampleRatio
  /** Chances changed while people came, and the arms are as they came all the same. */
  readonly unweighted?: boolean | undefined
  /** How long people have been coming, in days. */
  readonly days?: number | undefined
}

/**
 * The one verdict of a comparison, at any look: from Fieller's interval, always valid, shared out among the plan's comparisons. Lifts are
 * fractions of the control's mean. Where it is too early: how many more people and days it takes, as far as that can be said. Throws
 * RangeError for a worthwhile lift that is not above 0, and for less than one comparison.
 */
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
  const { morePeople, moreDays, label } = wait(input, settings, now.because)
  return { verdict: 'too-early', label, ...numbers, morePeople, moreDays, because: now.because }
}

const LABELS: Record<VerdictCode, string> = {
  works: 'Works',
  hurts: 'Hurts',
  'no-worthwhile-difference': 'No worthwhile difference',
  'too-early': 'Too early',
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
  const { missing, sampleRatio, unweighted, ceiling } = input
  const nothing: Numbers = { lift: null, interval: null, p: null }
  if (missing !== undefined && missing !== 'zero-control-mean' && missing !== 'no-variance') {
    return { ...nothing, verdict: 'too-early', because: missing }
  }
  const arms = grown(input, factor)
  const parts = steadyLiftParts(arms)
  const lift = finite(parts.difference / parts.scale)
  if (unweighted) return { ...nothing, lift, verdict: 'too-early', because: 'unweighted' }
  if (parts.differenceVariance === 0) return { ...nothing, lift, verdict: 'too-early', because: 'no-variance' }
  if (!Number.isFinite(parts.differenceVariance) || !Number.isFinite(parts.difference)) {
    return { ...nothing, verdict: 'too-early', because: 'overflow' }
  }
  const steadied = steady(arms.control, arms.treatment)
  const eachReady = steadied.every(sample => isReady(sample, ceiling))
  const together = asOne(...steadied)
  const spread = eachReady ? parts.differenceVariance : Math.max(parts.differenceVariance, together.differenceVariance)
  const people = arms.control.n + arms.treatment.n
  const judged = anytimeLift({ ...parts, differenceVariance: spread }, people, settings)
  const numbers = { lift, interval: eachReady ? judged.interval : null, p: judged.p }
  if (sampleRatio.verdict === 'mismatch') return { ...numbers, verdict: 'too-early', because: 'sample-ratio' }
  if (!isReady(together.sample, ceiling)) return { ...numbers, verdict: 'too-early', because: 'few-events' }
  const { worthwhile, direction = 'up', confidence } = settings
  const { interval } = numbers
  if (interval !== null && interval[0] > -worthwhile && interval[1] < worthwhile) {
    return { ...numbers, verdict: 'no-worthwhile-difference' }
  }
  if (judged.p !== null && judged.p < 1 - confidence) {
    return { ...numbers, verdict: parts.difference > 0 === (direction === 'up') ? 'works' : 'hurts' }
  }
  return { ...numbers, verdict: 'too-early', because: eachReady ? 'wide-interval' : 'few-events' }
}

function grown({ control, treatment, adjusted }: ComparedArms, factor: number): ComparedArms {
  const more = <T extends Sample>(sample: T): T => ({
    ...sample,
    n: sample.n * factor,
    ...(sample.units !== undefined && { units: sample.units * factor }),
  })
  return {
    control: more(control),
    treatment: more(treatment),
    ...(adjusted && {
      adjusted: { control: more(adjusted.control), treatment: more(adjusted.treatment), theta: adjusted.theta },
    }),
  }
}

/** Where a few people tell most they may happen to be alike, so that it takes as many of them as of people who did something. */
function isReady({ n, mean, variance, units = n }: Sample, ceiling = Number.POSITIVE_INFINITY): boolean {
  if (units < n && units < READY_STANDARD_ERRORS ** 2) return false
  const least = READY_STANDARD_ERRORS * Math.sqrt(variance / n)
  return mean !== 0 && Math.abs(mean) >= least && mean !== ceiling && ceiling - mean >= least
}

/**
 * Both arms as if they were one, and the variance of a difference between two parts of it: where next to nobody did it in an
 * arm, its own variance says too little.
 */
function asOne(control: Sample, treatment: Sample): { sample: Sample; differenceVariance: number } {
  const [a, b] = [inUnits(control), inUnits(treatment)]
  const [n, units] = [control.n + treatment.n, a.n + b.n]
  const variance = varianceTogether(a, b)
  return {
    sample: { n, mean: (a.n * a.mean + b.n * b.mean) / units, variance: (variance * n) / units, units },
    differenceVariance: variance * (1 / a.n + 1 / b.n),
  }
}

function wait(
  input: VerdictInput,
  settings: Settings,
  because: TooEarly,
): Pick<Verdict, 'morePeople' | 'moreDays' | 'label'> {
  const { control, treatment, days } = input
  const label = LABELS['too-early']
  const factor = days ? neededFactor(input, settings, because) : null
  if (!days || factor === null) return { morePeople: null, moreDays: null, label }
  const morePeople = Math.ceil((factor - 1) * (control.n + treatment.n))
  const moreDays = Math.ceil((factor - 1) * days)
  if (moreDays > LONGEST_WAIT_DAYS) return { morePeople, moreDays: null, label: `${label} (more than two years)` }
  return { morePeople, moreDays, label: `${label} (about ${many(moreDays, 'more day')})` }
}

/** How many times as many people make the verdict another, at the means as they are. Null where more people do not help. */
function neededFactor(input: VerdictInput, settings: Settings, because: TooEarly): number | null {
  if (because !== 'wide-interval' && because !== 'few-events') return null
  const isEnough = (factor: number) => conclude(input, settings, factor).verdict !== 'too-early'
  let high = 2
  while (!isEnough(high)) {
    high *= 2
    if (high > LARGEST_FACTOR) return null
  }
  let low = high / 2
  while (high - low > 0.001 * high) {
    const middle = (low + high) / 2
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}

/** For a million times as many people nobody waits. */
const LARGEST_FACTOR = 2 ** 20

const finite = (value: number) => (Number.isFinite(value) ? value : null)
