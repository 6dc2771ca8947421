import Type from 'typebox'
import { IDENTITY_LIMITS } from './limits.ts'

const Value = Type.String({ minLength: 1, maxLength: IDENTITY_LIMITS.value })

/** One kind of identifier; see `PRESETS` for what is left out. */
const Kind = Type.Object(
  {
    kind: Type.String({
      pattern: '^[A-Za-z][A-Za-z0-9_-]{0,39}$',
      description:
        'userId, anonymousId, email, phone and deviceToken are known by name; any other name is a kind of your own.',
    }),
    from: Type.Optional(
      Type.Array(Type.String({ pattern: '^(traits|properties|context|externalIds)\\..{1,190}$' }), {
        minItems: 1,
        maxItems: 10,
        description:
          'Where events carry it: traits.email, context.device.token, properties.card, or externalIds and the type of a context.externalIds entry.',
      }),
    ),
    form: Type.Optional(
      Type.Enum(['text', 'email', 'phone'], {
        type: 'string',
        description: 'How values are compared: as they are, in lower case, or by their digits.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: IDENTITY_LIMITS.identifiers,
        description: 'How many a person may have; further ones are not linked.',
      }),
    ),
    unique: Type.Optional(
      Type.Boolean({
        description: 'A person has one, and people who have different ones are never united. userId always is.',
      }),
    ),
    people: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 20,
        description:
          'By how many different people one value may be used, told apart by a unique kind. By more, it is shared: it is linked with nobody any more. 1 unless set; a higher number keeps the device of a household with its first user.',
      }),
    ),
    blocked: Type.Optional(
      Type.Array(Value, {
        maxItems: IDENTITY_LIMITS.blocked,
        description:
          'Values that name nobody, besides placeholders such as null, anonymous and zeroes; with * at an end, all that begin or end so.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** By what people are known. */
export const IdentitySettings = Type.Object(
  {
    kinds: Type.Optional(
      Type.Array(Kind, {
        minItems: 1,
        maxItems: IDENTITY_LIMITS.kinds,
        description:
          'The most important first. userId comes first and anonymousId last where they are not named. Without it, those two.',
      }),
    ),
  },
  { additionalProperties: false, description: 'The kinds of identifier that people are known by.' },
)
export type IdentitySettings = Type.Static<typeof IdentitySettings>
