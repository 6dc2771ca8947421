import Type from 'typebox'
import type { Json } from '../json.ts'
import { Key } from '../key.ts'
import { Caps } from './cap.ts'
import { Content } from './content.ts'

export const Channel = Type.Enum(
  ['web', 'app', 'email', 'sms', 'push', 'in-app', 'webhook', 'ads', 'support', 'sales', 'api'],
  { type: 'string', description: 'Where the interaction takes place.' },
)
export type Channel = Type.Static<typeof Channel>

export const Stage = Type.Enum(
  ['discover', 'consider', 'buy', 'onboard', 'use', 'support', 'retain', 'win back', 'refer'],
  { type: 'string', description: 'Where on the customer journey it lies.' },
)
export type Stage = Type.Static<typeof Stage>

/** A named place where an interaction can differ per person. */
export const Touchpoint = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    channel: Channel,
    stage: Type.Optional(Stage),
    schema: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'JSON Schema of its content. Anything goes where it is left out.',
      }),
    ),
    format: Type.Optional(
      Type.Enum(['text', 'html'], {
        type: 'string',
        description:
          'What its texts are, text unless set. In html, what Liquid writes is escaped unless the filter raw is last. Whoever shows content of format text must not read it as HTML.',
      }),
    ),
    default: Type.Optional(Type.Unsafe<Json>({ ...Content, default: null })),
    caps: Type.Optional({
      ...Caps,
      description: 'How often a person may get an experience here; the default content is never capped.',
    }),
    slots: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 20,
        description:
          'How many experiences are answered here at once, 1 unless set, the best first: the panel an agent sees, whose first is the next best action.',
      }),
    ),
    placement: Type.Optional(
      Type.Object(
        {
          url: Type.Optional(
            Type.String({ maxLength: 2000, description: 'Page it is on, `*` for any run of characters.' }),
          ),
          selector: Type.Optional(Type.String({ maxLength: 500, description: 'CSS selector of its element.' })),
          note: Type.Optional(Type.String({ maxLength: 2000 })),
        },
        { additionalProperties: false },
      ),
    ),
    step: Type.Optional(Key),
  },
  { additionalProperties: false, description: 'A named place where an interaction can differ per person.' },
)
export type Touchpoint = Type.Static<typeof Touchpoint>
