import { describe, expect, it } from 'vitest'
import { addsUp } from './impactProblems.ts'
import type { Metric } from './metric.ts'
import { validate } from './validate.ts'

const metrics: Record<string, Metric> = {
  bought: { type: 'conversion', event: 'Order Completed' },
  basket: { type: 'mean', event: 'Order Completed', property: 'total' },
}
const surroundings = {
  find: (_: string, key: string) => metrics[key] as never,
  keys: () => Object.keys(metrics),
}
const problems = (impact: object) =>
  validate('settings', 'workspace', { impact }, surroundings).map(({ path, message }) => `${path}: ${message}`)

describe('impact settings', () => {
  it('fit where they can be meant', () => {
    expect(problems({})).toEqual([])
    expect(
      problems({
        metric: 'bought',
        orders: { event: 'Subscription Renewed', amount: 'price.paid', discount: 'price.off' },
        margin: { property: 'margin', cost: 'cost', rate: 0.4 },
        sends: { sms: 0.06 },
      }),
    ).toEqual([])
  })

  it.each([
    [{ margin: {} }, 'impact.margin'],
    [{ margin: { rate: 1.1 } }, 'impact.margin.rate'],
    [{ sends: { pigeon: 1 } }, 'impact.sends'],
    [{ sends: { sms: -1 } }, 'impact.sends.sms'],
    [{ orders: { event: 'A', refund: 'A' } }, 'impact.orders.refund'],
    [{ orders: { event: 'Order Refunded' } }, 'impact.orders.refund'],
    [{ metric: 'none' }, 'impact.metric: there is no metric "none"'],
    [{ metric: 'basket' }, 'impact.metric: metric "basket" does not add up over people'],
  ])('%j is refused at %s', (impact, where) => {
    const found = problems(impact)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(where)
  })

  it.each<[Partial<Metric>, boolean]>([
    [{ type: 'count' }, true],
    [{ type: 'sum', property: 'total', window: '7d' }, true],
    [{ type: 'sum', property: 'total', per: 'buyer' }, false],
    [{ type: 'quantile', property: 'total', level: 0.9 }, false],
    [{ type: 'conversion', window: '7d', absent: true }, false],
    [{ type: 'conversion', window: '7d', delay: '7d' }, false],
  ])('a KPI that adds up over people: %j is %s', (metric, expected) => {
    expect(addsUp({ type: 'conversion', event: 'x', ...metric })).toBe(expected)
  })
})
