import Type from 'typebox'
import { Duration } from '../time/schema.ts'

const Scalar = Type.Unsafe<string | number | boolean>({
  type: ['string', 'number', 'boolean'],
  maxLength: 1000,
  description: 'Text, a number, true or false.',
})

/**
 * Comparisons of an actual value with a stated one. Types are never coerced: `is: 3` does not hold for the text "3". A
 * missing value and null are the same; they are equal to nothing, so `is` fails and `isNot` holds. Text is compared case by
 * case; only numbers are greater or less, and only than numbers. `contains` finds a piece of a text, or an element of a list.
 */
const comparisons = {
  is: Type.Optional(Scalar),
  isNot: Type.Optional(Scalar),
  in: Type.Optional(Type.Array(Scalar, { minItems: 1, maxItems: 1000 })),
  notIn: Type.Optional(Type.Array(Scalar, { minItems: 1, maxItems: 1000 })),
  gt: Type.Optional(Type.Number()),
  gte: Type.Optional(Type.Number()),
  lt: Type.Optional(Type.Number()),
  lte: Type.Optional(Type.Number()),
  contains: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  startsWith: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  endsWith: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  exists: Type.Optional(Type.Boolean()),
}

const COMPARES =
  'Name at least one comparison: is, isNot, in, notIn, gt, gte, lt, lte, contains, startsWith, endsWith or exists.'

/** A stated fact: `{trait: 'plan', is: 'pro'}`. All comparisons named must hold; at least one is named. */
export const TraitCondition = Type.Object(
  { trait: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false, minProperties: 2, description: COMPARES },
)

/** The context of the decision: `{context: 'device.type', is: 'mobile'}`. A path into what the caller sent. */
export const ContextCondition = Type.Object(
  { context: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false, minProperties: 2, description: COMPARES },
)

/** A property of an event: `{property: 'category', is: 'shoes'}`. */
export const PropertyCondition = Type.Object(
  { property: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false, minProperties: 2, description: COMPARES },
)

/** Did something at least n times (once), within a time (ever); a page or screen is named by its name: `{did: 'Product Viewed', atLeast: 3, within: '7d'}`. */
export const DidCondition = Type.Object(
  {
    did: Type.String({ minLength: 1, maxLength: 200 }),
    atLeast: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
    within: Type.Optional(Duration),
  },
  { additionalProperties: false },
)

/** The condition language: readable JSON, nested by `all`, `any` and `not`. */
export const Condition = Type.Cyclic(
  {
    Condition: Type.Union([
      Type.Object(
        { all: Type.Array(Type.Ref('Condition'), { minItems: 1, maxItems: 100 }) },
        { additionalProperties: false },
      ),
      Type.Object(
        { any: Type.Array(Type.Ref('Condition'), { minItems: 1, maxItems: 100 }) },
        { additionalProperties: false },
      ),
      Type.Object({ not: Type.Ref('Condition') }, { additionalProperties: false }),
      TraitCondition,
      ContextCondition,
      DidCondition,
    ]),
  },
  'Condition',
)
export type TraitCondition = Type.Static<typeof TraitCondition>
export type ContextCondition = Type.Static<typeof ContextCondition>
export type DidCondition = Type.Static<typeof DidCondition>
/** Exactly one of the six shapes. */
export type Condition = Type.Static<typeof Condition>
export type PropertyCondition = Type.Static<typeof PropertyCondition>
