import type { Metric } from '@espalier/core/definition'
import { DEFAULT_CONFIDENCE, type QuantileStatistics, type QuantilesByArm } from '@espalier/core/experiment'
import { normalQuantile } from '@espalier/core/numeric'
import type { Database, Params } from '../../client/database.ts'
import type { ArmVersion } from '../arms.ts'
import { rowColumns } from './columns.ts'
import type { Factors } from './factors.ts'
import { layers } from './layers.ts'
import { SharedBinder } from './sharedBinder.ts'
import { spanOf } from './span.ts'
import { factsSql } from './totals.ts'

interface Row {
  arm: number
  count: number
  value: number
  lower: number
  upper: number
  people: number
  below: number
  belowSquares: number
  countSquares: number
  belowTimesCount: number
}

/** All variants together. */
const TOGETHER = 0

/**
 * A quantile of the values of events, by arm and of all variants together (a quantile of all is not made of those of the parts). The
 * value at a level is the one at place floor(level x count), counted from 0; the outer levels are `quantileLevels`.
 */
export async function quantilesOf(
  database: Database,
  metric: Metric,
  versions: readonly ArmVersion[],
  factors: Factors,
  scope: Params,
): Promise<QuantilesByArm> {
  const binder = new SharedBinder()
  const shared = layers(binder)
  const span = spanOf(metric, binder)
  const { main, value } = rowColumns(metric, shared, factors)
  const level = binder.bind('Float64', metric.level)
  const z = binder.bind('Float64', normalQuantile(0.5 + DEFAULT_CONFIDENCE / 2))
  const controls = binder.bind(
    'Array(UInt32)',
    versions.flatMap(({ control }, index) => (control ? [index + 1] : [])),
  )
  const half = `(${z} * sqrt(${level} * (1 - ${level}) / length(xs)))`
  const at = (place: string) =>
    `xs[toUInt64(least(greatest(floor((${place}) * length(xs)), 0.0), length(xs) - 1.0)) + 1]`
  const query = `
  SELECT arm, length(xs) AS count, ${at(level)} AS value, ${at(`${level} - ${half}`)} AS lower, ${at(`${level} + ${half}`)} AS upper,
    length(people_values) AS people,
    arrayMap(own -> toFloat64(arrayCount(x -> x <= value, own)), people_values) AS belows, arrayMap(own -> toFloat64(length(own)), people_values) AS counts,
    arraySum(belows) AS below, arraySum(b -> b * b, belows) AS belowSquares, arraySum(n -> n * n, counts) AS countSquares,
    arraySum((b, n) -> b * n, belows, counts) AS belowTimesCount
  FROM (
    SELECT arm, groupArray(own) AS people_values, arraySort(groupArrayArray(own)) AS xs
    FROM (
      SELECT head, groupArray(${value}) AS own FROM ${factsSql(shared)} WHERE ${span.after} AND ${main} GROUP BY person, head
    )
    ARRAY JOIN if(has(${controls}, bitAnd(head, 65535)), [toInt64(-1)], [toInt64(${TOGETHER}), transform(bitAnd(head, 65535), {numbers:Array(Int64)}, {groups:Array(Int64)}, -2)]) AS arm
    GROUP BY arm
  )`
  const rows = await database.rows<Row>(
    `SELECT arm, count, value, lower, upper, people, below, belowSquares, countSquares, belowTimesCount FROM (${query})`,
    { ...binder.params, ...scope },
  )
  const statistics = (row: Row, control: boolean, variant: string): QuantileStatistics => ({
    variant,
    control,
    level: metric.level ?? 0.5,
    count: row.count,
    value: row.value,
    lower: row.lower,
    upper: row.upper,
    clusters: {
      people: row.people,
      below: row.below,
      belowSquares: row.belowSquares,
      countSquares: row.countSquares,
      belowTimesCount: row.belowTimesCount,
    },
  })
  const together = rows.find(({ arm }) => arm === TOGETHER)
  const groups = new Map(versions.map(version => [version.control ? -1 : version.group, version]))
  return {
    arms: [...groups].flatMap(([group, { control, variant }]) =>
      rows.filter(({ arm }) => arm === group).map(row => statistics(row, control, variant)),
    ),
    together: together === undefined ? null : statistics(together, false, ''),
  }
}
