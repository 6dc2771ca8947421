import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, link, NOON, ship } from './harness.ts'

export function summaryContract(warehouse: () => Warehouse): void {
  it('adds up events, people, accounts, money and countries', async () => {
    const workspace = fresh('summary')
    const order = (profile: string, revenue: number, country: object, currency = 'EUR') =>
      event({ workspace, profile, revenue, currency, ...country })
    await ship(warehouse(), 'events', [
      order('ada', 0.1, { properties: { country: 'France' } }),
      order('ada', 0.2, { context: { location: { country: 'France' } } }),
      order('bob', 5, { context: { traits: { address: { country: 'Peru' } } } }, 'USD'),
      event({ workspace, profile: 'bob', name: 'Order Refunded', revenue: -2, currency: 'USD' }),
      event({
        workspace,
        profile: 'cyd',
        name: 'identify',
        type: 'identify',
        properties: { address: { country: 'Peru' } },
      }),
      event({ workspace, profile: 'cyd', name: 'group', type: 'group', group_id: 'acme', timestamp: NOON + DAY }),
      event({ workspace, profile: 'dan', name: 'group', type: 'group', group_id: 'acme', properties: { country: 7 } }),
    ])
    await ship(warehouse(), 'exposures', [exposure({ workspace })])
    // Dan is Cyd.
    await ship(warehouse(), 'identity_links', [link({ workspace, source: 'dan', canonical: 'cyd', at: NOON })])
    expect(await warehouse().summary({ workspace })).toEqual({
      events: [
        { name: 'Order Completed', type: 'track', count: 3 },
        { name: 'group', type: 'group', count: 2 },
        { name: 'Order Refunded', type: 'track', count: 1 },
        { name: 'identify', type: 'identify', count: 1 },
      ],
      totals: { events: 7, people: 3, accounts: 1, decisions: 0, exposures: 1, first: NOON, last: NOON + DAY },
      revenue: [
        { name: 'Order Completed', currency: 'EUR', count: 2, sum: expect.closeTo(0.3, 12) },
        { name: 'Order Completed', currency: 'USD', count: 1, sum: 5 },
        { name: 'Order Refunded', currency: 'USD', count: 1, sum: -2 },
      ],
      countries: [
        { country: 'France', people: 1, orders: 2 },
        { country: 'Peru', people: 2, orders: 1 },
      ],
    })
    const day = await warehouse().summary({ workspace, from: NOON + 1, to: NOON + DAY + 1 })
    expect(day.totals).toMatchObject({ events: 1, people: 1, exposures: 0, first: NOON + DAY, last: NOON + DAY })
  })

  it('keeps cents exact over many rows', async () => {
    const workspace = fresh('summary')
    const rows = Array.from({ length: 20_000 }, () => event({ workspace, revenue: 0.1, currency: 'EUR' }))
    await ship(warehouse(), 'events', rows)
    const { revenue } = await warehouse().summary({ workspace })
    expect(revenue).toEqual([{ name: 'Order Completed', currency: 'EUR', count: 20_000, sum: 2000 }])
  })

  it('R13 is empty for a workspace that has nothing', async () => {
    expect(await warehouse().summary({ workspace: fresh('summary') })).toEqual({
      events: [],
      totals: { events: 0, people: 0, accounts: 0, decisions: 0, exposures: 0, first: null, last: null },
      revenue: [],
      countries: [],
    })
  })
}
