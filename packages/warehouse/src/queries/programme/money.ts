import { numberAt } from '../../sql/json.ts'
import { type Binder, within } from '../../sql/params.ts'
import { sourceHash } from './people.ts'
import type { OrderEvents, PricedQuestion, Rates } from './question.ts'

/** Days and currencies of the orders in scope, as rows (currency, day). */
export function orderDaysSql(orders: OrderEvents, target: string, binder: Binder): string {
  return `SELECT DISTINCT ${ownCurrency('e.currency', target)} AS currency, toDate32(e.timestamp) AS day
    FROM events AS e WHERE ${inScope(orders, binder)}`
}

/** What one unit of the currency was worth that day; what no rate is known of has been refused before. */
export function factorSql({ keys, factors }: Rates, currency: string, day: string, binder: Binder): string {
  if (keys.length === 0) return '1.'
  const key = `concat(${currency}, ' ', toString(${day}))`
  return `transform(${key}, ${binder.bind('Array(String)', keys)}, ${binder.bind('Array(Float64)', factors)}, 1.)`
}

/**
 * Rows (source, at in epoch milliseconds, ordered 0 or 1, revenue, margin, discount, unpriced 0 or 1), an order or refund each, in
 * the question's currency. A refund takes its amount and its margin back, and the discount that it names. Where no margin is known it
 * is 0 and `unpriced` is 1.
 */
export function moneySql({ orders, margin, currency, rates }: PricedQuestion, binder: Binder): string {
  const target = binder.bind('String', currency)
  const isRefund = `e.name = ${binder.bind('String', orders.refund)}`
  const at = (path: string) => numberAt('e.properties', path, binder)
  const amount = orders.amount === undefined ? 'e.revenue' : at(orders.amount)
  const rules = [
    ...(margin?.property === undefined ? [] : [`if(refund, -abs(own_margin), own_margin)`]),
    ...(margin?.cost === undefined ? [] : ['paid + off - if(refund, -abs(own_cost), own_cost)']),
    ...(margin?.rate === undefined ? [] : [`${binder.bind('Float64', margin.rate)} * (paid + off)`]),
  ]
  return `(
    SELECT e.source AS source, e.at AS at, toUInt8(NOT e.refund) AS ordered,
      ifNull(e.paid, 0) * e.factor AS revenue, ifNull(e.margin, 0) * e.factor AS margin,
      e.off * e.factor AS discount, toUInt8(isNull(e.margin)) AS unpriced
    FROM (
      SELECT source, at, refund, paid, off, ${factorSql(rates, 'currency', 'day', binder)} AS factor, ${rules.length === 0 ? "CAST(NULL, 'Nullable(Float64)')" : `coalesce(${rules.join(', ')}, NULL)`} AS margin
      FROM (
        SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) AS at, ${isRefund} AS refund,
          ${ownCurrency('e.currency', target)} AS currency, toDate32(e.timestamp) AS day,
          if(refund, -abs(${amount}), ${amount}) AS paid,
          ifNull(${at(orders.discount)}, 0.) AS own_discount, if(refund, -abs(own_discount), greatest(0., own_discount)) AS off
          ${margin?.property === undefined ? '' : `, ${at(margin.property)} AS own_margin`}
          ${margin?.cost === undefined ? '' : `, ${at(margin.cost)} AS own_cost`}
        FROM events AS e WHERE ${inScope(orders, binder)}
      )
    ) AS e
  )`
}

const ownCurrency = (column: string, target: string) => `if(${column} = '', ${target}, toString(${column}))`

function inScope({ event, refund }: OrderEvents, binder: Binder): string {
  return `e.workspace = {workspace:String} AND e.name IN (${binder.bind('String', event)}, ${binder.bind('String', refund)}) AND ${within('e.timestamp')}`
}
