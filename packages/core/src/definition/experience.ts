import Type from 'typebox'
import { Key } from '../key.ts'
import { PolicySpec } from '../policy/spec.ts'
import { Condition } from '../segment/condition.ts'
import { Caps } from './cap.ts'
import { Content } from './content.ts'
import { Offer, VariantOffer } from './offer.ts'
import { Price, VariantPrice } from './price.ts'
import { Schedule } from './schedule.ts'

export const Tactic = Type.Enum(
  ['recommendation', 'offer', 'price', 'content', 'message', 'onboarding', 'support', 'other'],
  { type: 'string', description: 'What kind of personalization it is.' },
)
export type Tactic = Type.Static<typeof Tactic>

export const Status = Type.Enum(['draft', 'running', 'paused', 'ended'], {
  type: 'string',
  default: 'running',
  description: 'Only a running one decides, within its schedule.',
})
export type Status = Type.Static<typeof Status>

export const Variant = Type.Object(
  {
    key: Key,
    name: Type.Optional(Type.String({ maxLength: 200 })),
    weight: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share of the people who are not in the control group; equal shares where no variant names any.',
      }),
    ),
    content: Type.Record(Key, Content, {
      additionalProperties: false,
      description: 'Content for each of the touchpoints of the experience.',
    }),
    offer: Type.Optional(VariantOffer),
    price: Type.Optional(VariantPrice),
  },
  { additionalProperties: false },
)
export type Variant = Type.Static<typeof Variant>

const Share = Type.Number({ minimum: 0, maximum: 1 })

/** Experiences of one layer exclude each other: everybody falls on one point of it, and so into one of them at most. */
export const Layer = Type.Object(
  { key: Key, from: Share, to: Share },
  {
    additionalProperties: false,
    description:
      'People whose point in the layer of this key is in [from, to). Experiences of a layer must not overlap.',
  },
)
export type Layer = Type.Static<typeof Layer>

/** That another experience has to do with the person too. */
export const Requirement = Type.Object(
  {
    experience: Key,
    variant: Type.Optional(Key),
    state: Type.Optional(
      Type.Enum(['assigned', 'seen'], {
        type: 'string',
        default: 'assigned',
        description:
          'assigned: the draw gives them this variant of it (any, without one; never its control group), whether or not it is shown to them now. seen: they have seen it, the variant being that of the first time.',
      }),
    ),
    not: Type.Optional(Type.Boolean({ default: false, description: 'It must not be so.' })),
  },
  { additionalProperties: false },
)
export type Requirement = Type.Static<typeof Requirement>

/** How it is judged, from the launch on. */
export const Plan = Type.Object(
  {
    people: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 1e9,
        description:
          'A guess of the people who will be seen until the decision: there the interval is narrowest. 5000 unless set.',
      }),
    ),
    worthwhile: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 10,
        description:
          'The smallest lift of the goal that would be worth having, as a fraction; the metric’s unless set.',
      }),
    ),
    confidence: Type.Optional(
      Type.Number({ minimum: 0.8, maximum: 0.999, description: 'Of the verdict, over all looks; 0.95 unless set.' }),
    ),
    atOnce: Type.Optional({
      ...Key,
      description:
        'Of an experience that waits for its moment (by schedule or audience): the key of one in another part of its layer that shows the same at once. What the moment brought is then told by touchpoint.',
    }),
  },
  {
    additionalProperties: false,
    description: 'How it is judged. Fixed with the goal when it goes live: a later change counts after a new start.',
  },
)

export const DEFAULT_CONTROL = 0.1

/** What is offered at one or several touchpoints together: one assignment, one control group. */
export const Experience = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    hypothesis: Type.Optional(Type.String({ maxLength: 2000, description: 'What should change, for whom, and why.' })),
    tactic: Tactic,
    status: Type.Optional(Status),
    touchpoints: Type.Array(Key, { minItems: 1, maxItems: 50, uniqueItems: true }),
    audience: Type.Optional(Condition),
    variants: Type.Array(Variant, { minItems: 1, maxItems: 50 }),
    policy: Type.Optional(PolicySpec),
    fallbacks: Type.Optional(
      Type.Array(Type.Record(Key, Content, { additionalProperties: false }), {
        minItems: 1,
        maxItems: 10,
        description:
          'Contents by touchpoint, shown instead of a variant’s that cannot be made (a missing item, a failing text): the first that can, and then the default.',
      }),
    ),
    control: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: DEFAULT_CONTROL,
        description: 'Share of the audience left out, to compare with.',
      }),
    ),
    priority: Type.Optional(
      Type.Number({ minimum: -1e6, maximum: 1e6, default: 0, description: 'The highest eligible one is shown.' }),
    ),
    schedule: Type.Optional(Schedule),
    caps: Type.Optional(Caps),
    offer: Type.Optional(Offer),
    price: Type.Optional(Price),
    layer: Type.Optional(Layer),
    requires: Type.Optional(
      Type.Array(Requirement, { minItems: 1, maxItems: 10, description: 'Experiences it depends on: all must hold.' }),
    ),
    goal: Type.Optional(Key),
    plan: Type.Optional(Plan),
    seed: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        pattern: '^[^:]*$',
        description: 'Bucketing seed, without colon; the key unless set. A new seed draws everybody anew.',
      }),
    ),
  },
  { additionalProperties: false, description: 'What is offered at one or several touchpoints together.' },
)
export type Experience = Type.Static<typeof Experience>
