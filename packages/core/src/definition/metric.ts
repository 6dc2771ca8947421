import Type from 'typebox'
import { PropertyCondition } from '../segment/filter.ts'
import { Duration } from '../time/schema.ts'

/** A KPI, per person, from their events after the first exposure and within the window. */
export const Metric = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    type: Type.Enum(['conversion', 'sum', 'mean'], {
      type: 'string',
      description:
        'conversion: did it at all; sum: total of a property a person; mean: average of a property over events (a ratio).',
    }),
    event: Type.String({ minLength: 1, maxLength: 200 }),
    where: Type.Optional(Type.Array(PropertyCondition, { maxItems: 20 })),
    property: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'For sum and mean, a path such as total or cart.value.',
      }),
    ),
    currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        description: 'The property is money: convert to this currency by the imported daily rates.',
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
    window: Type.Optional({
      ...Duration,
      description: 'How long after the first exposure events count, such as 7d; without it, to the end.',
    }),
    direction: Type.Optional(
      Type.Enum(['up', 'down'], { type: 'string', default: 'up', description: 'Which way is good.' }),
    ),
  },
  { additionalProperties: false, description: 'A KPI per person.' },
)
export type Metric = Type.Static<typeof Metric>
