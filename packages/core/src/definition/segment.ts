import Type from 'typebox'
import { Condition } from '../segment/condition.ts'

/** A named condition over people. Entering and leaving it are events of the person. */
export const Segment = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    condition: Condition,
  },
  { additionalProperties: false, description: 'A named condition over people.' },
)
export interface Segment extends Omit<Type.Static<typeof Segment>, 'condition'> {
  condition: Condition
}
