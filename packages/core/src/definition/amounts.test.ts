import { expect, it } from 'vitest'
import { unclearAmount } from '../event/amount.ts'
import type { JsonObject } from '../json.ts'
import { amountsOf } from './amounts.ts'
import type { Definition } from './definition.ts'

const definition = (kind: string, body: JsonObject, archived = false) =>
  ({ kind, key: 'k', body, archived }) as never as Definition
const amounts = amountsOf([
  definition('metric', { type: 'sum', event: 'Bought', property: 'cart.value', refund: { event: 'Returned' } }),
  definition('metric', { type: 'sum', event: 'Bought', property: 'gone' }, true),
  definition('metric', { type: 'conversion', event: 'Signed Up' }),
  definition('settings', { impact: { orders: { event: 'Bought' }, margin: { cost: 'cost' } } }),
])

it.each<[event: string, properties: JsonObject, unclear: string | undefined]>([
  ['Order Completed', { total: 1e12, revenue: '-3.50' }, undefined],
  ['Order Completed', { total: 1.5e12 }, 'properties.total is 1500000000000, which is beyond 1e12'],
  ['Order Completed', { total: 'free', value: null, revenue: true }, undefined],
  ['Order Completed', { total: '1,299.00' }, 'properties.total is "1,299.00", which is no plain decimal'],
  ['Order Refunded', { value: '9'.repeat(80) }, 'properties.value is "99999'],
  ['Order Refunded', { revenue: Number.POSITIVE_INFINITY }, 'properties.revenue is Infinity, which is beyond 1e12'],
  ['Signed Up', { revenue: '1e3' }, 'properties.revenue is "1e3", which is no plain decimal'],
  ['Signed Up', { total: 1e13 }, undefined],
  ['Bought', { cart: { value: -2e12 } }, 'properties.cart.value is -2000000000000, which is beyond 1e12'],
  ['Bought', { cost: '5 €' }, 'properties.cost is "5 €"'],
  ['Bought', { gone: 1e13, total: 1e13 }, undefined],
  ['Returned', { cart: { value: 1e13 } }, 'properties.cart.value is 10000000000000'],
  ['Order Refunded', { cost: 1e13 }, 'properties.cost is'],
])('where reports look for an amount, what is none and was meant as one is named: %s %j', (event, properties, unclear) => {
  const said = unclearAmount(properties, amounts(event))
  if (unclear === undefined) expect(said).toBeUndefined()
  else expect(said?.startsWith(unclear)).toBe(true)
  expect(said?.length ?? 0).toBeLessThan(200)
})
