import { DEFAULT_CONFIDENCE, type Estimate } from './estimate.ts'
import { absoluteDifference } from './lift.ts'
import { meanSample, type Sample } from './sample.ts'
import { combine } from './stratified.ts'
import { weightedSample } from './weighted.ts'

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
  /** Where chances differ from person to person: 1 / the chance that all of these people had. */
  readonly weight?: number
  /** As of `ArmStatistics`. */
  readonly stratum?: string
  readonly certain?: true
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

/** Of arms, of which there may be several parts of different people, what the one variant does. Weighted and within strata as the report of the whole. */
export function novelty(arms: readonly NoveltyStatistics[], variant: string, confidence = DEFAULT_CONFIDENCE): Novelty {
  const lengths = [...new Set(arms.map(arm => arm.days.length))]
  if (lengths.length > 1) throw new RangeError(`arms must have the same days, got ${lengths.join(' and ')}`)
  const strata = strataOf(arms.filter(arm => arm.control || arm.variant === variant))
  const difference = (of: (arm: NoveltyStatistics) => Sums) =>
    absoluteDifference(
      combine(strata, ({ control }) => sampleOf(control, of)),
      combine(strata, ({ treatment }) => sampleOf(treatment, of)),
      confidence,
    )
  const days = Array.from({ length: lengths[0] ?? 0 }, (_, day) => difference(arm => arm.days[day]!))
  const trend = difference(({ trendSum, trendSumSquares }) => ({ sum: trendSum, sumSquares: trendSumSquares }))
  const known = days.flatMap(({ value }) => (value === null ? [] : [value]))
  const average = known.length > 0 && known.length === days.length ? mean(known) : null
  return { days, trend, average, verdict: verdictOn(trend, average, 1 - confidence) }
}

interface Sums {
  readonly sum: number
  readonly sumSquares: number
}

interface Stratum {
  readonly control: readonly NoveltyStatistics[]
  readonly treatment: readonly NoveltyStatistics[]
  readonly people: number
}

/** Of several only those with two people at least in both arms can be compared. */
function strataOf(arms: readonly NoveltyStatistics[]): Stratum[] {
  const strata = [...new Set(arms.map(({ stratum }) => stratum))].map((name): Stratum => {
    const own = arms.filter(({ stratum }) => stratum === name)
    return {
      control: own.filter(arm => arm.control),
      treatment: own.filter(arm => !arm.control),
      people: peopleOf(own),
    }
  })
  const isKnown = ({ control, treatment }: Stratum) => Math.min(peopleOf(control), peopleOf(treatment)) >= 2
  return strata.length < 2 ? strata : strata.filter(isKnown)
}

const peopleOf = (arms: readonly NoveltyStatistics[]) => arms.reduce((sum, { people }) => sum + people, 0)

function sampleOf(parts: readonly NoveltyStatistics[], of: (arm: NoveltyStatistics) => Sums): Sample {
  const people = peopleOf(parts)
  const total = (term: (sums: Sums, weight: number, people: number) => number) =>
    parts.reduce((sum, part) => sum + term(of(part), part.weight ?? 1, part.people), 0)
  if (parts.every(({ weight }) => weight === undefined)) {
    return meanSample(
      people,
      total(({ sum }) => sum),
      total(({ sumSquares }) => sumSquares),
    )
  }
  return weightedSample(people, {
    sum: total((_, weight, own) => weight * own),
    sumSquares: total((_, weight, own) => weight ** 2 * own),
    valueSum: total(({ sum }, weight) => weight * sum),
    valueSumSquares: total(({ sumSquares }, weight) => weight ** 2 * sumSquares),
    valueCrossSum: total(({ sum }, weight) => weight ** 2 * sum),
  })
}

function verdictOn({ value, p }: Estimate, average: number | null, alpha: number): Novelty['verdict'] {
  if (value === null || p === null || average === null) return 'unknown'
  if (p >= alpha) return 'steady'
  return Math.sign(value) === Math.sign(average) ? 'growing' : 'fading'
}

function mean(values: readonly number[]): number | null {
  const result = values.reduce((sum, value) => sum + value, 0) / values.length
  return Number.isFinite(result) ? result : null
}
