import type { Unusable } from './decision.ts'

/**
 * What SQL (or `startWhatIf`) takes from the log for one target policy. Every sum is first taken within a person, then over
 * people: products of sums within a person are what makes the intervals right where people are asked more than once.
 *
 * With w = target chance / logged propensity of the shown variant, r its reward, q the predicted rewards, π the target's
 * chances and τ the switch, each person has these seven numbers:
 *
 *   n   number of decisions          dm  Σ Σ_a π(a) q(a)
 *   r   Σ r                          dr  Σ w (r - q(shown))
 *   w   Σ w                          sw  the same over decisions with w <= τ
 *   wr  Σ w r
 *
 * In SQL: `select bucket_key, count() as n, sum(r) as r, … group by bucket_key`, and around it the sums of each and of each
 * product: `sum(n*n), sum(r*n), sum(r*r), sum(w*n), …` in the order of `PRODUCTS`.
 */
export const COMPONENTS = ['n', 'r', 'w', 'wr', 'dm', 'dr', 'sw'] as const
export type Component = (typeof COMPONENTS)[number]

/** Pairs of components whose products over people are summed: a lower triangle row by row. */
export const PRODUCTS: readonly (readonly [Component, Component])[] = COMPONENTS.flatMap((a, i) =>
  COMPONENTS.slice(0, i + 1).map(b => [a, b] as const),
)

/** Place of a product in `WhatIfSums.products`. */
export function productAt(a: Component, b: Component): number {
  const [i, j] = [COMPONENTS.indexOf(a), COMPONENTS.indexOf(b)]
  return i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i
}

export interface WhatIfSums {
  readonly people: number
  readonly sums: Readonly<Record<Component, number>>
  /** In the order of `PRODUCTS`. */
  readonly products: readonly number[]
  /** Σ w² over decisions. */
  readonly squaredWeights: number
  /** Largest w of a decision, and largest sum of w of a person. */
  readonly maxWeight: number
  readonly maxPersonWeight: number
  /** Least and largest reward of a decision; 0 and 0 where there is none. */
  readonly minReward: number
  readonly maxReward: number
  /** Whether dm, dr and sw are there: every decision had predictions. */
  readonly predicted: boolean
  /** What w was cut off at, if it was: then mean w is less than 1 by design. */
  readonly cap: number | null
  /** By variant, in the order of the indexes. */
  readonly arms: readonly ArmOverlap[]
  /** Decisions left out because they cannot be used. */
  readonly unusable: Readonly<Record<Unusable, number>>
}

export interface ArmOverlap {
  readonly variant: string
  /** Decisions that showed it. */
  readonly shown: number
  /** Σ π: decisions in which the target would show it. */
  readonly wanted: number
  /** Σ r of those that showed it. */
  readonly reward: number
}

/** Adds sums over disjoint sets of people for the same target. */
export function addWhatIfSums(a: WhatIfSums, b: WhatIfSums): WhatIfSums {
  if (
    a.cap !== b.cap ||
    a.arms.length !== b.arms.length ||
    a.arms.some((arm, i) => arm.variant !== b.arms[i]!.variant)
  ) {
    throw new RangeError('sums over other variants or with another cap do not add up')
  }
  const rewards = [a, b].filter(({ sums }) => sums.n > 0)
  return {
    people: a.people + b.people,
    sums: Object.fromEntries(COMPONENTS.map(c => [c, a.sums[c] + b.sums[c]])) as Record<Component, number>,
    products: a.products.map((x, i) => x + b.products[i]!),
    squaredWeights: a.squaredWeights + b.squaredWeights,
    maxWeight: Math.max(a.maxWeight, b.maxWeight),
    maxPersonWeight: Math.max(a.maxPersonWeight, b.maxPersonWeight),
    minReward: rewards.length === 0 ? 0 : Math.min(...rewards.map(s => s.minReward)),
    maxReward: rewards.length === 0 ? 0 : Math.max(...rewards.map(s => s.maxReward)),
    predicted: rewards.every(s => s.predicted) && rewards.length > 0,
    cap: a.cap,
    arms: a.arms.map((arm, i) => ({
      variant: arm.variant,
      shown: arm.shown + b.arms[i]!.shown,
      wanted: arm.wanted + b.arms[i]!.wanted,
      reward: arm.reward + b.arms[i]!.reward,
    })),
    unusable: {
      propensity: a.unusable.propensity + b.unusable.propensity,
      reward: a.unusable.reward + b.unusable.reward,
      target: a.unusable.target + b.unusable.target,
      variant: a.unusable.variant + b.unusable.variant,
    },
  }
}
