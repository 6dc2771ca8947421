import type { Metric } from '@espalier/core/definition'
import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, link, NOON, ship } from './harness.ts'

/** What people did by day, before an experience was first seen and after. */
export function visitorDaysContract(warehouse: () => Warehouse): void {
  const bought: Metric = { type: 'conversion', event: 'Order Completed' }
  const at = (day: number, hour = 0) => NOON + day * DAY + hour * HOUR
  const ask = (workspace: string, more: object = {}) =>
    warehouse().visitorDays({
      workspace,
      experience: 'spring',
      metric: bought,
      zone: 'UTC',
      days: 10,
      now: at(20),
      ...more,
    })

  async function told(workspace: string) {
    const shown = (profile: string, day: number, own: boolean, more: object = {}) =>
      exposure({
        workspace,
        profile,
        timestamp: at(day),
        experience: own ? 'spring' : '',
        variant: own ? 'bold' : '',
        ...more,
      })
    const came = (profile: string, day: number, more: object = {}) =>
      event({ workspace, profile, timestamp: at(day), type: 'page', name: 'Home', ...more })
    const order = (profile: string, day: number, total = 10, hour = 1) =>
      event({ workspace, profile, timestamp: at(day, hour), properties: { total } })
    await ship(warehouse(), 'exposures', [
      // Two days before: default content, seen twice by one and by a device that is hers.
      shown('ada', -2, false),
      shown('ada', -2, false),
      shown('phone', -2, false),
      shown('bob', -2, false),
      // The experience is first seen on day 0, and last on day 4.
      shown('ada', 0, true),
      shown('ada', 2, true),
      shown('bob', 2, false),
      shown('cyd', 4, true),
      // Nobody's business: another touchpoint, and people of the holdout.
      shown('dan', 2, false, { touchpoint: 'cart.top' }),
      shown('eve', 2, false, { holdout: true }),
    ])
    await ship(warehouse(), 'identity_links', [link({ workspace, source: 'phone', canonical: 'ada', at: at(-1) })])
    await ship(warehouse(), 'events', [
      order('phone', -2),
      order('ada', -2, 5),
      // Ada did not come to the touchpoint that day, but she has been there, so that she is no comparison either.
      order('ada', -1),
      // Those who never come to it: one who buys, one who looks, one whom only the engine noted.
      order('dan', -2, 7),
      came('fay', -2),
      event({ workspace, profile: 'gus', timestamp: at(-2), type: 'segment', name: 'Segment Entered' }),
      // Bought twice, and before she came to it: the day counts as a whole.
      order('ada', 2, 4, -2),
      order('ada', 2, 6),
      came('dan', 2),
      came('eve', 2),
      order('fay', 4),
    ])
  }

  it('counts whoever came on a day with what they did that day, beside those who never came', async () => {
    const workspace = fresh('visitors')
    await told(workspace)
    const none = { sum: 0, count: 0 }
    expect(await ask(workspace)).toEqual({
      changed: '2026-03-10',
      touchpoints: ['home.hero'],
      missing: 0,
      days: [
        {
          day: '2026-03-08',
          touched: { people: 2, sum: 1, count: 2 },
          comparison: { people: 2, sum: 1, count: 1 },
          reached: 0,
        },
        { day: '2026-03-09', touched: { people: 0, ...none }, comparison: { people: 0, ...none }, reached: 0 },
        {
          day: '2026-03-12',
          touched: { people: 2, sum: 1, count: 2 },
          comparison: { people: 2, ...none },
          reached: 1,
        },
      ],
    })
    const spent = (await ask(workspace, { metric: { type: 'sum', event: 'Order Completed', property: 'total' } })).days
    // Of two people, on two days of the one: nothing of what they paid names a currency.
    const paid: Metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' }
    expect((await ask(workspace, { metric: paid })).missing).toBe(3)
    expect((await ask(workspace, { metric: paid, currency: 'EUR' })).missing).toBe(0)
    expect(spent.map(({ touched, comparison }) => [touched.sum, comparison.sum])).toEqual([
      [15, 7],
      [0, 0],
      [10, 0],
    ])
    const value = (await ask(workspace, { metric: { type: 'mean', event: 'Order Completed', property: 'total' } })).days
    expect(value.map(({ touched }) => [touched.sum, touched.count])).toEqual([
      [15, 2],
      [0, 0],
      [10, 2],
    ])
  })

  it('is held against the visitors of another touchpoint, to an instant, by the days of a zone', async () => {
    const workspace = fresh('visitors')
    await told(workspace)
    const against = await ask(workspace, { comparison: 'cart.top' })
    expect(against.days.map(({ day, comparison }) => [day, comparison.people])).toEqual([
      ['2026-03-08', 0],
      ['2026-03-09', 0],
      ['2026-03-12', 1],
    ])
    expect((await ask(workspace, { to: at(2) })).days.map(({ day }) => day)).toEqual(['2026-03-08', '2026-03-09'])
    expect((await ask(workspace, { days: 1 })).days.map(({ day }) => day)).toEqual(['2026-03-09'])
    // Noon in London is an hour past midnight in Auckland.
    const there = await ask(workspace, { zone: 'Pacific/Auckland' })
    expect([there.changed, ...there.days.map(({ day }) => day)]).toEqual([
      '2026-03-11',
      '2026-03-09',
      '2026-03-10',
      '2026-03-12',
      '2026-03-13',
    ])
    expect(await ask(fresh('none'))).toEqual({ changed: null, touchpoints: [], days: [], missing: 0 })
  })

  it('takes nothing from before that an earlier start may have touched', async () => {
    const workspace = fresh('visitors')
    await told(workspace)
    const later = await ask(workspace, { since: at(1) })
    // Since then it was first seen on day 2; on day 0 the earlier start was still there.
    expect([later.changed, later.days.map(({ day }) => day)]).toEqual(['2026-03-12', []])
  })
}
