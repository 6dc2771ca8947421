import Type from 'typebox'
import { Key } from '../key.ts'
import { Condition } from '../segment/condition.ts'
import { Duration } from '../time/schema.ts'
import { MAX_INPUTS, MAX_LEVELS, MAX_RULES } from './limits.ts'

/** How a variant is chosen, as a definition says it. What it leaves out has the default named here. */

/** Least chance of every variant of a policy that learns. */
export const DEFAULT_FLOOR = 0.01
/** People of a variant before it leaves the split. */
export const DEFAULT_MINIMUM = 100
/** Factor of the model's standard deviations in a draw: above 1 explores more. */
export const DEFAULT_EXPLORE = 1

const closed = { additionalProperties: false } as const

export const RulesSpec = Type.Object(
  {
    kind: Type.Literal('rules'),
    rules: Type.Array(Type.Object({ when: Condition, variant: Key }, closed), { minItems: 1, maxItems: MAX_RULES }),
    otherwise: Type.Optional(Key),
    floor: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.5,
        default: 0,
        description: 'Least chance of every variant; above 0 the log can tell what other rules would have brought.',
      }),
    ),
  },
  { ...closed, description: 'The first rule that holds names the variant; the default content where none does.' },
)

export const SplitSpec = Type.Object(
  { kind: Type.Literal('split') },
  { ...closed, description: "By the variants' weights, once for ever: other weights move people." },
)

export const StickySplitSpec = Type.Object(
  {
    kind: Type.Literal('sticky-split'),
    audience: Type.Optional(
      Type.Enum(['once', 'always'], {
        type: 'string',
        default: 'once',
        description:
          'When audience and requires are asked. once: before somebody first gets it. always: who does not fit any more is not shown it; when they fit again they get the same variant again.',
      }),
    ),
  },
  {
    ...closed,
    description:
      "By the variants' weights when somebody first gets it; what they get, the control group too, is kept with them whatever becomes of weights and audience, until the experience begins anew: with another seed, or a later start.",
  },
)

export const DelaySpec = Type.Union([Type.Literal('learned'), Type.Object({ mean: Duration }, closed)], {
  description:
    'Learn from windows that are still open, by how soon rewards come: as closed windows showed it, or exponentially with this mean.',
})

const learning = {
  reward: Type.Optional(
    Type.Enum(['conversion', 'value'], {
      type: 'string',
      default: 'conversion',
      description: 'What the goal is per person: 0 or 1, or any number, such as money.',
    }),
  ),
  period: Type.Optional({
    ...Duration,
    default: '1d',
    description: 'People keep their variant for such a draw period.',
  }),
  floor: Type.Optional(
    Type.Number({
      minimum: 0.001,
      maximum: 0.5,
      default: DEFAULT_FLOOR,
      description: 'Least chance of every variant: what it costs to go on learning.',
    }),
  ),
  minimum: Type.Optional(
    Type.Integer({
      minimum: 10,
      maximum: 1e6,
      default: DEFAULT_MINIMUM,
      description: 'People of a variant before it leaves the split.',
    }),
  ),
  halfLife: Type.Optional({
    ...Duration,
    description: 'After so long a result counts half: where the world drifts. Without it nothing fades.',
  }),
  balance: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Weigh results by chance of being shown: where seasons change while the weights do.',
    }),
  ),
  delay: Type.Optional(DelaySpec),
}

export const BanditSpec = Type.Object(
  { kind: Type.Literal('bandit'), ...learning },
  { ...closed, description: 'Thompson sampling: each variant as often as it is likely to be the best.' },
)

const Source = Type.Union(
  [
    Type.Object({ trait: Type.String({ minLength: 1, maxLength: 200 }) }, closed),
    Type.Object({ computed: Type.String({ minLength: 1, maxLength: 200 }) }, closed),
    Type.Object({ context: Type.String({ minLength: 1, maxLength: 200 }) }, closed),
    Type.Object({ when: Condition }, closed),
  ],
  { description: 'A trait, a computed trait, a path into the context, or whether a condition holds (boolean only).' },
)

export const InputSpec = Type.Union([
  Type.Object({ key: Key, kind: Type.Literal('numeric'), from: Source }, closed),
  Type.Object({ key: Key, kind: Type.Literal('boolean'), from: Source }, closed),
  Type.Object(
    {
      key: Key,
      kind: Type.Literal('categorical'),
      from: Source,
      levels: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        minItems: 1,
        maxItems: MAX_LEVELS,
        uniqueItems: true,
        description: 'Values that are told apart; all others are one.',
      }),
    },
    closed,
  ),
])
export type InputSpec = Type.Static<typeof InputSpec>

export const ContextualSpec = Type.Object(
  {
    kind: Type.Literal('contextual'),
    ...learning,
    inputs: Type.Array(InputSpec, { minItems: 1, maxItems: MAX_INPUTS }),
    by: Type.Optional(
      Type.Enum(['thompson', 'ucb'], {
        type: 'string',
        default: 'thompson',
        description: 'As often as likely to be best for this person; or always the one with the largest upper bound.',
      }),
    ),
    explore: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 10,
        default: DEFAULT_EXPLORE,
        description: 'Above 1 tries more, below 1 less.',
      }),
    ),
  },
  { ...closed, description: 'A bandit that looks at the person.' },
)

export const RolloutSpec = Type.Object(
  {
    kind: Type.Literal('rollout'),
    variant: Key,
    otherwise: Type.Optional(Key),
    guardrails: Type.Array(Key, {
      minItems: 1,
      maxItems: 10,
      uniqueItems: true,
      description: 'Metrics that must not be hurt: at the first that is, it goes back to nobody.',
    }),
    stageTime: Type.Optional({ ...Duration, default: '1d', description: 'At least so long at each stage.' }),
    stagePeople: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1e9, default: 100, description: 'At least so many people at each stage.' }),
    ),
  },
  { ...closed, description: '1, 5, 25, 50 and 100 % of people, a stage at a time.' },
)

export const PolicySpec = Type.Union([RulesSpec, SplitSpec, StickySplitSpec, BanditSpec, ContextualSpec, RolloutSpec])
export type PolicySpec = Type.Static<typeof PolicySpec>
export type LearningSpec = Type.Static<typeof BanditSpec> | Type.Static<typeof ContextualSpec>
