import Type from 'typebox'
import { PolicySpec } from '../policy/spec.ts'
import { Condition } from '../segment/condition.ts'
import { Instant } from '../time/schema.ts'
import { Content, Key } from './shared.ts'

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
  },
  { additionalProperties: false },
)
export type Variant = Type.Static<typeof Variant>

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
    control: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.1,
        description: 'Share of the audience left out, to compare with.',
      }),
    ),
    priority: Type.Optional(
      Type.Number({ minimum: -1e6, maximum: 1e6, default: 0, description: 'The highest eligible one is shown.' }),
    ),
    schedule: Type.Optional(
      Type.Object(
        { start: Type.Optional(Instant), end: Type.Optional(Instant) },
        { additionalProperties: false, description: 'When it runs: from start on, until before end.' },
      ),
    ),
    goal: Type.Optional(Key),
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
