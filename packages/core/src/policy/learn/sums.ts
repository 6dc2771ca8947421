/**
 * What is kept of training rows: sums, so that disjoint sets of rows add up, in any order and from any number of shards.
 *
 * Each row has three weights. g: decay, 2^(-age in draw periods / half-life), 1 without decay. b: balance, 1 unless the
 * learner weighs by propensity (see `learner.ts`). F: maturity, the share of its reward that must have come by now: 1 once its
 * window has closed, less where a delay model lets open rows in. r is the reward so far.
 *
 * Where the world drifts, a row tells of today as one with 1 / g times the noise would (discounted Thompson sampling, Raj and Kalyani
 * 2017): so g stands once in the sums of squares, and b twice. An arm that is not shown any more becomes less and less certain.
 *
 * For rows of closed windows without decay and balance all of g, b and F are 1, and SQL need only count and sum.
 */
export interface ArmSums {
  readonly variant: string
  /** Σ F, which never fades: the people to judge "enough data" by, each counted once a draw period. */
  readonly people: number
  /** Σ g b F. */
  readonly weight: number
  /** Σ g b r. */
  readonly reward: number
  /** Σ g b r². */
  readonly rewardSquares: number
  /** Σ g b² F. */
  readonly weightSquares: number
  /** Σ g (b F)². */
  readonly maturedSquares: number
  /** Contextual only. Σ g b F x xᵀ over encoded inputs x, lower triangle row by row; x[0] is 1. */
  readonly products?: readonly number[]
  /** Contextual only. Σ g b r x. */
  readonly moments?: readonly number[]
}

export interface Sums {
  /** The draw period that decay counts back from. */
  readonly period: number
  /** One for each variant, in order of key. */
  readonly arms: readonly ArmSums[]
}

/** An arm of which nothing is known; with `columns` those of a linear model's sums, packed. */
export function noArmSums(variant: string, columns = 0): ArmSums {
  const none = { people: 0, weight: 0, reward: 0, rewardSquares: 0, weightSquares: 0, maturedSquares: 0 }
  if (columns === 0) return { variant, ...none }
  return {
    variant,
    ...none,
    products: new Array<number>((columns * (columns + 1)) / 2).fill(0),
    moments: new Array<number>(columns).fill(0),
  }
}

/** How much of a weight is left after some draw periods. Without a half-life nothing fades. */
export function decayOf(periods: number, halfLife: number | undefined): number {
  return halfLife === undefined ? 1 : 2 ** (-periods / halfLife)
}

/** The sums as they stand at a later draw period. */
export function advance(sums: Sums, period: number, halfLife: number | undefined): Sums {
  if (period < sums.period) throw new RangeError(`sums of period ${sums.period} cannot go back to ${period}`)
  const g = decayOf(period - sums.period, halfLife)
  if (g === 1) return { ...sums, period }
  return { period, arms: sums.arms.map(arm => fade(arm, g)) }
}

function fade(arm: ArmSums, g: number): ArmSums {
  const scale = (list: readonly number[]) => list.map(x => g * x)
  return {
    variant: arm.variant,
    people: arm.people,
    weight: g * arm.weight,
    reward: g * arm.reward,
    rewardSquares: g * arm.rewardSquares,
    weightSquares: g * arm.weightSquares,
    maturedSquares: g * arm.maturedSquares,
    ...(arm.products && { products: scale(arm.products) }),
    ...(arm.moments && { moments: scale(arm.moments) }),
  }
}

/** Adds the sums of disjoint sets of rows. The earlier one fades to the period of the later one. */
export function addSums(a: Sums, b: Sums, halfLife?: number): Sums {
  const period = Math.max(a.period, b.period)
  const byVariant = new Map(advance(a, period, halfLife).arms.map(arm => [arm.variant, arm]))
  for (const arm of advance(b, period, halfLife).arms) {
    const other = byVariant.get(arm.variant)
    byVariant.set(arm.variant, other === undefined ? arm : addArm(other, arm))
  }
  return { period, arms: inOrder([...byVariant.values()]) }
}

/** Sorts in place, by the variants' keys. */
export function inOrder(arms: ArmSums[]): ArmSums[] {
  return arms.sort((a, b) => (a.variant < b.variant ? -1 : 1))
}

function addArm(a: ArmSums, b: ArmSums): ArmSums {
  const products = addLists(a.products, b.products)
  const moments = addLists(a.moments, b.moments)
  return {
    variant: a.variant,
    people: a.people + b.people,
    weight: a.weight + b.weight,
    reward: a.reward + b.reward,
    rewardSquares: a.rewardSquares + b.rewardSquares,
    weightSquares: a.weightSquares + b.weightSquares,
    maturedSquares: a.maturedSquares + b.maturedSquares,
    ...(products && { products }),
    ...(moments && { moments }),
  }
}

function addLists(a: readonly number[] | undefined, b: readonly number[] | undefined): readonly number[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (a.length !== b.length) {
    throw new RangeError(`sums of ${a.length} and ${b.length} numbers were encoded differently: rebuild from the log`)
  }
  return a.map((x, i) => x + b[i]!)
}
