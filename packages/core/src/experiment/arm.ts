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
