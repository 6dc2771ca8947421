import Type from 'typebox'

const Scalar = Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()])

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

/** A stated fact: `{trait: 'plan', is: 'pro'}`. All comparisons named must hold; at least one is named. */
export const TraitCondition = Type.Object(
  { trait: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false },
)

/** The context of the decision: `{context: 'device.type', is: 'mobile'}`. A path into what the caller sent. */
export const ContextCondition = Type.Object(
  { context: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false },
)

/** A property of an event: `{property: 'category', is: 'shoes'}`. */
export const PropertyCondition = Type.Object(
  { property: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false },
)

/** Did something at least n times within a time: `{did: 'Product Viewed', atLeast: 3, within: '7d'}`. */
export const DidCondition = Type.Object(
  {
    did: Type.String({ minLength: 1, maxLength: 200 }),
    atLeast: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
    within: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,5}(s|m|h|d|w)$' })),
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
export type Condition = Type.Static<typeof Condition>
export type PropertyCondition = Type.Static<typeof PropertyCondition>
