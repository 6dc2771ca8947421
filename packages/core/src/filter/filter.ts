import Type from 'typebox'
import { COMPARES, comparisons } from './comparisons.ts'

/** A property of an event: `{property: 'category', is: 'shoes'}`. */
export const PropertyCondition = Type.Object(
  { property: Type.String({ minLength: 1, maxLength: 200 }), ...comparisons },
  { additionalProperties: false, minProperties: 2, description: COMPARES },
)
export type PropertyCondition = Type.Static<typeof PropertyCondition>

/** Which events of a name count: those for which all of it holds. */
export const EventFilter = Type.Array(PropertyCondition, { minItems: 1, maxItems: 20 })
export type EventFilter = Type.Static<typeof EventFilter>
