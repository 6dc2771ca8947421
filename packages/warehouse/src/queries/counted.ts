import { ANY_EVENT, type Metric } from '@espalier/core/definition'
import { numberAt } from '../sql/json.ts'
import type { Binder } from '../sql/params.ts'
import { conditionsSql } from './conditions.ts'
import { currencyOf, exchangeSql } from './exchange.ts'
import { OWN_DOING, pointsOfAmount } from './measure/matched.ts'
import { joinLinks, personOf } from './people.ts'

/** The events that a metric counts, as SQL. Parameters `workspace` and `now` are the caller's. */
export interface Counted {
  /**
   * Rows (person, at in epoch milliseconds, main: not a refund, value, and of money currency and day). The value of an event of a
   * conversion or count is 1, or its points.
   */
  readonly events: string
  /** Of money: joins to `counted` the `factor` that turns its value into the metric's currency; 0 where a rate is missing. */
  readonly exchange: string
  readonly isMoney: boolean
}

/** An event counts when the conditions hold and, where the metric is of amounts, its property is one; a refund is negative. `home`: the currency of amounts that name none. */
export function countedSql(metric: Metric, binder: Binder, home?: string): Counted {
  const isValued = metric.type === 'sum' || metric.type === 'mean' || metric.type === 'quantile'
  const where = conditionsSql('e.properties', metric.where ?? [], binder)
  const refund = isValued ? metric.refund : undefined
  const refundEvent = refund && binder.bind('String', refund.event)
  const amountAt = (property: string | undefined) =>
    property === undefined ? 'e.revenue' : numberAt('e.properties', property, binder)
  const own = binder.bind('String', metric.event)
  const isOwn = metric.event === ANY_EVENT ? OWN_DOING : `e.name = ${own}`
  const others = (metric.type === 'count' ? (metric.others ?? []) : []).map(other => ({
    is: `(e.name = ${binder.bind('String', other.event)} AND (${conditionsSql('e.properties', other.where ?? [], binder)}))`,
    points: binder.bind('Float64', other.points),
  }))
  const points = others.map(one => `${one.is}, ${one.points}`).join(', ')
  const times = others.length === 0 ? '1.0' : `multiIf(${isOwn} AND (${where}), 1.0, ${points}, 0.0)`
  const amount = isValued ? pointsOfAmount(metric.bands, amountAt(metric.property), binder) : `toNullable(${times})`
  const value = refund
    ? `if(e.name = ${refundEvent}, -abs(${amountAt(refund.property ?? metric.property)}), ${amount})`
    : amount
  const names = refund ? `e.name IN (${own}, ${refundEvent})` : isOwn
  const counts = [`(${names} AND (${where}))`, ...others.map(({ is }) => is)].join(' OR ')
  const money = isValued ? metric.currency : undefined
  const currency = currencyOf('e', home, binder)
  const inTime = `e.workspace = {workspace:String} AND e.timestamp <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')`
  const events = `(
    SELECT ${personOf('e')} AS person, e.at AS at, e.main AS main, assumeNotNull(e.value) AS value
      ${money ? ', e.currency AS currency, e.day AS day' : ''}
    FROM (
      SELECT e.profile AS profile, toUnixTimestamp64Milli(e.timestamp) AS at,
        ${others.length === 0 ? isOwn : '1'} AS main, ${value} AS value
        ${money ? `, ${currency} AS currency, toDate32(e.timestamp) AS day` : ''}
      FROM events AS e WHERE ${inTime} AND (${counts})
    ) AS e ${joinLinks('e')}
    WHERE e.value IS NOT NULL
  )`
  const target = money && binder.bind('String', money)
  const days = `SELECT DISTINCT ${currency} AS currency, toDate32(e.timestamp) AS day FROM events AS e WHERE ${inTime} AND ${names}`
  const exchange = target
    ? `LEFT ANY JOIN ${exchangeSql(days, target)} AS exchange ON exchange.currency = counted.currency AND exchange.day = counted.day`
    : ''
  return { events, exchange, isMoney: money !== undefined }
}
