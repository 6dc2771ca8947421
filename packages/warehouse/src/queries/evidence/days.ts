import { many } from '@espalier/core'
import { type NoveltyStatistics, trendWeights } from '@espalier/core/experiment'
import type { Database } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import type { ImpactQuestion } from '../../warehouse.ts'
import { armVersions, numbersOf } from '../arms.ts'
import { certainOf, strataOf } from '../measure/chances.ts'
import { rowColumns } from '../measure/columns.ts'
import { first, scopeOf } from '../measure/exposed.ts'
import { factorsOf } from '../measure/factors.ts'
import { layers } from '../measure/layers.ts'
import { SharedBinder } from '../measure/sharedBinder.ts'
import { factsSql } from '../measure/totals.ts'

export interface DaysQuestion extends ImpactQuestion {
  /** Days since the first exposure, 2 to 60. */
  readonly days: number
}

const DAY_MS = 86_400_000

/**
 * What each arm's people did on each day since their own first exposure, of those of whom all the days have passed. Of a conversion
 * whether they did it that day; of a count or sum how much. The metric's own window does not count here. Where chances changed arms come
 * in parts, by stratum and by chance.
 */
export async function evidenceDays(database: Database, question: DaysQuestion): Promise<NoveltyStatistics[]> {
  const { metric, days, now } = question
  const bounds = scopeOf(question)
  const versions = await armVersions(database, bounds)
  if (versions.length === 0) return []
  const earliest = Math.min(...versions.map(({ firstSeen }) => firstSeen))
  const latest = Math.min(now, Math.max(...versions.map(({ lastSeen }) => lastSeen)) + days * DAY_MS)
  const scope = { ...bounds, ...numbersOf(versions), earliest, latest, now }
  const factors = await factorsOf(database, [metric], scope, question.currency)
  const binder = new SharedBinder()
  const shared = layers(binder)
  const { main, value, missing = '0' } = rowColumns(metric, shared, factors)
  const length = binder.bind('Int64', days * DAY_MS)
  const weights = binder.bind('Array(Float64)', trendWeights(days))
  const daily = metric.type === 'conversion' ? `toFloat64(countIf(${main}) > 0)` : `toFloat64(sum(${value}))`
  const passed = `bitShiftRight(head, 16) + ${length} <= {now:Int64}`
  // Where nobody did anything there is nothing to add up, and yet people.
  const seen = await database.rows<{ number: number; people: number }>(
    `SELECT bitAnd(head, 65535) AS number, count() AS people FROM ${first} WHERE ${passed} GROUP BY number`,
    { ...binder.params, ...scope },
  )
  const done = await database.rows<{
    number: number
    sums: number[]
    squares: number[]
    trend: number
    trends: number
    lost: number
  }>(
    `SELECT bitAnd(head, 65535) AS number, sumForEach(values) AS sums, sumForEach(arrayMap(v -> v * v, values)) AS squares,
      sum(slope) AS trend, sum(slope * slope) AS trends, sum(lost) AS lost
    FROM (
      SELECT head, lost, arrayMap(i -> sums[indexOf(ns, toInt64(i))], range(${days})) AS values,
        arraySum((v, w) -> v * w, values, ${weights}) AS slope
      FROM (
        SELECT head, groupArray(day) AS ns, groupArray(daily) AS sums, sum(missing) AS lost
        FROM (
          SELECT person, head, toInt64(intDiv(t, ${DAY_MS})) AS day, ${daily} AS daily, countIf(${missing}) AS missing
          FROM ${factsSql(shared)} WHERE t >= 0 AND t < ${length} AND ${passed}
          GROUP BY person, head, day
        ) GROUP BY person, head
      )
    ) GROUP BY number`,
    { ...binder.params, ...scope },
  )
  const lost = done.reduce((all, row) => all + Number(row.lost), 0)
  if (lost > 0) {
    throw new WarehouseError(
      'invalid',
      `${many(lost, 'amount has', 'amounts have')} no rate to ${metric.currency}. The impact of the experience names currencies and days.`,
    )
  }
  const none = Array.from({ length: days }, () => 0)
  const everybody = versions.map((_, index) => seen.find(({ number }) => number === index + 1)?.people ?? 0)
  const strata = strataOf(versions, everybody)
  const several = new Set(strata.values()).size > 1
  const certain = certainOf(versions)
  return versions.flatMap(({ variant, control, version, chance, weight }, index) => {
    const people = everybody[index]!
    if (people === 0) return []
    const { sums, squares, trend, trends } = done.find(({ number }) => number === index + 1) ?? {
      sums: none,
      squares: none,
      trend: 0,
      trends: 0,
    }
    return [
      {
        variant,
        control,
        people,
        days: sums.map((sum, day) => ({ sum, sumSquares: squares[day]! })),
        trendSum: trend,
        trendSumSquares: trends,
        ...(chance !== undefined && { weight }),
        ...(several && { stratum: strata.get(version)! }),
        ...(certain[index] && { certain: true }),
      },
    ]
  })
}
