import type { Metric } from '../definition/metric.ts'
import type { Business, LibraryEntry } from './entry.ts'

type MetricEntry = Extract<LibraryEntry, { kind: 'metric' }>

function metric(
  key: string,
  name: string,
  description: string,
  body: Omit<Metric, 'name' | 'description'>,
): MetricEntry {
  return { kind: 'metric', key, home: 'any', body: { name, description, ...body } }
}

/** The KPIs of the field: per person, per session, per exposure. */
export function kpis({ currency, events }: Business): LibraryEntry[] {
  const { clicked, ordered, refunded, feature, answered, viewed, added } = events
  const total = { event: ordered, property: 'total', ...(currency !== undefined && { currency }) }
  const revenue = { type: 'sum', ...total, refund: { event: refunded, property: 'total' }, winsorize: 0.99 } as const
  return [
    metric('conversion', 'Conversion', 'Share of people who order within two weeks.', {
      type: 'conversion',
      event: ordered,
      window: '14d',
    }),
    metric('session-conversion', 'Conversion a session', 'Share of sessions with an order.', {
      type: 'conversion',
      event: ordered,
      per: 'session',
      window: '14d',
    }),
    metric('click-through', 'Click-through', 'Clicks an exposure, each exposure counted once at most.', {
      type: 'conversion',
      event: clicked,
      per: 'exposure',
      window: '1d',
    }),
    metric('revenue-per-visitor', 'Revenue a visitor', 'What a person spends within two weeks, refunds taken off.', {
      ...revenue,
      covariate: '28d',
      window: '14d',
    }),
    metric('average-order-value', 'Average order value', 'What an order comes to.', {
      type: 'mean',
      ...total,
      window: '14d',
    }),
    metric('orders-per-buyer', 'Orders a buyer', 'How often those order who order at all.', {
      type: 'count',
      event: ordered,
      per: 'buyer',
      window: '14d',
    }),
    metric('lifetime-value', 'Lifetime value', 'What a person spends in a year, refunds taken off.', {
      ...revenue,
      window: '365d',
    }),
    metric('retention', 'Retention', 'Share of people who come back in the second week.', {
      type: 'conversion',
      event: '*',
      delay: '7d',
      window: '7d',
    }),
    metric('churn', 'Churn', 'Share of people who do not come back within thirty days of the day they came.', {
      type: 'conversion',
      event: '*',
      delay: '1d',
      window: '30d',
      absent: true,
      direction: 'down',
    }),
    metric('time-on-site', 'Time on site', 'Seconds a person spends in their sessions within two weeks.', {
      type: 'time',
      event: '*',
      window: '14d',
    }),
    metric('session-time', 'Time a session', 'Seconds between the first and the last event of a session.', {
      type: 'time',
      event: '*',
      per: 'session',
      window: '14d',
    }),
    metric('feature-use', 'Feature use', 'Share of people who use a feature within two weeks.', {
      type: 'conversion',
      event: feature,
      window: '14d',
    }),
    metric('engagement-score', 'Engagement score', 'Points a person: a look 1, something added 3, an order 10.', {
      type: 'count',
      event: viewed,
      others: [
        { event: added, points: 3 },
        { event: ordered, points: 10 },
      ],
      window: '14d',
    }),
    metric('nps', 'NPS', 'Of answers from 0 to 10: percent from 9 on less percent up to 6.', {
      type: 'mean',
      event: answered,
      where: [
        { property: 'survey', is: 'nps' },
        { property: 'score', gte: 0, lte: 10 },
      ],
      property: 'score',
      bands: [
        { from: 9, points: 100 },
        { to: 6, points: -100 },
      ],
      window: '30d',
    }),
    metric('csat', 'CSAT', 'Percent of answers from 1 to 5 that are 4 or 5.', {
      type: 'mean',
      event: answered,
      where: [
        { property: 'survey', is: 'csat' },
        { property: 'score', gte: 1, lte: 5 },
      ],
      property: 'score',
      bands: [{ from: 4, points: 100 }],
      window: '30d',
    }),
    ...guardrails({ events }),
  ]
}

/**
 * What no experience may hurt: watched everywhere, whether published or not. A team switches one off, or changes it, by publishing
 * its own metric of the same key (with `guardrail: false` to switch it off).
 */
export function guardrails({ events }: Pick<Business, 'events'>): MetricEntry[] {
  const watched = { guardrail: true, direction: 'down', window: '30d' } as const
  return [
    metric('unsubscribes', 'Unsubscribes', 'Share of people who unsubscribe within thirty days.', {
      type: 'conversion',
      event: events.unsubscribed,
      ...watched,
    }),
    metric('complaints', 'Complaints', 'Share of people who mark a message as spam within thirty days.', {
      type: 'conversion',
      event: events.complained,
      ...watched,
    }),
    metric('contact-fatigue', 'Contact fatigue', 'Messages a person gets within thirty days.', {
      type: 'count',
      event: events.contacted,
      ...watched,
    }),
  ]
}
