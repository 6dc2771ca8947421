import { hasher, POINTS } from '../bucket/bucket.ts'
import { entryAt, pointOf, toPoints } from './points.ts'
import type { Ask, Chances, Policy } from './policy.ts'

export interface Rule<S> {
  readonly test: (subject: S) => boolean
  /** Index of the variant. */
  readonly arm: number
}

export interface RulesParts<S> {
  readonly seed: string
  readonly variants: readonly string[]
  readonly rules: readonly Rule<S>[]
  /** Index of the variant where no rule holds; -1 for none of them. */
  readonly otherwise: number
  /** The least chance of any eligible variant, so that the log can tell what another rule would have brought; 0 for none. */
  readonly floor: number
}

/** The first rule that holds and whose variant may be shown. */
export function rulesPolicy<S>({ seed, variants, rules, otherwise, floor }: RulesParts<S>): Policy<S> {
  const draw = hasher(seed)
  const points = new Int32Array(variants.length)
  const chance = new Float64Array(variants.length)
  const answer = { points, basis: 'rule' as Chances['basis'], model: 0, period: 0 }

  function winner({ subject, eligible }: Ask<S>): number {
    const may = (arm: number) => arm >= 0 && (eligible === undefined || eligible[arm] === true)
    for (const rule of rules) if (may(rule.arm) && rule.test(subject)) return rule.arm
    return may(otherwise) ? otherwise : -1
  }

  function chances(ask: Ask<S>): Chances {
    const { eligible } = ask
    const able = eligible === undefined ? variants.length : eligible.filter(Boolean).length
    const arm = winner(ask)
    points.fill(0)
    answer.basis = able === 0 ? 'none-eligible' : arm === -1 ? 'no-rule' : 'rule'
    if (arm === -1) return answer
    for (let i = 0; i < variants.length; i++) chance[i] = eligible === undefined || eligible[i] ? floor : 0
    chance[arm] = 1 - (able - 1) * floor
    toPoints(chance, points)
    return answer
  }

  return {
    kind: 'rules',
    chances,
    choose(ask) {
      const { basis } = chances(ask)
      const arm = entryAt(points, pointOf(draw(ask.bucketKey)))
      return { arm, propensity: arm === -1 ? 1 : points[arm]! / POINTS, basis, model: 0, period: 0 }
    },
    state: () => ({
      basis: 'rule',
      model: 0,
      period: 0,
      arms: variants.map(variant => ({ variant, chance: null, people: null, needed: null })),
      sentence: 'The first rule that holds decides.',
    }),
  }
}
