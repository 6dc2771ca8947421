import type { Metric } from '@espalier/core/definition'
import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { event, exposure, fresh, NOON, ship } from './harness.ts'

export function ratesContract(warehouse: () => Warehouse): void {
  it('a repeated day replaces, also back to what it was before', async () => {
    const workspace = fresh('rates')
    await ship(warehouse(), 'exposures', [exposure({ workspace })])
    await ship(warehouse(), 'events', [event({ workspace, currency: 'USD', properties: { total: 10 } })])
    const metric: Metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' }
    const sum = async () =>
      (await warehouse().impact({ workspace, experience: 'spring', metric, now: NOON })).arms[0]?.sum
    const put = (rate: number) =>
      warehouse().putRates(workspace, [{ day: '2026-03-10', currency: 'USD', base: 'EUR', rate }])
    await put(0.5)
    expect(await sum()).toBe(5)
    await put(0.25)
    expect(await sum()).toBe(2.5)
    await put(0.5)
    expect(await sum()).toBe(5)
  })

  it('of two rates for one day in one call the last holds', async () => {
    const workspace = fresh('rates')
    await ship(warehouse(), 'exposures', [exposure({ workspace })])
    await ship(warehouse(), 'events', [event({ workspace, currency: 'USD', properties: { total: 10 } })])
    await warehouse().putRates(workspace, [
      { day: '2026-03-10', currency: 'USD', base: 'EUR', rate: 0.5 },
      { day: '2026-03-10', currency: 'USD', base: 'EUR', rate: 2 },
    ])
    const metric: Metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' }
    const answer = await warehouse().impact({ workspace, experience: 'spring', metric, now: NOON })
    expect(answer.arms[0]?.sum).toBe(20)
  })

  it('takes none', async () => {
    await warehouse().putRates(fresh('rates'), [])
  })
}
