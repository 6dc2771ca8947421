import type { DeclaredInput } from '@espalier/core/policy'
import type { Random } from '@espalier/core/random'

/** A person at the one touchpoint of this world. */
export interface Visitor {
  readonly key: string
  readonly inputs: { readonly age: number; readonly visits: number; readonly mobile: boolean; readonly plan: string }
}

export const VARIANTS = ['classic', 'bold', 'personal', 'short'] as const

/** What a policy may look at. */
export const INPUTS: readonly DeclaredInput[] = [
  { key: 'age', kind: 'numeric' },
  { key: 'visits', kind: 'numeric' },
  { key: 'mobile', kind: 'boolean' },
  { key: 'plan', kind: 'categorical', levels: ['free', 'pro'] },
]

export function visitor(rng: Random, i: number): Visitor {
  const inputs = {
    age: 42 + 14 * rng.normal(),
    visits: rng.poisson(4),
    mobile: rng.chance(0.55),
    plan: rng.pick(['free', 'free', 'pro', 'team']),
  }
  return { key: `visitor-${i}`, inputs }
}

/**
 * The planted truth: the chance that a variant converts this person. No variant is best for everybody; over all people `bold` is
 * the best by a little.
 */
export function chance(variant: number, { inputs }: Visitor): number {
  const age = (inputs.age - 42) / 14
  const mobile = inputs.mobile ? 1 : -1
  const pro = inputs.plan === 'pro' ? 1 : 0
  const score = [
    -2 + 0.5 * age - 0.2 * mobile,
    -1.9 - 0.6 * age + 0.2 * mobile,
    -2.2 + 0.1 * (inputs.visits - 4) + 1.1 * pro,
    -2.1 + 0.5 * mobile - 0.1 * (inputs.visits - 4),
  ][variant]!
  return 1 / (1 + Math.exp(-score))
}

export function bestChance(person: Visitor): number {
  return Math.max(...VARIANTS.map((_, i) => chance(i, person)))
}
