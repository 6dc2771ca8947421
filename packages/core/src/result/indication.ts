import { type Metric, metricName, statisticOf } from '../definition/metric.ts'
import { type BeforeAfter, beforeAfter, FEWEST_PERIODS } from '../experiment/beforeAfter.ts'

/** What some people did on one day: sums over them of that day's own totals. */
export interface DaySums {
  readonly people: number
  /** Of a conversion those who did it. */
  readonly sum: number
  /** Of a mean: events behind it. */
  readonly count: number
}

/** A whole day in the workspace's zone, and its people by whether the touchpoint was theirs. */
export interface IndicationDay {
  /** `2026-11-22`. */
  readonly day: string
  readonly touched: DaySums
  readonly comparison: DaySums
  /** Of those who came to the touchpoint: who were shown the experience. */
  readonly reached: number
}

/** What an experience without a control group has instead of a verdict. It never becomes one. */
export interface Indication extends BeforeAfter {
  /** Day on which the experience was first seen: neither before nor after. */
  readonly changed: string | null
  /** Touchpoints whose visitors are the one series, and who the other's are. */
  readonly touchpoints: readonly string[]
  readonly comparison: string
  /** Share of the touchpoint's visitors after the change who were shown the experience; the effect is on all of them. */
  readonly reached: number | null
  readonly series: readonly {
    readonly day: string
    readonly period: 'before' | 'after'
    readonly touched: DayKpi
    readonly comparison: DayKpi
  }[]
  /** The whole of it in words, with what it needs where it cannot be given. */
  readonly says: string
}

export interface DayKpi {
  readonly people: number
  readonly value: number
}

export interface IndicationInput {
  readonly metric: Metric
  /** Null where it is not known. */
  readonly changed: string | null
  readonly touchpoints: readonly string[]
  readonly comparison: string
  readonly days: readonly IndicationDay[]
  /** Amounts without a rate: on how many days of how many people, added up. */
  readonly missing: number
  /** So many people came that it could not be reckoned within bounds. */
  readonly tooMany?: boolean
  readonly confidence?: number | undefined
}

/** Whether what people do on a day can be told on that day, without waiting for another. */
export function isDaily({ type, per = 'person', absent, delay }: Metric): boolean {
  const daily = type === 'conversion' || type === 'count' || type === 'sum' || type === 'mean'
  return daily && per === 'person' && absent !== true && delay === undefined
}

const WEEK = 7

/**
 * The KPI day by day of those who came to the touchpoint, and of others, before the change and after it. Days without anybody
 * on either side, or with nothing to average, are left out; of a week or more whole weeks are taken, nearest to the change.
 */
export function indicationOf(input: IndicationInput): Indication {
  const { metric, changed, touchpoints, comparison, days, missing, tooMany = false, confidence } = input
  const type = statisticOf(metric)
  const name = metricName(metric)
  const known = [...days]
    .sort((a, b) => (a.day < b.day ? -1 : 1))
    .flatMap(one => {
      const [own, other] = [kpiOf(one.touched, type), kpiOf(one.comparison, type)]
      if (changed === null || one.day === changed || own === null || other === null) return []
      const period = one.day < changed ? ('before' as const) : ('after' as const)
      return [{ day: one.day, period, touched: own, comparison: other, reached: one.reached }]
    })
  const before = known.filter(({ period }) => period === 'before')
  const after = known.filter(({ period }) => period === 'after')
  const used = [...before.slice(-wholeWeeks(before.length)), ...after.slice(0, wholeWeeks(after.length))]
  const seriesOf = (of: 'touched' | 'comparison') => ({
    before: used.filter(({ period }) => period === 'before').map(one => one[of].value),
    after: used.filter(({ period }) => period === 'after').map(one => one[of].value),
  })
  const found = beforeAfter(seriesOf('touched'), seriesOf('comparison'), {
    rhythm: WEEK,
    ...(confidence !== undefined && { confidence }),
  })
  const shown = used.filter(({ period }) => period === 'after')
  const visitors = shown.reduce((sum, one) => sum + one.touched.people, 0)
  const reached = visitors === 0 ? null : shown.reduce((sum, one) => sum + one.reached, 0) / visitors
  return {
    ...found,
    changed,
    touchpoints,
    comparison,
    reached,
    series: used.map(({ reached: _, ...one }) => one),
    says:
      wanting(name, { daily: isDaily(metric), tooMany, missing, before: before.length, after: after.length }) ??
      `${name} a day at ${touchpoints.join(', ')} before ${changed} and after, beside ${comparison}. ${found.sentence}${found.effect.value === null ? '' : dilution(reached)}`,
  }
}

function kpiOf({ people, sum, count }: DaySums, type: ReturnType<typeof statisticOf>): DayKpi | null {
  const value = sum / (type === 'mean' ? count : people)
  return people > 0 && Number.isFinite(value) ? { people, value } : null
}

const wholeWeeks = (days: number) => (days < WEEK ? days : days - (days % WEEK))

interface Known {
  readonly daily: boolean
  readonly tooMany: boolean
  readonly missing: number
  readonly before: number
  readonly after: number
}

/** Why nothing can be said yet, and the mend. */
function wanting(name: string, { daily, tooMany, missing, before, after }: Known): string | null {
  const nothing = 'Before and after cannot be compared'
  if (!daily) {
    return `${nothing} by ${name}, which does not add up day by day: ask for a conversion, count, sum or mean per person.`
  }
  if (tooMany) {
    return `${nothing}: too many people came for one question. Hold it against the visitors of one other touchpoint, which are fewer (comparison).`
  }
  if (missing > 0) return `${nothing}: some amounts have no rate. Import the daily rates.`
  if (before < FEWEST_PERIODS) {
    return `${nothing}: of the time before ${daysWith(before)} visitors of both kinds, and ${FEWEST_PERIODS} are needed. Have the touchpoint report what is seen before an experience starts, or choose another comparison.`
  }
  return after < FEWEST_PERIODS
    ? `${nothing} yet: since then ${daysWith(after)} visitors of both kinds, and ${FEWEST_PERIODS} are needed.`
    : null
}

const daysWith = (days: number) => (days === 1 ? '1 whole day has' : `${days} whole days have`)

/** With fewer of its visitors reached than this the effect on those reached is clearly larger. */
const MOST = 0.9

function dilution(reached: number | null): string {
  if (reached === null || reached >= MOST) return ''
  return ` ${reached < 0.01 ? 'Less than 1' : Math.round(100 * reached)} % of the touchpoint's visitors were shown it: on them it is more.`
}
