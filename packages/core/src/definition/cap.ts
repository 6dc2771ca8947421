import Type from 'typebox'
import { Duration } from '../time/schema.ts'

/** How often a person may get something, such as `{"times": 3, "per": "7d"}`. */
export const Cap = Type.Object(
  {
    times: Type.Integer({ minimum: 1, maximum: 100 }),
    per: Type.Optional({ ...Duration, description: 'In any time so long, such as 24h or 7d; ever, without it.' }),
    counts: Type.Optional(
      Type.Enum(['served', 'seen'], {
        type: 'string',
        default: 'served',
        description:
          'served: answers, each stored before it is given, so that the cap is never exceeded. seen: exposures reported, which answers under way may exceed. Both count for the control group and the holdout too, so that they leave when the others do.',
      }),
    ),
  },
  { additionalProperties: false, description: 'How often a person may get it.' },
)
export type Cap = Type.Static<typeof Cap>

export const Caps = Type.Array(Cap, {
  minItems: 1,
  maxItems: 5,
  description: 'How often a person may get it: all hold.',
})
