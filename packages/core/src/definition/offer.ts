import Type from 'typebox'
import type { Condition } from '../segment/condition.ts'
import { Duration } from '../time/schema.ts'

const Money = Type.Number({ minimum: 0, maximum: 1e12 })

/** What a person who has the offer is told of it: `percent`, `amount`, whatever content and shop agree on. */
const OfferTerms = Type.Record(Type.String({ pattern: '^[A-Za-z_]\\w{0,99}$' }), Type.Unknown(), {
  maxProperties: 20,
  description: 'Such as {"percent": 10}: answered as it is, and named in texts as offer.percent.',
})

/** How many codes a definition may list (R11). */
const MAX_CODES = 10_000

export const Codes = Type.Object(
  {
    list: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        minItems: 1,
        maxItems: MAX_CODES,
        uniqueItems: true,
        description: 'Each is given to one person. When all are given the offer is sold out.',
      }),
    ),
    prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]{0,20}$' })),
    length: Type.Optional(
      Type.Integer({
        minimum: 6,
        maximum: 32,
        description: 'Make codes of so many letters and digits after the prefix.',
      }),
    ),
  },
  { additionalProperties: false, description: 'A code of their own for each: from a list, or made.' },
)
export type Codes = Type.Static<typeof Codes>

/** Something a person is given once: stored before it is answered, the same whenever asked, over when it expires. */
export const Offer = Type.Object(
  {
    terms: Type.Optional(OfferTerms),
    eligibility: Type.Optional(
      // What is wrong with it is said by `conditionProblems`, better than a schema could.
      Type.Unsafe<Condition>({
        description: 'A condition that is asked when it is given; who has it keeps it, as long as the audience holds.',
      }),
    ),
    cost: Type.Optional({ ...Money, description: 'What one costs, of the budget; a variant may say otherwise.' }),
    budget: Type.Optional({
      ...Money,
      description: 'What all that are given and not expired may cost. When it is used up the next experience is shown.',
    }),
    stock: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1e9, description: 'How many may be given, not counting expired ones.' }),
    ),
    codes: Type.Optional(Codes),
    lasts: Type.Optional({ ...Duration, description: 'How long a person may use it after it was given.' }),
    until: Type.Optional(Type.String({ maxLength: 40, description: 'When it ends for everybody, ISO 8601.' })),
    again: Type.Optional({
      ...Duration,
      description:
        'So long after it was given a person whose offer expired or was used may be given it again; never, without it.',
    }),
  },
  { additionalProperties: false, description: 'What each person is given once.' },
)
export type Offer = Type.Static<typeof Offer>

/** What a variant says of the offer. */
export const VariantOffer = Type.Object(
  { terms: Type.Optional(OfferTerms), cost: Type.Optional(Money) },
  { additionalProperties: false, description: 'In this variant, over what the offer says.' },
)
