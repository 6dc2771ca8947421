import type { Metric } from '@espalier/core/definition'
import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, NOON, ship } from './harness.ts'

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

  it('amounts that name no currency are in that of the workspace, in every report; without a rate of it none adds them up', async () => {
    const workspace = fresh('rates')
    await ship(warehouse(), 'exposures', [exposure({ workspace })])
    const total = 10
    await ship(warehouse(), 'events', [
      event({ workspace, properties: { total } }),
      event({ workspace, currency: 'EUR', properties: { total } }),
      event({
        workspace,
        name: 'Segment Entered',
        type: 'segment',
        timestamp: NOON - 1,
        properties: { segment: 'vip' },
      }),
    ])
    const metric: Metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' }
    const asked = { workspace, experience: 'spring', metric, now: NOON + 5 * DAY }
    const sumsOf = async (currency: string) => {
      const question = { ...asked, currency }
      const [inside] = await warehouse().segmentArms({ ...question, segments: ['vip'] })
      const { cells } = await warehouse().evidenceCells({ ...question, by: [{ kind: 'segment', key: 'vip' }] })
      const [days] = await warehouse().evidenceDays({ ...question, days: 2 })
      const impact = await warehouse().impact(question)
      return [impact.arms[0]?.sum, inside?.arms[0]?.sum, cells[0]?.arm.sum, days?.days[0]?.sum]
    }
    expect(await sumsOf('EUR')).toEqual([20, 20, 20, 20])
    const lost = { currency: 'USD', days: 1, firstDay: '2026-03-10' }
    expect((await warehouse().impact({ ...asked, currency: 'USD' })).missingRates).toEqual([lost])
    await expect(warehouse().evidenceDays({ ...asked, currency: 'USD', days: 2 })).rejects.toThrow(
      '1 amount has no rate to EUR',
    )
    await warehouse().putRates(workspace, [{ day: '2026-03-10', currency: 'USD', base: 'EUR', rate: 0.5 }])
    expect(await sumsOf('USD')).toEqual([15, 15, 15, 15])
  })

  it('takes none', async () => {
    await warehouse().putRates(fresh('rates'), [])
  })
}
