import { formatConfidence } from '../words.ts'
import { DEFAULT_CONFIDENCE, type Estimate, estimateOf, noEstimate } from './estimate.ts'
import { slowWaves } from './longRun.ts'
import { formatPercent } from './sentence.ts'

/**
 * A KPI a period (day or week), oldest first: before the change and after it. Periods are alike and without gaps; at a weekly
 * rhythm days should come in whole weeks. The period in which the change came is left out.
 */
export interface Series {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Where there is no control group: what changed beyond what a series changed that was not touched. */
export interface BeforeAfter {
  /** Never more than this: other things may have happened to the one series and not to the other. */
  readonly certainty: 'an indication, not proof'
  /** Relative to what the touched series would be, had it changed as the comparison did: 0.1 is +10 %. */
  readonly effect: Estimate
  /** Each series' own relative change. Null where it was 0 before. */
  readonly touchedChange: number | null
  readonly comparisonChange: number | null
  /**
   * The same asked of the time before alone, as if the change had come in the middle of it. Where that finds something, the two
   * went apart already, and the effect is the continuation of that as likely as not.
   */
  readonly driftBefore: { readonly effect: Estimate; readonly isClear: boolean }
  readonly sentence: string
}

/** Fewer periods on either side say nothing of how much they vary. */
export const FEWEST_PERIODS = 4

export interface BeforeAfterOptions {
  readonly confidence?: number
  /** Periods after which a rhythm starts anew that the series need not share: 7 of days. What it adds is taken out where a side has two rounds. */
  readonly rhythm?: number
}

/**
 * Had it not been touched, the one series would have changed as the other did: by as many percent. What it is beyond that is
 * the effect, with an interval by the delta method in which periods near each other may go together (`longRun.ts`).
 */
export function beforeAfter(
  touched: Series,
  comparison: Series,
  { confidence = DEFAULT_CONFIDENCE, rhythm = 1 }: BeforeAfterOptions = {},
): BeforeAfter {
  for (const side of ['before', 'after'] as const) {
    if (touched[side].length !== comparison[side].length) {
      throw new RangeError(
        `the series must have the same periods ${side}, got ${touched[side].length} and ${comparison[side].length}`,
      )
    }
  }
  const settings = { confidence, rhythm }
  const effect = step(touched, comparison, settings)
  const earlier = step(halves(touched.before, rhythm), halves(comparison.before, rhythm), settings)
  const isClear = earlier.p !== null && earlier.p < 1 - confidence
  const answer = {
    certainty: 'an indication, not proof',
    effect,
    touchedChange: change(touched),
    comparisonChange: change(comparison),
    driftBefore: { effect: earlier, isClear },
  } as const
  return { ...answer, sentence: sentenceOf(answer, confidence) }
}

function missing(touched: Series, comparison: Series): Estimate['reason'] {
  if (Math.min(touched.before.length, touched.after.length) < FEWEST_PERIODS) return 'no-events'
  const all = [touched, comparison].flatMap(({ before, after }) => [...before, ...after])
  if (!all.every(Number.isFinite)) return 'overflow'
  const kept = mean(comparison.after) / mean(comparison.before)
  // A comparison that came to nothing, or out of it, says nothing of what would have been.
  if (mean(touched.before) === 0 || !(kept > 0)) return 'zero-control-mean'
  return Number.isFinite(kept) ? undefined : 'overflow'
}

function change({ before, after }: Series): number | null {
  const result = (mean(after) - mean(before)) / Math.abs(mean(before))
  return Number.isFinite(result) ? result : null
}

/** In the middle, or where a round of the rhythm ends near it. */
function halves(values: readonly number[], rhythm: number): Series {
  const rounds = values.length / rhythm
  const middle = rounds >= 2 ? Math.round(rounds / 2) * rhythm : Math.floor(values.length / 2)
  return { before: values.slice(0, middle), after: values.slice(middle) }
}

/** What is after, over what would have been, less 1. */
function step(touched: Series, comparison: Series, { confidence, rhythm }: Required<BeforeAfterOptions>): Estimate {
  const reason = missing(touched, comparison)
  if (reason !== undefined) return noEstimate(reason)
  const own = { before: mean(touched.before), after: mean(touched.after) }
  const other = { before: mean(comparison.before), after: mean(comparison.after) }
  const otherwise = own.before * (other.after / other.before)
  const ratio = own.after / otherwise
  // What each period adds to the ratio, were it alone.
  const before = touched.before.map(
    (value, i) => ratio * ((value - own.before) / own.before - (comparison.before[i]! - other.before) / other.before),
  )
  const after = touched.after.map(
    (value, i) => (value - own.after) / otherwise - (ratio * (comparison.after[i]! - other.after)) / other.after,
  )
  const waves = [before, after].flatMap(values => slowWaves(levelled(values, rhythm)))
  const variance = mean(waves) > ROUNDING * (1 + ratio ** 2) ? mean(waves) : 0
  return estimateOf((own.after - otherwise) / Math.abs(otherwise), variance * (1 / before.length + 1 / after.length), {
    dof: waves.length,
    confidence,
  })
}

/** Less what a place in the round adds on average. */
function levelled(values: readonly number[], rhythm: number): readonly number[] {
  if (rhythm < 2 || values.length < 2 * rhythm) return values
  const places = Array.from({ length: rhythm }, (_, place) => mean(values.filter((_, i) => i % rhythm === place)))
  return values.map((value, i) => value - places[i % rhythm]!)
}

/** Of series relative to their own level: what is less is rounding. */
const ROUNDING = 1e-24

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function sentenceOf({ effect, driftBefore, certainty }: Omit<BeforeAfter, 'sentence'>, confidence: number): string {
  if (effect.value === null || effect.interval === null || effect.p === null) {
    return `What changed cannot be told from chance yet (${certainty}).`
  }
  const [low, high] = effect.interval
  const range = `${formatPercent(effect.value)} beyond the comparison (${formatConfidence(confidence)} interval ${formatPercent(low)} to ${formatPercent(high)})`
  if (driftBefore.isClear) return `It changed by ${range}, but the two went apart before already: ${certainty}.`
  return effect.p < 1 - confidence
    ? `It changed by ${range}: ${certainty}.`
    : `It changed by ${range}, which may be chance: ${certainty}.`
}
