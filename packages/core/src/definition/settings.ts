import Type from 'typebox'
import { ConsentSettings, PersonalSettings, RetentionSettings } from '../consent/settings.ts'

/** What a workspace sets for all: one definition, key `workspace`. */
export const Settings = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    timezone: Type.Optional(
      Type.String({ maxLength: 60, default: 'UTC', description: 'IANA zone, such as Europe/Berlin.' }),
    ),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'USD' })),
    holdout: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.5,
        default: 0.05,
        description: 'Share of people left out of the whole programme, drawn anew each quarter.',
      }),
    ),
    requireUserHash: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Write keys must prove a userId with userHash: HMAC-SHA256 of it under the identity secret, hex.',
      }),
    ),
    consent: Type.Optional(ConsentSettings),
    retention: Type.Optional(RetentionSettings),
    personal: Type.Optional(PersonalSettings),
  },
  { additionalProperties: false, description: 'What a workspace sets for all.' },
)
export type Settings = Type.Static<typeof Settings>
