import type { Metric } from '@espalier/core/definition'
import fc from 'fast-check'
import { event, exposure, HOUR, link, NOON } from './harness.ts'
import type { Facts } from './oracle.ts'

/** Facts belong to nobody until `factsOf` gives them to a workspace. */
const workspace = ''
const profile = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
// Few different times, so that ties and window ends are hit.
const timestamp = fc.integer({ min: 0, max: 40 }).map(step => NOON + step * 6 * HOUR)
const currency = fc.constantFrom('EUR', 'USD', 'GBP', 'SEK')

const randomExposure = fc
  .record({
    profile,
    timestamp,
    version: fc.constantFrom(1, 2),
    variant: fc.constantFrom('bold', 'calm'),
    kind: fc.constantFrom('variant', 'variant', 'control', 'holdout'),
  })
  .map(({ kind, version, ...row }) =>
    exposure({
      ...row,
      workspace,
      version,
      control: kind === 'control',
      holdout: kind === 'holdout',
      propensity: kind === 'control' ? 0.1 * version : 0.45 / version,
    }),
  )

const randomEvent = fc
  .record({
    profile,
    timestamp,
    currency,
    name: fc.constantFrom('Order Completed', 'Order Refunded', 'Cart Viewed'),
    total: fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constantFrom('12.5', 'x', null, true)),
    category: fc.constantFrom('shoes', 'hats', 5),
    session_id: fc.constantFrom('', 'one', 'two'),
  })
  .map(({ total, category, ...row }) =>
    event({
      ...row,
      workspace,
      revenue: typeof total === 'number' ? total : null,
      properties: { cart: { total }, category },
    }),
  )

/** A metric over what random events hold, in every combination that a definition may have. */
export const randomMetric = fc
  .record(
    {
      type: fc.constantFrom(...(['conversion', 'count', 'sum', 'mean', 'quantile'] as const)),
      event: fc.constant('Order Completed'),
      property: fc.constant('cart.total'),
      where: fc.constantFrom(
        [{ property: 'category', is: 'shoes' }],
        [{ property: 'category', notIn: ['hats', '5'] }],
        [],
      ),
      currency: fc.constant('EUR'),
      refund: fc.constantFrom<NonNullable<Metric['refund']>>(
        { event: 'Order Refunded' },
        { event: 'Order Refunded', property: 'cart.total' },
      ),
      window: fc.constantFrom('12h', '2d', '1w'),
      delay: fc.constantFrom('6h', '1d'),
      covariate: fc.constantFrom('12h', '3d'),
      winsorize: fc.constantFrom(0.5, 0.75, 0.99),
      per: fc.constantFrom(...(['person', 'buyer', 'session', 'exposure'] as const)),
      absent: fc.boolean(),
      level: fc.constantFrom(0.6, 0.25),
    },
    { requiredKeys: ['type', 'event', 'level'] },
  )
  .map(
    ({ absent, per, where, ...metric }) =>
      ({
        ...metric,
        ...(where && { where: [...where] }),
        ...(absent !== undefined && metric.type === 'conversion' && metric.window !== undefined && { absent }),
        ...(per !== undefined && !absent && metric.type !== 'mean' && metric.type !== 'quantile' && { per }),
      }) as Metric,
  )

/** Exposures, events, links and rates of a few people, and the times that a question may ask for. */
export const randomWorld = fc.record({
  facts: fc.record({
    exposures: fc.array(randomExposure, { maxLength: 15 }),
    events: fc.array(randomEvent, { maxLength: 30 }),
    links: fc.array(
      fc.record({ source: profile, canonical: profile, at: timestamp }).map(row => link({ ...row, workspace })),
      { maxLength: 4 },
    ),
    rates: fc.uniqueArray(
      fc.record({
        day: fc.constantFrom('2026-03-01', '2026-03-12', '2026-03-15'),
        currency: fc.constantFrom('USD', 'GBP'),
        base: fc.constantFrom('EUR', 'USD', 'SEK'),
        rate: fc.integer({ min: 1, max: 40 }).map(n => n / 10),
      }),
      { maxLength: 5, selector: rate => `${rate.day}${rate.currency}${rate.base}` },
    ),
  }),
  rest: fc.record({ from: timestamp, to: timestamp, now: timestamp }, { requiredKeys: [] }),
})

/** The same facts, as this workspace's own. */
export function factsOf(workspace: string, facts: Facts): Facts {
  return {
    exposures: facts.exposures.map(row => ({ ...row, workspace })),
    events: facts.events.map(row => ({ ...row, workspace })),
    links: facts.links.map(row => ({ ...row, workspace })),
    rates: facts.rates,
  }
}
