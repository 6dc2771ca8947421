import type { Metric } from '@espalier/core/definition'
import { numberAt } from '../sql/json.ts'
import type { Binder } from '../sql/params.ts'
import { conditionsSql } from './conditions.ts'
import { exchangeSql } from './exchange.ts'
import { joinLinks, personOf } from './people.ts'

/** The events that a metric counts, as SQL. Parameters `workspace` and `now` are the caller's. */
export interface Counted {
  /** Rows (person, at in epoch milliseconds, main: not a refund, value, and of money currency and day). */
  readonly events: string
  /** Of money: joins to `counted` the `factor` that turns its value into the metric's currency; 0 where a rate is missing. */
  readonly exchange: string
  readonly isMoney: boolean
}

/** An event counts when the conditions hold and, unless it is a conversion, its property is an amount; a refund is negative. */
export function countedSql(metric: Metric, binder: Binder): Counted {
  const event = binder.bind('String', metric.event)
  const where = conditionsSql('e.properties', metric.where ?? [], binder)
  const refund = metric.type === 'conversion' ? undefined : metric.refund
  const refundEvent = refund && binder.bind('String', refund.event)
  const amountAt = (property: string | undefined) =>
    property === undefined ? 'e.revenue' : numberAt('e.properties', property, binder)
  const amount = metric.type === 'conversion' ? 'toNullable(1.0)' : amountAt(metric.property)
  const value = refund
    ? `if(e.name = ${refundEvent}, -abs(${amountAt(refund.property ?? metric.property)}), ${amount})`
    : amount
  const names = refund ? `e.name IN (${event}, ${refundEvent})` : `e.name = ${event}`
  const money = metric.type === 'conversion' ? undefined : metric.currency
  const inScope = `e.workspace = {workspace:String} AND ${names} AND e.timestamp <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')`
  const events = `(
    SELECT ${personOf('e')} AS person, e.at AS at, e.main AS main, assumeNotNull(e.value) AS value
      ${money ? ', e.currency AS currency, e.day AS day' : ''}
    FROM (
      SELECT e.profile AS profile, toUnixTimestamp64Milli(e.timestamp) AS at, e.name = ${event} AS main, ${value} AS value
        ${money ? ', e.currency AS currency, toDate32(e.timestamp) AS day' : ''}
      FROM events AS e WHERE ${inScope} AND (${where})
    ) AS e ${joinLinks('e')}
    WHERE e.value IS NOT NULL
  )`
  const target = money && binder.bind('String', money)
  const days = `SELECT DISTINCT e.currency AS currency, toDate32(e.timestamp) AS day FROM events AS e WHERE ${inScope}`
  const exchange = target
    ? `LEFT ANY JOIN ${exchangeSql(days, target)} AS exchange ON exchange.currency = counted.currency AND exchange.day = counted.day`
    : ''
  return { events, exchange, isMoney: money !== undefined }
}
