import type { ArmStatistics } from './arm.ts'

/**
 * Winsorizing: values above a cap are counted as the cap, so that one huge order does not decide. What the warehouse must
 * deliver: the cap is `capOf` over the totals of the people of **all** arms together who have a total above 0 (a percentile
 * over everybody would be 0 where few convert, and a cap an arm would cut away the very difference); then `sum`,
 * `sumSquares`, `crossSum` and `covariate.crossSum` are made of min(total, cap), and `capped` says what that took away.
 * Values below 0 stay as they are. The total before (`covariate`) is capped at its own cap, found in the same way.
 */
export interface CappedSums {
  /** People whose total was above the cap. */
  readonly people: number
  /** Sum over them of total - cap. */
  readonly excess: number
}

/** The percentile of the cap unless a metric names one. */
export const DEFAULT_CAP_PERCENTILE = 0.99

/**
 * The cap: of the totals above 0 in ascending order the one at place floor(percentile x count), counted from 0, or the last.
 * That is `quantileExact` in SQL. Null where nobody has one. `totals` as value and number of people.
 */
export function capOf(
  totals: Iterable<readonly [value: number, people: number]>,
  percentile = DEFAULT_CAP_PERCENTILE,
): number | null {
  if (!(percentile > 0 && percentile <= 1))
    throw new RangeError(`a percentile is above 0 and up to 1, got ${percentile}`)
  const positive = [...totals].filter(([value, people]) => value > 0 && people > 0).sort(([a], [b]) => a - b)
  const count = positive.reduce((sum, [, people]) => sum + people, 0)
  let left = Math.min(Math.floor(percentile * count), count - 1)
  for (const [value, people] of positive) {
    left -= people
    if (left < 0) return value
  }
  return null
}

/** What capping did, to be shown beside the result. */
export interface CapReport {
  readonly people: number
  /** Share of the people with a total who were above the cap; null where nobody has one. */
  readonly shareOfPeople: number | null
  /** Share of the total that was cut away; null where there is no total above 0. */
  readonly shareOfTotal: number | null
  /** Mean over people as it was before capping, by arm in the order given. */
  readonly uncappedMeans: readonly (number | null)[]
}

/** What capping took from all arms together; without capped sums it took nothing. */
export function capReport(arms: readonly ArmStatistics[]): CapReport {
  const total = (of: (arm: ArmStatistics) => number) => arms.reduce((sum, arm) => sum + of(arm), 0)
  const people = total(arm => arm.capped?.people ?? 0)
  const excess = total(arm => arm.capped?.excess ?? 0)
  const whole = total(arm => arm.sum) + excess
  return {
    people,
    shareOfPeople: fraction(
      people,
      total(arm => arm.conversions),
    ),
    shareOfTotal: fraction(excess, whole),
    uncappedMeans: arms.map(arm =>
      arm.people > 0 ? finite((arm.sum + (arm.capped?.excess ?? 0)) / arm.people) : null,
    ),
  }
}

function fraction(part: number, whole: number): number | null {
  return whole > 0 ? finite(part / whole) : null
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
