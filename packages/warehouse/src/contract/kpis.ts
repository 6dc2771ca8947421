import type { Metric } from '@espalier/core/definition'
import { impact } from '@espalier/core/experiment'
import { library } from '@espalier/core/library'
import type { EventRow } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, NOON, SECOND, ship } from './harness.ts'

const KPIS = new Map(library().flatMap(entry => (entry.kind === 'metric' ? [[entry.key, entry.body] as const] : [])))

/** The ready-made KPIs, of four people whose numbers are worked out by hand. */
export function kpisContract(warehouse: () => Warehouse): void {
  it('each ready-made KPI is what it says, in numbers worked out by hand', async () => {
    const workspace = fresh('kpis')
    const did = (profile: string, name: string, at: number, more: Partial<EventRow> = {}) =>
      event({ workspace, profile, name, timestamp: NOON + at, ...more })
    const order = (profile: string, at: number, total: number, session = '') =>
      did(profile, 'Order Completed', at, { properties: { total }, session_id: session })
    const answer = (profile: string, survey: string, score: unknown) =>
      did(profile, 'Survey Answered', 12 * HOUR, { properties: { survey, score } as never })
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'ada' }),
      exposure({ workspace, profile: 'ada', timestamp: NOON + HOUR }),
      exposure({ workspace, profile: 'bob' }),
      exposure({ workspace, profile: 'cyd' }),
      exposure({ workspace, profile: 'dan' }),
    ])
    await ship(warehouse(), 'events', [
      // ada: a session of 90 s with two orders, one sent back in part; comes back on day 8.
      did('ada', 'Home', 0, { type: 'page', session_id: 's1' }),
      did('ada', 'Promotion Clicked', 30 * SECOND, { session_id: 's1' }),
      did('ada', 'Product Viewed', 40 * SECOND, { session_id: 's1' }),
      did('ada', 'Product Added', 50 * SECOND, { session_id: 's1' }),
      order('ada', 60 * SECOND, 30, 's1'),
      order('ada', 90 * SECOND, 50, 's1'),
      did('ada', 'Order Refunded', 2 * DAY, { properties: { total: 20 } }),
      did('ada', 'Home', 8 * DAY, { type: 'page', session_id: 's2' }),
      did('ada', 'Home', 8 * DAY + 10 * SECOND, { type: 'page', session_id: 's2' }),
      // bob: one order without a session; unsubscribes.
      order('bob', HOUR, 100),
      did('bob', 'Feature Used', 2 * HOUR),
      did('bob', 'Unsubscribed', 3 * HOUR),
      // cyd only gets messages, which are not their own doing as a segment or an exposure is not either.
      did('cyd', 'Email Delivered', DAY, { type: 'track', session_id: '' }),
      did('cyd', 'Email Delivered', 2 * DAY),
      did('cyd', 'Email Marked as Spam', 2 * DAY),
      // dan: noted by the engine, and before they came.
      did('dan', 'Segment Entered', 8 * DAY, { type: 'segment', properties: { segment: 'vip' } }),
      did('dan', 'Exposure', 8 * DAY),
      order('dan', -DAY, 77),
      ...[answer('ada', 'nps', 10), answer('bob', 'nps', 8), answer('cyd', 'nps', 3), answer('dan', 'nps', 9)],
      ...[answer('ada', 'nps', 11), answer('bob', 'nps', 'none')],
      ...[answer('ada', 'csat', 5), answer('bob', 'csat', 4), answer('cyd', 'csat', 2)],
    ])
    const metrics = [...KPIS.values()]
    const answers = await warehouse().impacts({ workspace, experience: 'spring', metrics, now: NOON + 400 * DAY })
    const means = Object.fromEntries(
      [...KPIS.keys()].map((key, index) => {
        const { arms, quantiles } = answers[index]!
        return [key, impact(arms, { metric: metrics[index]!, ...(quantiles && { quantiles }) }).variants[0]?.mean]
      }),
    )
    expect(means).toEqual({
      conversion: 2 / 4,
      // Sessions: s1 and s2; s1 with an order.
      'session-conversion': 1 / 2,
      // Five exposures, one click.
      'click-through': 1 / 5,
      'revenue-per-visitor': (30 + 50 - 20 + 100) / 4,
      'average-order-value': (30 + 50 + 100) / 3,
      'orders-per-buyer': 3 / 2,
      'lifetime-value': (30 + 50 - 20 + 100) / 4,
      retention: 1 / 4,
      // After the first day nothing was heard of bob and dan.
      churn: 2 / 4,
      'time-on-site': (90 + 10) / 4,
      'session-time': (90 + 10) / 2,
      'feature-use': 1 / 4,
      'engagement-score': (1 + 3 + 2 * 10 + 10) / 4,
      nps: (100 + 0 - 100 + 100) / 4,
      csat: (100 + 100 + 0) / 3,
      unsubscribes: 1 / 4,
      complaints: 1 / 4,
      'contact-fatigue': 2 / 4,
    })
  })

  it('points count where a metric gives them: the first band, and other events', async () => {
    const workspace = fresh('kpis')
    await ship(warehouse(), 'exposures', [exposure({ workspace })])
    const rate = (stars: number) => event({ workspace, name: 'Rated', timestamp: NOON + 1, properties: { stars } })
    await ship(warehouse(), 'events', [
      rate(1),
      rate(3),
      rate(5),
      event({ workspace, name: 'Shared', timestamp: NOON + 2 }),
    ])
    const measure = async (metric: Metric) => {
      const { arms } = await warehouse().impact({ workspace, experience: 'spring', metric, now: NOON + DAY })
      return [arms[0]?.sum, arms[0]?.conversions]
    }
    const bands = [
      { from: 3, points: 2 },
      { from: 3, to: 3, points: 50 },
      { to: 1, points: -1 },
    ]
    expect(await measure({ type: 'sum', event: 'Rated', property: 'stars', bands })).toEqual([3, 1])
    const where = [{ property: 'stars', gte: 4 }]
    const others = [{ event: 'Rated', where, points: 0.5 }]
    expect(await measure({ type: 'count', event: 'Shared', others })).toEqual([1.5, 1])
    expect(await measure({ type: 'count', event: 'Viewed', others })).toEqual([0.5, 1])
    expect(await measure({ type: 'count', event: '*' })).toEqual([4, 1])
  })
}
