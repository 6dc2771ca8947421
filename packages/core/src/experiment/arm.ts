import type { CovariateRatioSums, CovariateSums } from './covariate.ts'
import type { WeightSums } from './weighted.ts'
import type { CappedSums } from './winsor.ts'

/**
 * Sufficient statistics of one arm: they add up over disjoint sets of people, never over days (the square of a sum is not
 * the sum of squares). One value a person: their total within the window.
 */
export interface ArmStatistics {
  /** Variant key, or '' for the control group. */
  readonly variant: string
  readonly control: boolean
  /** People whose first exposure was to this arm. */
  readonly people: number
  readonly exposures: number
  /** People with at least one counted event. */
  readonly conversions: number
  /** Sum and sum of squares over people of the value (for a conversion, 0 or 1). */
  readonly sum: number
  readonly sumSquares: number
  /** For ratio metrics (`mean`): the same of the number of events a person, and of value x number. */
  readonly denominatorSum?: number
  readonly denominatorSumSquares?: number
  readonly crossSum?: number
  /** People to expect by the design, relative to the other arms (summed propensities). */
  readonly expected: number
  /** What the same people did before, for an adjusted lift (`cuped.ts`). */
  readonly covariate?: CovariateSums
  /** Where values above a cap were counted as the cap: what that took away (`winsor.ts`). */
  readonly capped?: CappedSums
  /** People whose conversion window has closed by now (`window.ts`); all of them unless given. */
  readonly matured?: number
  /** People who are not counted, nor among those above, since their window is open: of an absence, and of what counts after a delay. */
  readonly open?: number
  /** People seen in another arm as well (`crossover.ts`). */
  readonly crossed?: number
  /** For chances that differ between people: the same sums weighted by 1 / chance (`weighted.ts`). */
  readonly weights?: WeightSums
  /**
   * What separates people with different chances of the arms, such as the version of the experience or of the model: within
   * one stratum everybody had the same chances (`stratified.ts`). Arms of different strata may be given side by side.
   */
  readonly stratum?: string
  /**
   * Some of these people could have got nothing else but the control group, while others of their time got other arms: as of rules, each
   * variant of which is for people of its own. Then chance says who is left out, and nothing of one variant by itself.
   */
  readonly certain?: true
}

/** Adds what belongs to the same arm: statistics of disjoint sets of people, such as shards. Keeps the order of first appearance. */
export function addArms(arms: readonly ArmStatistics[]): ArmStatistics[] {
  return addBy(arms, armKey)
}

/** The same within each stratum. */
export function addArmsByStratum(arms: readonly ArmStatistics[]): ArmStatistics[] {
  return addBy(arms, arm => `${arm.stratum ?? ''}\n${armKey(arm)}`)
}

const armKey = (arm: ArmStatistics) => (arm.control ? 'control' : `variant:${arm.variant}`)

function addBy(arms: readonly ArmStatistics[], keyOf: (arm: ArmStatistics) => string): ArmStatistics[] {
  const byKey = new Map<string, ArmStatistics>()
  for (const arm of arms) {
    const key = keyOf(arm)
    const other = byKey.get(key)
    byKey.set(key, other === undefined ? arm : add(other, arm))
  }
  return [...byKey.values()]
}

function add(a: ArmStatistics, b: ArmStatistics): ArmStatistics {
  const covariate = addOptional(a.covariate, b.covariate, addCovariates)
  const capped = addOptional(a.capped, b.capped, addMembers)
  const open = addOptional(a.open, b.open, (x, y) => x + y)
  const crossed = addOptional(a.crossed, b.crossed, (x, y) => x + y)
  const weights = addWeights(a, b)
  const isRatio = a.denominatorSum !== undefined || b.denominatorSum !== undefined
  return {
    variant: a.variant,
    control: a.control,
    people: a.people + b.people,
    exposures: a.exposures + b.exposures,
    conversions: a.conversions + b.conversions,
    sum: a.sum + b.sum,
    sumSquares: a.sumSquares + b.sumSquares,
    ...(isRatio && {
      denominatorSum: (a.denominatorSum ?? 0) + (b.denominatorSum ?? 0),
      denominatorSumSquares: (a.denominatorSumSquares ?? 0) + (b.denominatorSumSquares ?? 0),
      crossSum: (a.crossSum ?? 0) + (b.crossSum ?? 0),
    }),
    expected: a.expected + b.expected,
    ...(covariate && { covariate }),
    ...(capped && { capped }),
    ...((a.matured !== undefined || b.matured !== undefined) && {
      matured: (a.matured ?? a.people) + (b.matured ?? b.people),
    }),
    ...(open !== undefined && { open }),
    ...(crossed !== undefined && { crossed }),
    ...(weights && { weights }),
    ...(a.stratum !== undefined && a.stratum === b.stratum && { stratum: a.stratum }),
    ...((a.certain || b.certain) && { certain: true as const }),
  }
}

/** What one side lacks is 0: nobody there was capped, crossed or known before. */
function addOptional<T>(a: T | undefined, b: T | undefined, plus: (a: T, b: T) => T): T | undefined {
  return a === undefined ? b : b === undefined ? a : plus(a, b)
}

function addCovariates(a: CovariateSums, b: CovariateSums): CovariateSums {
  const ratio = addOptional<CovariateRatioSums>(a.ratio, b.ratio, addMembers)
  return {
    sum: a.sum + b.sum,
    sumSquares: a.sumSquares + b.sumSquares,
    crossSum: a.crossSum + b.crossSum,
    ...(ratio && { ratio }),
  }
}

/** People without weights cannot be weighted, and leave the whole without. */
function addWeights(a: ArmStatistics, b: ArmStatistics): WeightSums | undefined {
  if (a.people === 0) return b.weights
  if (b.people === 0) return a.weights
  return a.weights && b.weights && addMembers(a.weights, b.weights)
}

/** Of two records of numbers; what one side lacks is 0. */
function addMembers<T extends object>(a: T, b: T): T {
  const sum: Record<string, number> = { ...(a as Record<string, number>) }
  for (const [key, value] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + value
  return sum as T
}
