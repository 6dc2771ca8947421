import Type from 'typebox'
import { AddressSettings, ConsentSettings, PersonalSettings, RetentionSettings } from '../consent/settings.ts'
import { IdentitySettings } from '../identity/settings.ts'
import { Instant } from '../time/schema.ts'
import { Key } from './shared.ts'

/** A sale, holiday or event of the business: `from` inclusive, `to` exclusive. */
const CalendarEntry = Type.Object(
  {
    key: Key,
    name: Type.Optional(Type.String({ maxLength: 200 })),
    kind: Type.Union([Type.Literal('sale'), Type.Literal('holiday'), Type.Literal('event')]),
    from: Instant,
    to: Instant,
  },
  { additionalProperties: false },
)

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
    calendar: Type.Optional(
      Type.Array(CalendarEntry, { maxItems: 500, description: 'Sales, holidays and events that conditions name.' }),
    ),
    consent: Type.Optional(ConsentSettings),
    retention: Type.Optional(RetentionSettings),
    personal: Type.Optional(PersonalSettings),
    addresses: Type.Optional(AddressSettings),
    identity: Type.Optional(IdentitySettings),
  },
  { additionalProperties: false, description: 'What a workspace sets for all.' },
)
export type Settings = Type.Static<typeof Settings>
