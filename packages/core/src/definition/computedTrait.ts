import Type from 'typebox'
import { Aggregate } from '../segment/aggregate.ts'

/** A trait nobody states: a value made from the person's events, right at every moment it is asked for. */
export const ComputedTrait = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    value: Aggregate,
  },
  { additionalProperties: false, description: 'A trait made from events.' },
)
export type ComputedTrait = Type.Static<typeof ComputedTrait>
