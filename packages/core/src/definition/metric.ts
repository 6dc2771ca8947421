import Type from 'typebox'
import { PropertyCondition } from '../filter/filter.ts'
import { Duration } from '../time/schema.ts'

/** Stands for events of any name: what people themselves did, not what was noted of them. */
export const ANY_EVENT = '*'

/** What a metric is called to a reader: its name, else what it counts. */
export function metricName({ name, event, absent }: Named): string {
  if (name !== undefined) return name
  if (absent) return `no ${event === ANY_EVENT ? 'event' : event}`
  return event === ANY_EVENT ? 'any event' : event
}

interface Named {
  readonly name?: string
  readonly event: string
  readonly absent?: boolean
}

const Band = Type.Object(
  {
    from: Type.Optional(Type.Number({ description: 'Inclusive; without it, any.' })),
    to: Type.Optional(Type.Number({ description: 'Inclusive; without it, any.' })),
    points: Type.Number({ minimum: -1e6, maximum: 1e6 }),
  },
  { additionalProperties: false },
)

const Other = Type.Object(
  {
    event: Type.String({ minLength: 1, maxLength: 200 }),
    where: Type.Optional(Type.Array(PropertyCondition, { maxItems: 20 })),
    points: Type.Number({ minimum: -1e6, maximum: 1e6 }),
  },
  { additionalProperties: false },
)

/** A KPI, per person, from their events after the first exposure and within the window. */
export const Metric = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    type: Type.Enum(['conversion', 'count', 'sum', 'mean', 'quantile', 'time'], {
      type: 'string',
      description:
        'conversion: did it at all; count: how often; sum: total of a property a person; mean: average of a property over events (a ratio); quantile: of a property over events; time: seconds between the first and the last event of each session, added up.',
    }),
    event: Type.String({
      minLength: 1,
      maxLength: 200,
      description: '* is any event of the person: of conversion, count and time.',
    }),
    where: Type.Optional(Type.Array(PropertyCondition, { maxItems: 20 })),
    property: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'For sum, mean and quantile, a path such as total or cart.value.',
      }),
    ),
    bands: Type.Optional(
      Type.Array(Band, {
        minItems: 1,
        maxItems: 20,
        description:
          'What a value of the property counts as: the points of the first band it lies in, 0 where it lies in none. Promoters less detractors is a mean with 100 from 9 on and -100 up to 6.',
      }),
    ),
    others: Type.Optional(
      Type.Array(Other, {
        minItems: 1,
        maxItems: 20,
        description:
          'Of a count: other events that count as well, each for so many points; the event itself counts 1. An engagement score is such a count.',
      }),
    ),
    level: Type.Optional(
      Type.Number({
        minimum: 0.01,
        maximum: 0.99,
        description: 'Of a quantile: 0.9 is what nine of ten values lie below.',
      }),
    ),
    currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        description:
          'The property is money: convert to this currency by the imported daily rates. An amount that names no currency is in that of the workspace.',
      }),
    ),
    refund: Type.Optional(
      Type.Object(
        {
          event: Type.String({ minLength: 1, maxLength: 200 }),
          property: Type.Optional(
            Type.String({ minLength: 1, maxLength: 200, description: "The metric's own property unless set." }),
          ),
        },
        { additionalProperties: false, description: 'Events that subtract inside the window, such as Order Refunded.' },
      ),
    ),
    per: Type.Optional(
      Type.Enum(['person', 'buyer', 'session', 'exposure'], {
        type: 'string',
        description:
          'What the total is divided by: everybody (unless set); those who did it at all; sessions with an event inside the window; exposures inside the window (a conversion then counts at most once each).',
      }),
    ),
    delay: Type.Optional({
      ...Duration,
      description:
        'Events count from so long after the first exposure on, such as 7d for who comes back after a week. People whose window is still open are then left out.',
    }),
    window: Type.Optional({
      ...Duration,
      description:
        'For how long after the first exposure (and the delay) events count, such as 7d; without it, to the end.',
    }),
    absent: Type.Optional(
      Type.Boolean({
        description:
          'Of a conversion: counts those who did not do it within the window, such as churn. People whose window is still open are left out.',
      }),
    ),
    winsorize: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 1,
        description:
          'Totals above this percentile of all totals above 0 count as it, such as 0.99: one huge order does not decide.',
      }),
    ),
    covariate: Type.Optional({
      ...Duration,
      description:
        'The same in so long before the first exposure is known of each person, such as 28d: lifts are adjusted for it (CUPED).',
    }),
    direction: Type.Optional(
      Type.Enum(['up', 'down'], { type: 'string', default: 'up', description: 'Which way is good.' }),
    ),
    worthwhile: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 10,
        description: 'The smallest lift that would be worth having, as a fraction; 0.01 unless set.',
      }),
    ),
    guardrail: Type.Optional(
      Type.Boolean({ description: 'Watched in every experience, whatever its goal: it must not be hurt.' }),
    ),
  },
  { additionalProperties: false, description: 'A KPI per person.' },
)
export type Metric = Type.Static<typeof Metric>

/** An absence is none, and a return none missed, before its time is over: people whose window is open are left out. */
export function isClosedOnly({ absent, delay, window }: Pick<Metric, 'absent' | 'delay' | 'window'>): boolean {
  return (absent === true || delay !== undefined) && window !== undefined
}

/** What a metric is to the mathematics: a share of people, a mean over people, a ratio of two totals, or a quantile. */
export type Statistic = 'conversion' | 'sum' | 'mean' | 'quantile'

/** Which of them a metric is: everything that is not counted per person is a ratio. */
export function statisticOf({ type, per = 'person' }: Pick<Metric, 'type' | 'per'>): Statistic {
  if (type === 'mean' || type === 'quantile') return type
  if (per !== 'person') return 'mean'
  return type === 'conversion' ? 'conversion' : 'sum'
}
