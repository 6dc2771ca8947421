import Type from 'typebox'
import { Duration } from '../time/schema.ts'

const Money = Type.Number({ minimum: 0, maximum: 1e9 })
const Factor = Type.Number({ minimum: 0, maximum: 100 })

/** A bound to prices: of several that are named, the strictest holds. */
export const PriceLimit = Type.Object(
  {
    price: Type.Optional({ ...Money, description: 'In money.' }),
    ofPrice: Type.Optional({ ...Factor, description: 'Times the catalog’s price: 0.8 is a fifth off.' }),
    ofCost: Type.Optional({ ...Factor, description: 'Times the catalog’s cost: 1.1 keeps a margin of a tenth of it.' }),
  },
  { additionalProperties: false, minProperties: 1, description: 'Name at least one of price, ofPrice and ofCost.' },
)
export type PriceLimit = Type.Static<typeof PriceLimit>

/** Within which prices may differ per person. Every price is stored before it is shown, and stays while it lasts. */
export const Price = Type.Object(
  {
    floor: PriceLimit,
    ceiling: Type.Optional(PriceLimit),
    lasts: Type.Optional({ ...Duration, default: '30d', description: 'How long a person keeps the price of an item.' }),
    step: Type.Optional(
      Type.Number({
        minimum: 0.001,
        maximum: 1000,
        description:
          'Prices are multiples of it: of the smallest unit of the item’s currency unless set, such as 0.01 of EUR and 1 of JPY.',
      }),
    ),
  },
  { additionalProperties: false, description: 'Guardrails of prices, which the variants name.' },
)
export type Price = Type.Static<typeof Price>

/** The price of each item that the variant’s content shows by {"$price": "id"}. */
export const VariantPrice = Type.Object(
  {
    percent: Type.Optional(
      Type.Number({ minimum: -100, maximum: 1000, description: 'So many percent on the catalog’s.' }),
    ),
    change: Type.Optional(Type.Number({ minimum: -1e9, maximum: 1e9, description: 'So much on the catalog’s.' })),
    set: Type.Optional({ ...Money, description: 'This price.' }),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1, description: 'One of percent, change and set.' },
)
export type VariantPrice = Type.Static<typeof VariantPrice>
