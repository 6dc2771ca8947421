import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { moneyOf, productsOf } from './money.ts'
import { readItem } from './readItem.ts'

function money(event: string, properties: JsonObject, type = 'track') {
  const item = { type, event, name: event, anonymousId: 'a', properties, traits: properties }
  return moneyOf(readItem(item, { received: 1e12, index: 0, newMessageId: () => 'm' }).event!)
}

describe('moneyOf', () => {
  const CASES: [event: string, properties: JsonObject, revenue: number | null, currency?: string][] = [
    ['Order Completed', { total: 27.5, revenue: 25, value: 1, currency: 'usd' }, 27.5, 'USD'],
    ['Order Completed', { revenue: 25, value: 1 }, 25],
    ['Order Completed', { value: 1 }, 1],
    ['Order Completed', { total: 0, revenue: 25 }, 0],
    ['Order Completed', { total: 'free', revenue: '25.10' }, 25.1],
    ['Order Completed', { total: null, products: [] }, null],
    ['Order Completed', { total: 1e13 }, null],
    ['Order Completed', { total: '-3.5' }, -3.5],
    ['Order Refunded', { total: 30, currency: 'EUR' }, -30, 'EUR'],
    ['Order Refunded', { total: -30 }, -30],
    ['Order Refunded', { order_id: 'o' }, null],
    ['Subscription Renewed', { revenue: ' 9.90 ', total: 11, currency: 'euro' }, 9.9],
    ['Product Viewed', { value: 18.99, price: 18.99 }, null],
    ['Order Completed', { total: '1,299.00' }, null],
    ['Order Completed', { total: true }, null],
  ]
  for (const [event, properties, revenue, currency = ''] of CASES) {
    it(`${event} ${JSON.stringify(properties)} is ${revenue}`, () => {
      expect(money(event, properties)).toEqual({ revenue, currency })
    })
  }

  it('is that of tracks only', () => {
    expect(money('Order Completed', { total: 5, revenue: 5 }, 'page')).toEqual({ revenue: null, currency: '' })
  })
})

describe('productsOf', () => {
  it('names products once each, the own one first, up to the limit', () => {
    const products = [
      { product_id: 'b' },
      { sku: 'c' },
      { product_id: 'a' },
      'x',
      { product_id: 7, sku: 's' },
      { product_id: 'd' },
    ]
    expect(productsOf({ sku: 'a', products }, 4)).toEqual(['a', 'b', 'c', '7'])
    expect(productsOf({ products: 'none', product_id: '' }, 4)).toEqual([])
  })
})
