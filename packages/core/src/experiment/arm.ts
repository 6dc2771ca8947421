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
}

/** Adds what belongs to the same arm: statistics of disjoint sets of people, such as shards. Keeps the order of first appearance. */
export function addArms(arms: readonly ArmStatistics[]): ArmStatistics[] {
  const byArm = new Map<string, ArmStatistics>()
  for (const arm of arms) {
    const key = arm.control ? 'control' : `variant:${arm.variant}`
    const other = byArm.get(key)
    byArm.set(key, other === undefined ? arm : add(other, arm))
  }
  return [...byArm.values()]
}

function add(a: ArmStatistics, b: ArmStatistics): ArmStatistics {
  return {
    variant: a.variant,
    control: a.control,
    people: a.people + b.people,
    exposures: a.exposures + b.exposures,
    conversions: a.conversions + b.conversions,
    sum: a.sum + b.sum,
    sumSquares: a.sumSquares + b.sumSquares,
    ...(a.denominatorSum === undefined && b.denominatorSum === undefined
      ? {}
      : {
          denominatorSum: (a.denominatorSum ?? 0) + (b.denominatorSum ?? 0),
          denominatorSumSquares: (a.denominatorSumSquares ?? 0) + (b.denominatorSumSquares ?? 0),
          crossSum: (a.crossSum ?? 0) + (b.crossSum ?? 0),
        }),
    expected: a.expected + b.expected,
  }
}
