import { DEFAULT_CONFIDENCE, type Estimate } from './estimate.ts'
import { absoluteDifference } from './lift.ts'
import { meanSample } from './sample.ts'

/**
 * One arm's people day by day since their own first exposure (day 0 is the first 24 hours). Only people of whom the whole
 * `days` have passed count, so that every day is of the same people: otherwise later days are of earlier comers. Sums are
 * over people, of what each did on that day; they add over disjoint sets of people.
 */
export interface NoveltyStatistics {
  /** Variant key, or '' for the control group. */
  readonly variant: string
  readonly control: boolean
  readonly people: number
  readonly days: readonly { readonly sum: number; readonly sumSquares: number }[]
  /**
   * Over people: of each person's trend, the sum over days of `trendWeights(days)[day]` x what they did on that day, and its
   * square. A person's days go together, which the sums of the days alone do not tell.
   */
  readonly trendSum: number
  readonly trendSumSquares: number
}

/** Does the effect wear off as people get used to it, or grow as they learn to use it? */
export interface Novelty {
  /** The difference over the control group on each day since the first exposure, in units of the KPI. */
  readonly days: readonly Estimate[]
  /** By how much the difference changes from one day to the next (least squares over the days). */
  readonly trend: Estimate
  /** The difference on all days together, a day. */
  readonly average: number | null
  /**
   * `fading`: the difference shrinks towards 0 or beyond, more than chance explains; `growing`: it moves away from 0;
   * `steady`: chance explains the trend, which is no proof that there is none; `unknown`: too little to tell.
   */
  readonly verdict: 'fading' | 'growing' | 'steady' | 'unknown'
}

/**
 * How much each day counts in a person's trend: the slope of the least squares line through their days is the weighted sum.
 * Weights add up to 0. At least two days.
 */
export function trendWeights(days: number): number[] {
  if (!(Number.isInteger(days) && days >= 2)) throw new RangeError(`a trend needs two days or more, got ${days}`)
  const middle = (days - 1) / 2
  const squares = (days * (days * days - 1)) / 12
  return Array.from({ length: days }, (_, day) => (day - middle) / squares)
}

export function novelty(
  control: NoveltyStatistics,
  treatment: NoveltyStatistics,
  confidence = DEFAULT_CONFIDENCE,
): Novelty {
  if (control.days.length !== treatment.days.length) {
    throw new RangeError(`arms must have the same days, got ${control.days.length} and ${treatment.days.length}`)
  }
  const days = control.days.map((day, i) => {
    const other = treatment.days[i]!
    return absoluteDifference(
      meanSample(control.people, day.sum, day.sumSquares),
      meanSample(treatment.people, other.sum, other.sumSquares),
      confidence,
    )
  })
  const trend = absoluteDifference(
    meanSample(control.people, control.trendSum, control.trendSumSquares),
    meanSample(treatment.people, treatment.trendSum, treatment.trendSumSquares),
    confidence,
  )
  const known = days.flatMap(({ value }) => (value === null ? [] : [value]))
  const average = known.length > 0 && known.length === days.length ? mean(known) : null
  return { days, trend, average, verdict: verdictOn(trend, average, 1 - confidence) }
}

function verdictOn({ value, p }: Estimate, average: number | null, alpha: number): Novelty['verdict'] {
  if (value === null || p === null || average === null) return 'unknown'
  if (p >= alpha) return 'steady'
  return Math.sign(value) === Math.sign(average) ? 'growing' : 'fading'
}

/** Adds statistics of disjoint sets of people of one arm, over the same days. */
export function addNovelty(a: NoveltyStatistics, b: NoveltyStatistics): NoveltyStatistics {
  if (a.days.length !== b.days.length) throw new RangeError('statistics of different numbers of days do not add')
  return {
    variant: a.variant,
    control: a.control,
    people: a.people + b.people,
    days: a.days.map((day, i) => ({
      sum: day.sum + b.days[i]!.sum,
      sumSquares: day.sumSquares + b.days[i]!.sumSquares,
    })),
    trendSum: a.trendSum + b.trendSum,
    trendSumSquares: a.trendSumSquares + b.trendSumSquares,
  }
}

function mean(values: readonly number[]): number | null {
  const result = values.reduce((sum, value) => sum + value, 0) / values.length
  return Number.isFinite(result) ? result : null
}
