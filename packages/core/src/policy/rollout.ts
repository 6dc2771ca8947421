import { hasher, POINTS } from '../bucket/bucket.ts'
import { pointOf } from './points.ts'
import type { Ask, Basis, Chances, Policy } from './policy.ts'
import { type RolloutState, SHARE_OF } from './stages.ts'

export interface RolloutParts {
  readonly seed: string
  readonly variants: readonly string[]
  /** Index of the variant that is rolled out. */
  readonly to: number
  /** Index of the variant the others get; -1 for the touchpoint's default content. */
  readonly otherwise: number
  readonly state: RolloutState
}

/**
 * The new variant for the first share of the points, whose size the stage says: a larger stage only adds people, and going
 * back takes away from those who came last (R6). A new state is in force at once: what hurts must not wait for a draw period.
 */
export function rolloutPolicy<S>({ seed, variants, to, otherwise, state }: RolloutParts): Policy<S> {
  const draw = hasher(seed)
  const reached = Math.round(SHARE_OF[state.stage] * POINTS)
  const points = new Int32Array(variants.length)
  const answer = { points, basis: 'rollout' as Basis, model: 0, period: 0 }
  const may = (arm: number, eligible: readonly boolean[] | undefined) =>
    arm >= 0 && (eligible === undefined || eligible[arm] === true)

  function chances({ eligible }: Pick<Ask<S>, 'eligible'>): Chances {
    points.fill(0)
    // Who may not be shown the new one is as if it had not reached them, and the other way about nothing is forced on anybody.
    const share = may(to, eligible) ? reached : 0
    if (may(to, eligible)) points[to] = share
    if (may(otherwise, eligible)) points[otherwise] = POINTS - share
    answer.basis = may(to, eligible) || may(otherwise, eligible) ? 'rollout' : 'none-eligible'
    return answer
  }

  return {
    kind: 'rollout',
    chances,
    choose(ask) {
      const { basis } = chances(ask)
      const share = may(to, ask.eligible) ? points[to]! : 0
      const isIn = pointOf(draw(ask.bucketKey)) < share
      const arm = isIn ? to : may(otherwise, ask.eligible) ? otherwise : -1
      return { arm, propensity: (isIn ? share : POINTS - share) / POINTS, basis, model: 0, period: 0 }
    },
    state: () => {
      chances({})
      return {
        basis: 'rollout',
        model: 0,
        period: 0,
        arms: variants.map((variant, i) => ({ variant, chance: points[i]! / POINTS, people: null, needed: null })),
        sentence: sentenceOf(state, variants[to]!),
      }
    },
  }
}

function sentenceOf({ stage, signal }: RolloutState, variant: string): string {
  if (stage !== 'halted') return `${variant} is shown to ${stage} % of people.`
  return signal === 'hurt'
    ? `Stopped, and back to nobody: a guardrail was hurt by ${variant}.`
    : `Stopped: nobody is shown ${variant}.`
}
