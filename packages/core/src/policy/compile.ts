import { durationMs } from '../time/duration.ts'
import { banditPolicy } from './bandit.ts'
import { contextualPolicy, type Reads } from './contextual.ts'
import type { Encoding } from './encoding.ts'
import type { DelayModel } from './learn/delay.ts'
import type { Learner } from './learn/learner.ts'
import type { ModelInForce } from './learned.ts'
import { DEFAULT_PERIOD } from './period.ts'
import type { Policy } from './policy.ts'
import { rolloutPolicy } from './rollout.ts'
import { rulesPolicy } from './rules.ts'
import { DEFAULT_EXPLORE, DEFAULT_FLOOR, DEFAULT_MINIMUM, type LearningSpec, type PolicySpec } from './spec.ts'
import { splitPolicy } from './split.ts'
import type { RolloutState } from './stages.ts'

/** What `balance: true` bounds a row's weight by: one of equal chance weighs 1. */
export const BALANCE_BOUND = 10

/** A policy's definition and what belongs to it, all of it valid. */
export interface PolicyParts<S> {
  readonly spec: PolicySpec
  /** The experience's bucketing seed, without colon. */
  readonly seed: string
  /** In the definition's order; the weights of the split, summing to 1. */
  readonly variants: readonly { readonly key: string; readonly weight: number }[]
  /** Rules: their conditions made ready, in order. */
  readonly tests?: readonly ((subject: S) => boolean)[]
  /** Contextual: reads each input, by its key. */
  readonly reads?: Reads<S>
  /** Policies that learn: the models, in order of the moment from which on they are in force (`inForce`). */
  readonly models?: readonly ModelInForce[]
  /** Rollout: where it stands; the start, with nobody but the first stage, where it is not known yet. */
  readonly rollout?: RolloutState
}

/** Makes a policy ready to choose. */
export function compilePolicy<S>(parts: PolicyParts<S>): Policy<S> {
  const { spec, seed } = parts
  const variants = parts.variants.map(({ key }) => key)
  const weights = parts.variants.map(({ weight }) => weight)
  const indexOf = (key: string | undefined) => (key === undefined ? -1 : variants.indexOf(key))
  switch (spec.kind) {
    case 'rules': {
      const rules = spec.rules.map(({ variant }, i) => ({ test: parts.tests![i]!, arm: indexOf(variant) }))
      return rulesPolicy({ seed, variants, rules, otherwise: indexOf(spec.otherwise), floor: spec.floor ?? 0 })
    }
    case 'split':
    case 'sticky-split':
      return splitPolicy({ seed, variants, weights, sticky: spec.kind === 'sticky-split' })
    case 'rollout': {
      const state = parts.rollout ?? { stage: '1', since: 0 }
      return rolloutPolicy({ seed, variants, to: indexOf(spec.variant), otherwise: indexOf(spec.otherwise), state })
    }
    case 'bandit':
      return banditPolicy(learnedParts(spec, parts, variants, weights))
    case 'contextual':
      return contextualPolicy({
        ...learnedParts(spec, parts, variants, weights),
        reads: parts.reads ?? {},
        by: spec.by === 'ucb' ? 'ucb' : 'thompson',
        explore: spec.explore ?? DEFAULT_EXPLORE,
      })
  }
}

function learnedParts<S>(
  spec: LearningSpec,
  { seed, models = [] }: PolicyParts<S>,
  variants: readonly string[],
  weights: readonly number[],
) {
  const { floor = DEFAULT_FLOOR, minimum = DEFAULT_MINIMUM } = spec
  return { seed, variants, weights, period: periodMs(spec), floor, minimum, models }
}

/** Length of a policy's draw period, milliseconds. */
export function periodMs({ period }: LearningSpec): number {
  return period === undefined ? DEFAULT_PERIOD : durationMs(period)
}

/** What the training of a policy needs beside its definition. */
export interface LearnerParts {
  readonly variants: readonly string[]
  /** Contextual: fixed by the first training (`fitEncoding`), then the model's own. */
  readonly encoding?: Encoding
  /** Where the definition says `delay: learned`: what closed windows showed (`delayTable`). */
  readonly delay?: DelayModel
}

/** How a policy's definition is to be trained. */
export function learnerOf(spec: LearningSpec, { variants, encoding, delay }: LearnerParts): Learner {
  const contextual = spec.kind === 'contextual'
  const kind = spec.reward === 'value' ? (contextual ? 'linear' : 'gaussian') : contextual ? 'logistic' : 'beta'
  const period = periodMs(spec)
  const declared: DelayModel | undefined =
    typeof spec.delay === 'object' ? { kind: 'exponential', mean: durationMs(spec.delay.mean) } : undefined
  const known = spec.delay === 'learned' ? delay : declared
  return {
    kind,
    variants,
    period,
    ...(spec.halfLife !== undefined && { halfLife: durationMs(spec.halfLife) / period }),
    ...(spec.balance === true && { balance: BALANCE_BOUND }),
    ...(known && { delay: known }),
    ...(encoding && { encoding }),
  }
}
