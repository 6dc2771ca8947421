import { statisticOf } from '../definition/index.ts'
import type { VariantReport, Verdict } from '../experiment/index.ts'
import { LEAST_DAYS, MONTH_DAYS } from '../impact/index.ts'
import type { Expectation, Monthly } from './suggestion.ts'
import type { Judged, Watched } from './watched.ts'

/** People who come to the experience in a month, as in the last four weeks; null where that is not known. */
export function peopleAMonth({ people, peopleDays }: Watched): number | null {
  return people > 0 && peopleDays > 0 ? (people / peopleDays) * MONTH_DAYS : null
}

/**
 * The lift and its always-valid interval: the verdict's, or that of the report where too few in an arm did it for the verdict to name
 * one.
 */
export function promised({ verdict, evidence }: VariantReport): Pick<Verdict, 'lift' | 'interval'> {
  return { lift: verdict.lift, interval: verdict.interval ?? evidence.anytime.interval }
}

/**
 * What a lift promises, and what that is worth a month once people have come for a whole week. `people`: how many a month it is
 * counted over. `level`: the control group's mean
 * that the lift is over, that of the report unless given. `gain`: 1 where the lift is won by acting, -1 where it is a loss that acting ends. Null where the verdict has no interval.
 */
export function expectation(
  watched: Pick<Watched, 'money' | 'net' | 'peopleDays'>,
  judged: Judged,
  { lift, interval }: Pick<Verdict, 'lift' | 'interval'>,
  parts: { people: number | null; variant?: string | undefined; isNew: boolean; level?: number; gain?: 1 | -1 },
): Expectation | null {
  if (lift === null || interval === null) return null
  const { direction = 'up' } = judged.metric
  return { metric: judged.key, lift, interval, direction, monthly: monthly(watched, judged, { lift, interval }, parts) }
}

/**
 * In what is left of money where the settings name a margin; in money where the goal is money, or where a money metric on the same event was
 * measured too: then by its own always-valid interval. Otherwise in units of the goal, by the control group's mean, which is that of the lift
 * where chances changed. Ratios and quantiles do not add up over people.
 */
function monthly(
  { money, net, peopleDays }: Pick<Watched, 'money' | 'net' | 'peopleDays'>,
  judged: Judged,
  goal: { lift: number; interval: readonly [number, number] },
  { people, variant, isNew, level: own, gain = 1 }: Parameters<typeof expectation>[3],
): Monthly | null {
  if (people === null || people <= 0 || peopleDays < LEAST_DAYS) return null
  const worth = (of: Judged | null) => {
    const lift = of !== null && of.missingRates.length === 0 ? moneyLift(of, variant) : undefined
    return lift && { judged: of!, ...lift }
  }
  const left = worth(net)
  const source = left ?? worth(money) ?? { judged, ...goal }
  const { metric, report, key } = source.judged
  const statistic = statisticOf(metric)
  if (statistic === 'mean' || statistic === 'quantile') return null
  const level = own ?? report.control?.mean
  if (level == null) return null
  const sign = (metric.direction === 'down' ? -1 : 1) * gain
  const at = (lift: number) => sign * lift * Math.abs(level) * people
  const bounds = source.interval.map(at).sort((a, b) => a - b) as [number, number]
  const value = at(source.lift)
  if (![value, ...bounds].every(Number.isFinite)) return null
  const isMoney = metric.currency !== undefined
  return { value, interval: bounds, unit: metric.currency ?? key, isMoney, ...(left && { isNet: true }), people, isNew }
}

function moneyLift({ report }: Judged, variant: string | undefined) {
  const one = variant === undefined ? report.personalized : report.variants.find(other => other.variant === variant)
  const { lift, interval } = one?.verdict ?? { lift: null, interval: null }
  return lift === null || interval === null ? undefined : { lift, interval }
}
