import Type from 'typebox'
import { Duration } from '../time/schema.ts'

export const Rule = Type.Enum(['opt-in', 'opt-out'], {
  type: 'string',
  description: 'opt-in: refused until it is granted. opt-out: granted until it is refused.',
})
export type Rule = Type.Static<typeof Rule>

const PurposeKey = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f]+$',
  description: 'analytics, personalization, email… or a name of your own, as `categoryPreferences` has it.',
})

const Regions = Type.Record(Type.String({ pattern: '^([A-Z]{2}(-[A-Z0-9]{1,3})?|EU|EEA)$' }), Rule, {
  additionalProperties: false,
  maxProperties: 1000,
  description: 'By ISO 3166 code: DE, US-CA; EU and EEA stand for their countries. The narrowest that fits holds.',
})

/** What people are asked, and what holds where they have said nothing. */
export const ConsentSettings = Type.Object(
  {
    purposes: Type.Optional(
      Type.Array(
        Type.Object(
          {
            key: PurposeKey,
            name: Type.Optional(Type.String({ maxLength: 200 })),
            categories: Type.Optional(
              Type.Array(PurposeKey, {
                maxItems: 20,
                description: 'What a consent manager calls it: preferences of these names count for this purpose.',
              }),
            ),
            default: Type.Optional(Rule),
            regions: Type.Optional(Regions),
          },
          { additionalProperties: false },
        ),
        {
          maxItems: 50,
          description:
            'Purposes of the workspace, beside analytics, personalization, email, sms, push, ads and sale. One with a `default` keeps to it everywhere that its own `regions` do not name.',
        },
      ),
    ),
    regions: Type.Optional(Regions),
    elsewhere: Type.Optional(Rule),
    unknown: Type.Optional(Rule),
    globalPrivacyControl: Type.Optional(
      Type.Array(PurposeKey, { maxItems: 50, description: 'What Sec-GPC: 1 refuses; ads and sale unless set.' }),
    ),
    doNotTrack: Type.Optional(
      Type.Array(PurposeKey, { maxItems: 50, description: 'What DNT: 1 refuses; ads and sale unless set.' }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'What holds where somebody has said nothing: by `regions` (opt-in in the EEA, GB, CH and BR unless set; without consent settings only for email, sms, push, ads and sale), `elsewhere` (opt-out unless set), and `unknown` where the place is not known (as elsewhere unless set).',
  },
)
export type ConsentSettings = Type.Static<typeof ConsentSettings>

/** How long what is known is kept. What is not named here stays. */
export const RetentionSettings = Type.Object(
  {
    events: Type.Optional(Duration),
    decisions: Type.Optional(Duration),
    exposures: Type.Optional(Duration),
    erased: Type.Optional(Duration),
    traits: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Duration, {
        maxProperties: 200,
        description: 'By the name of the trait, counted from when it was stated: after that nobody sees it any more.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'How long rows of the warehouse are kept, at least a day, counted from their timestamp; a person’s recent history goes with the events. `erased`: how long late events of somebody erased are kept out, 90d unless set.',
  },
)
export type RetentionSettings = Type.Static<typeof RetentionSettings>

/** Which fields tell who somebody is: hidden in logs, in previews and from keys without the right to see them. */
export const PersonalSettings = Type.Array(
  Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: '^[^.]+([.][^.]+)*$',
    description:
      'A name such as email, wherever it stands; or a path: traits.name, properties.address.street, context.ip.',
  }),
  {
    maxItems: 200,
    uniqueItems: true,
    description: 'Fields that are personal, instead of the usual ones (e-mail, phone, names, addresses, birthday, IP).',
  },
)
export type PersonalSettings = Type.Static<typeof PersonalSettings>

/** What is kept of IP addresses. */
export const AddressSettings = Type.Enum(['cut', 'whole', 'none'], {
  type: 'string',
  description:
    'IP addresses in `context.ip`: cut (the last octet, or 80 bits, taken off), whole, or none; cut unless set. The place is looked up before.',
})
export type AddressSettings = Type.Static<typeof AddressSettings>
