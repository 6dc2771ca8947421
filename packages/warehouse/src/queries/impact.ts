import type { ArmStatistics } from '@espalier/core/experiment'
import { durationMs } from '@espalier/core/time'
import type { Database } from '../client/database.ts'
import type { ImpactQuestion, ImpactStatistics } from '../warehouse.ts'
import { conditionsSql } from './conditions.ts'

import { exchangeSql } from './exchange.ts'
import { numberAt } from './json.ts'
import { ALL_TIME, Binder, within } from './params.ts'
import { joinLinks, personOf } from './people.ts'

/**
 * Statistics of each arm of an experience.
 *
 * - A person is the canonical one; they belong to the arm of their first exposure in the range (by timestamp, then messageId).
 *   Holdout exposures are left out; people seen in two arms stay in their first and are counted.
 * - Their events count from the first exposure on (its own millisecond included) to the end of the metric's window
 *   (exclusive), and up to `now`. An event counts when the metric's conditions hold for it and, for sum and mean, its
 *   property is a number. A refund subtracts its amount when the same conditions hold for it; it is no conversion.
 * - Squares are of each person's total.
 */
export async function impact(database: Database, question: ImpactQuestion): Promise<ImpactStatistics> {
  const binder = new Binder()
  const rows = await database.rows<ArmRow>(impactSql(question, binder), {
    ...binder.params,
    workspace: question.workspace,
    experience: question.experience,
    from: question.from ?? ALL_TIME.from,
    to: question.to ?? ALL_TIME.to,
    now: question.now,
  })
  const ratio = question.metric.type === 'mean'
  return {
    arms: rows.map(row => armOf(row, ratio)),
    contaminated: rows.reduce((sum, row) => sum + row.contaminated, 0),
    missingRates: missingRates(rows.flatMap(row => row.missing)),
  }
}

interface ArmRow {
  control: boolean
  variant: string
  people: number
  exposures: number
  contaminated: number
  expected: number
  conversions: number
  sum: number
  sumSquares: number
  countSum: number
  countSumSquares: number
  crossSum: number
  /** (currency, day) pairs without a rate. */
  missing: [currency: string, day: string][]
}

export function impactSql(question: ImpactQuestion, binder: Binder): string {
  const { metric } = question
  const first = `(
    SELECT
      ${personOf('e')} AS person,
      min(e.timestamp) AS since,
      argMin((e.control, if(e.control, '', e.variant), e.version, e.propensity), (e.timestamp, e.message_id)) AS seen,
      min((e.control, if(e.control, '', e.variant))) != max((e.control, if(e.control, '', e.variant))) AS mixed,
      count() AS exposures
    FROM exposures AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout
      AND ${within('e.timestamp')}
    GROUP BY person
  )`
  const values = valuesSql(question, first, binder)
  // People to expect: of those who came under one version, each arm's share of them by the propensities of that version.
  const strata = `(
    SELECT
      seen.1 AS control, seen.2 AS variant, seen.3 AS version, count() AS people, sum(exposures) AS exposures,
      countIf(mixed) AS contaminated, avg(seen.4) AS share,
      sum(count()) OVER (PARTITION BY version) AS of_version, sum(avg(seen.4)) OVER (PARTITION BY version) AS shares
    FROM ${first} GROUP BY control, variant, version
  )`
  return `
  SELECT
    arm.control AS control, arm.variant AS variant, arm.people AS people, arm.exposures AS exposures,
    arm.contaminated AS contaminated, arm.expected AS expected,
    outcome.conversions AS conversions, outcome.sum AS sum, outcome.sumSquares AS sumSquares, outcome.countSum AS countSum,
    outcome.countSumSquares AS countSumSquares, outcome.crossSum AS crossSum, outcome.missing AS missing
  FROM (
    SELECT
      control, variant, sum(people) AS people, sum(exposures) AS exposures, sum(contaminated) AS contaminated,
      sum(if(shares > 0, of_version * share / shares, 0)) AS expected
    FROM ${strata} GROUP BY control, variant
  ) AS arm
  LEFT ANY JOIN (
    SELECT
      control, variant, countIf(n > 0) AS conversions, sum(${metric.type === 'conversion' ? 'n > 0' : 'v'}) AS sum,
      sum(${metric.type === 'conversion' ? 'n > 0' : 'v * v'}) AS sumSquares,
      sum(n) AS countSum, sum(n * n) AS countSumSquares, sum(v * n) AS crossSum,
      groupUniqArrayArray(10000)(missing) AS missing
    FROM ${values} GROUP BY control, variant
  ) AS outcome ON outcome.control = arm.control AND outcome.variant = arm.variant
  ORDER BY control DESC, variant`
}

/** A row a person with counted events: arm, `v` their total, `n` how many events, and the (currency, day) pairs without a rate. */
function valuesSql({ metric }: ImpactQuestion, first: string, binder: Binder): string {
  const event = binder.bind('String', metric.event)
  const where = conditionsSql('e.properties', metric.where ?? [], binder)
  const refund = metric.type === 'conversion' ? undefined : metric.refund
  const refundEvent = refund && binder.bind('String', refund.event)
  const amountAt = (property: string | undefined) =>
    property === undefined ? 'e.revenue' : numberAt('e.properties', property, binder)
  const amount = amountAt(metric.property)
  const refunded = refund && `-abs(${amountAt(refund.property ?? metric.property)})`
  const value =
    metric.type === 'conversion'
      ? 'toNullable(1.0)'
      : refund
        ? `if(e.name = ${refundEvent}, ${refunded}, ${amount})`
        : amount
  const names = refund ? `e.name IN (${event}, ${refundEvent})` : `e.name = ${event}`
  const money = metric.type === 'conversion' ? undefined : metric.currency
  const window = metric.window && binder.bind('Int64', durationMs(metric.window))
  const until = window ? `AND counted.timestamp < f.since + toIntervalMillisecond(${window})` : ''
  const inScope = `e.workspace = {workspace:String} AND ${names} AND e.timestamp <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')`
  const counted = `(
    SELECT ${personOf('e')} AS person, e.timestamp AS timestamp, e.name = ${event} AS main, value
      ${money ? ', e.currency AS currency, toDate32(e.timestamp) AS day' : ''}
    FROM (
      SELECT e.profile AS profile, e.timestamp AS timestamp, e.name AS name, e.currency AS currency, ${value} AS value
      FROM events AS e WHERE ${inScope} AND (${where})
    ) AS e ${joinLinks('e')}
    WHERE value IS NOT NULL
  )`
  const target = money && binder.bind('String', money)
  const days = `SELECT DISTINCT e.currency AS currency, toDate32(e.timestamp) AS day FROM events AS e WHERE ${inScope}`
  const exchange = target
    ? `LEFT ANY JOIN ${exchangeSql(days, target)} AS exchange ON exchange.currency = counted.currency AND exchange.day = counted.day`
    : ''
  return `(
    SELECT
      f.seen.1 AS control, f.seen.2 AS variant,
      sum(assumeNotNull(counted.value)${money ? ' * exchange.factor' : ''}) AS v, toFloat64(countIf(counted.main)) AS n,
      ${money ? 'groupUniqArrayIf((counted.currency, toString(counted.day)), exchange.factor = 0)' : "CAST([], 'Array(Tuple(String, String))')"} AS missing
    FROM ${counted} AS counted
    INNER JOIN ${first} AS f ON f.person = counted.person
    ${exchange}
    WHERE counted.timestamp >= f.since ${until}
    GROUP BY counted.person, control, variant
  )`
}

function armOf(row: ArmRow, ratio: boolean): ArmStatistics {
  return {
    variant: row.variant,
    control: row.control,
    people: row.people,
    exposures: row.exposures,
    conversions: row.conversions,
    sum: row.sum,
    sumSquares: row.sumSquares,
    ...(ratio
      ? { denominatorSum: row.countSum, denominatorSumSquares: row.countSumSquares, crossSum: row.crossSum }
      : {}),
    expected: row.expected,
  }
}

function missingRates(pairs: readonly (readonly [string, string])[]): ImpactStatistics['missingRates'] {
  const days = new Map<string, Set<string>>()
  for (const [currency, day] of pairs) {
    const known = days.get(currency) ?? new Set()
    days.set(currency, known.add(day))
  }
  return [...days]
    .map(([currency, set]) => ({ currency, days: set.size, firstDay: [...set].sort()[0] ?? '' }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))
}
