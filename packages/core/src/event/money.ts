import type { Json, JsonObject } from '../json.ts'
import { amountOf } from './amount.ts'
import type { Event } from './event.ts'

/** Money of an event, in units of its currency. */
export interface Money {
  /** Refunds negative; null where the event has none. */
  readonly revenue: number | null
  /** Three capital letters, or '' where none is named. */
  readonly currency: string
}

const NONE: Money = { revenue: null, currency: '' }

/**
 * Money of an event by Segment's e-commerce properties. `Order Completed` and `Order Refunded`: the first of `total`,
 * `revenue` and `value` that is an amount. `total` is first since it is what was paid, and since it is all that Segment's
 * `Order Refunded` names: a full refund must cancel its order. A refund is negative whatever its sign. Every other track: its
 * `revenue`. Amounts may be text (`"19.90"`).
 */
export function moneyOf(event: Event): Money {
  if (event.type !== 'track') return NONE
  const { total, revenue, value, currency } = event.properties
  const code = typeof currency === 'string' && /^[a-z]{3}$/i.test(currency) ? currency.toUpperCase() : ''
  switch (event.name) {
    case 'Order Completed':
      return { revenue: amountOf(total) ?? amountOf(revenue) ?? amountOf(value), currency: code }
    case 'Order Refunded': {
      const refunded = amountOf(total) ?? amountOf(revenue) ?? amountOf(value)
      return { revenue: refunded === null ? null : 0 - Math.abs(refunded), currency: code }
    }
    default:
      return { revenue: amountOf(revenue), currency: code }
  }
}

/** Product ids of an event, in order and once each: `product_id` or `sku`, its own first, then those of `products`. */
export function productsOf(properties: JsonObject, limit: number): string[] {
  const ids: string[] = []
  add(ids, properties, limit)
  if (Array.isArray(properties.products)) {
    for (const product of properties.products) {
      if (ids.length >= limit) break
      if (typeof product === 'object' && product !== null && !Array.isArray(product)) add(ids, product, limit)
    }
  }
  return ids
}

function add(ids: string[], product: JsonObject, limit: number): void {
  const id = text(product.product_id) ?? text(product.sku)
  if (id !== undefined && ids.length < limit && !ids.includes(id)) ids.push(id)
}

const LONGEST_ID = 200

function text(id: Json | undefined): string | undefined {
  if (typeof id === 'number') return String(id)
  return typeof id === 'string' && id !== '' && id.length <= LONGEST_ID ? id : undefined
}
