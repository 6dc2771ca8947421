import { DEFAULT_CONFIDENCE, type Estimate, estimateOf, noEstimate } from './estimate.ts'

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
  /** The relative change of the touched series less that of the comparison: 0.1 is +10 %. */
  readonly effect: Estimate
  /** Each series' own relative change. Null where it was 0 before. */
  readonly touchedChange: number | null
  readonly comparisonChange: number | null
  /** Whether the two went apart already before the change: then the effect is the continuation of that as likely as not. */
  readonly driftBefore: { readonly perPeriod: Estimate; readonly isClear: boolean }
  readonly sentence: string
}

/** Fewer periods on either side say nothing of how much they vary. */
export const FEWEST_PERIODS = 4

/**
 * Difference in differences: of both series relative to their own mean before, the gap between them after less the gap
 * before. Periods near each other go together, which makes plain errors too small: Newey and West's (1987) are used, with
 * Bartlett weights up to `lag` periods (4 (n / 100)^(2/9) unless given; 7 or more where days have a weekly rhythm), and
 * Student's t with n - 2 degrees of freedom.
 */
export function beforeAfter(
  touched: Series,
  comparison: Series,
  { confidence = DEFAULT_CONFIDENCE, lag }: { confidence?: number; lag?: number } = {},
): BeforeAfter {
  for (const side of ['before', 'after'] as const) {
    if (touched[side].length !== comparison[side].length) {
      throw new RangeError(
        `the series must have the same periods ${side}, got ${touched[side].length} and ${comparison[side].length}`,
      )
    }
  }
  const touchedChange = change(touched)
  const comparisonChange = change(comparison)
  const gap = (side: keyof Series) =>
    touched[side].map(
      (value, i) => value / Math.abs(mean(touched.before)) - comparison[side][i]! / Math.abs(mean(comparison.before)),
    )
  const [before, after] = [gap('before'), gap('after')]
  const reason = missing(touched, comparison, [...before, ...after])
  const effect = reason ? noEstimate(reason) : step(before, after, lag, confidence)
  const perPeriod = reason ? noEstimate(reason) : slope(before, lag, confidence)
  const isClear = perPeriod.p !== null && perPeriod.p < 1 - confidence
  const driftBefore = { perPeriod, isClear }
  const answer = {
    certainty: 'an indication, not proof',
    effect,
    touchedChange,
    comparisonChange,
    driftBefore,
  } as const
  return { ...answer, sentence: sentenceOf(answer, confidence) }
}

function missing(touched: Series, comparison: Series, gaps: readonly number[]): Estimate['reason'] {
  if (Math.min(touched.before.length, touched.after.length) < FEWEST_PERIODS) return 'no-events'
  if (mean(touched.before) === 0 || mean(comparison.before) === 0) return 'zero-control-mean'
  return gaps.every(Number.isFinite) ? undefined : 'overflow'
}

function change({ before, after }: Series): number | null {
  const result = (mean(after) - mean(before)) / Math.abs(mean(before))
  return Number.isFinite(result) ? result : null
}

/** The step between two means, by least squares on a constant and an indicator of after. */
function step(
  before: readonly number[],
  after: readonly number[],
  lag: number | undefined,
  confidence: number,
): Estimate {
  const [low, high] = [mean(before), mean(after)]
  const n = before.length + after.length
  // Each period's part in the estimate, times how far it is from its own mean.
  const scores = [
    ...before.map(value => -(value - low) / before.length),
    ...after.map(value => (value - high) / after.length),
  ]
  return estimateOf(high - low, neweyWest(scores, lag, n - 2), { dof: n - 2, confidence })
}

/** The slope of a line through the values. */
function slope(values: readonly number[], lag: number | undefined, confidence: number): Estimate {
  const n = values.length
  const middle = (n - 1) / 2
  const squares = (n * (n * n - 1)) / 12
  const level = mean(values)
  const perPeriod = values.reduce((sum, value, i) => sum + ((i - middle) * value) / squares, 0)
  const scores = values.map((value, i) => ((i - middle) * (value - level - (i - middle) * perPeriod)) / squares)
  return estimateOf(perPeriod, neweyWest(scores, lag, n - 2), { dof: n - 2, confidence })
}

/** Variance of the sum of scores that go together with their neighbours; scaled to the degrees of freedom. */
function neweyWest(scores: readonly number[], lag: number | undefined, dof: number): number {
  const n = scores.length
  const lags = Math.min(n - 1, lag ?? Math.floor(4 * (n / 100) ** (2 / 9)))
  let variance = 0
  for (let distance = 0; distance <= lags; distance++) {
    const weight = (distance === 0 ? 1 : 2) * (1 - distance / (lags + 1))
    for (let i = distance; i < n; i++) variance += weight * scores[i]! * scores[i - distance]!
  }
  const scaled = (variance * n) / dof
  return scaled > ROUNDING * n * Math.max(...scores.map(Math.abs)) ** 2 ? scaled : 0
}

const ROUNDING = 1e-12

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function sentenceOf({ effect, driftBefore, certainty }: Omit<BeforeAfter, 'sentence'>, confidence: number): string {
  const percent = (fraction: number) => `${fraction > 0 ? '+' : ''}${(100 * fraction).toFixed(1)} %`
  if (effect.value === null || effect.interval === null || effect.p === null) {
    return `What changed cannot be told from chance yet (${certainty}).`
  }
  const [low, high] = effect.interval
  const range = `${percent(effect.value)} beyond the comparison (${Number((100 * confidence).toFixed(2))} % interval ${percent(low)} to ${percent(high)})`
  if (driftBefore.isClear) return `It changed by ${range}, but the two went apart before already: ${certainty}.`
  return effect.p < 1 - confidence
    ? `It changed by ${range}: ${certainty}.`
    : `It changed by ${range}, which may be chance: ${certainty}.`
}
