import Type from 'typebox'
import { AddressSettings, ConsentSettings, PersonalSettings, RetentionSettings } from '../consent/settings.ts'
import { IdentitySettings } from '../identity/settings.ts'
import { Key } from '../key.ts'
import { Instant } from '../time/schema.ts'
import { Caps } from './cap.ts'
import { ImpactSettings } from './impactSettings.ts'
import { Channel } from './touchpoint.ts'

/** Names under which people keep what must not decide what somebody pays. */
export const PROTECTED_TRAITS = [
  'age',
  'birthDate',
  'birthdate',
  'birthday',
  'dateOfBirth',
  'disability',
  'ethnicity',
  'gender',
  'maritalStatus',
  'nationality',
  'pregnant',
  'race',
  'religion',
  'sex',
  'sexualOrientation',
]

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
    currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        default: 'USD',
        description: 'Its code of three capital letters, such as EUR.',
      }),
    ),
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
    caps: Type.Optional(
      Type.Partial(Type.Record(Channel, Caps), {
        additionalProperties: false,
        description: 'How often a person may get an experience on a channel, over all its touchpoints.',
      }),
    ),
    protectedTraits: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 100,
        uniqueItems: true,
        description:
          'Traits by which no price may differ: an experience that sets prices is refused when its audience or another rule of it looks at one. Unless set: age, gender, origin, religion and the like, under their usual names.',
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
    impact: Type.Optional(ImpactSettings),
  },
  { additionalProperties: false, description: 'What a workspace sets for all.' },
)
export type Settings = Type.Static<typeof Settings>
