import {
  DEFAULT_CONFIDENCE,
  type Estimate,
  estimateOf,
  MORE_WITHOUT_WAITING,
  noEstimate,
  type Sample,
  steady,
} from '../experiment/index.ts'
import type { Pair } from './cell.ts'
import { canCompare, missingOf, squaredErrorOf } from './compare.ts'
import type { ValueSums, WeightedValueSums } from './sums.ts'

/** The part of the discounts that was not needed. */
export interface GivenAnyway {
  /** Money, of the discounts that the personalized were given more than the control group. */
  readonly total: Estimate
  /** Of those discounts; null where there were none. */
  readonly share: number | null
}

/**
 * Discounts that went to people who would have bought anyway, from the control group's conversion.
 *
 * Of N people who were personalized a share p1 bought and was given d1 of discounts a person; in the control group it is p0 and d0.
 * If personalizing keeps nobody from buying, p0 of them would have bought without it: that is min(1, p0 / p1) of the buyers,
 * and, if these are given as much as the others,
 *
 *     N x (d1 x min(1, p0 / p1) - d0)
 *
 * went to them beyond what they would have been given anyway. At least 0 and at most N x (d1 - d0), all that was given more. The
 * interval is by the delta method, with steadied variances of the shares; discounts and buying of one person go together
 * (cov(d, buys) = d x (1 - p), as only buyers have a discount).
 */
export function givenAnyway(pairs: readonly Pair[], confidence = DEFAULT_CONFIDENCE): GivenAnyway {
  const counted = pairs.filter(canCompare)
  if (counted.length === 0) return { total: noEstimate(missingOf(pairs)), share: null }
  const parts = counted.map(partOf)
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + of(part), 0)
  const more = Math.max(
    0,
    sum(part => part.more),
  )
  const within = (x: number) => Math.min(more, Math.max(0, x))
  const squaredError = squaredErrorOf(
    counted,
    parts.map(part => part.squaredError),
  )
  const plain = estimateOf(
    sum(part => part.value),
    squaredError,
    { confidence },
  )
  if (plain.value === null) return { total: plain, share: null }
  const value = within(plain.value)
  const total: Estimate = {
    ...plain,
    value,
    interval: plain.interval && [within(plain.interval[0]), within(plain.interval[1])],
    // Of having given nothing away there is no test: it is bounded by it.
    p: null,
  }
  return { total, share: more > 0 ? value / more : null }
}

interface Part {
  readonly value: number
  readonly squaredError: number
  /** What was given more than in the control group. */
  readonly more: number
}

function partOf({ personalized, control }: Pair): Part {
  const n = personalized.people
  const [zero, one] = steadied(momentsOf(control), momentsOf(personalized))
  const more = n * (one.discount - zero.discount)
  if (one.share === 0) return { value: 0, squaredError: 0, more }
  const ratio = Math.min(1, zero.share / one.share)
  // Gradient of d1 x p0 / p1 - d0, each arm for itself: (by its share of buyers, by its discount). Where as many of the control group happened to
  // buy, or more, it is that of just as many: fewer may.
  const byOne = [(-ratio * one.discount) / one.share, ratio] as const
  const byZero = [one.discount / one.share, -1] as const
  return {
    value: n * (one.discount * ratio - zero.discount),
    squaredError: n ** 2 * (varianceOf(one, byOne) + varianceOf(zero, byZero)),
    more,
  }
}

interface Moments {
  readonly people: number
  /** As many as would tell as much if all counted alike. */
  readonly units: number
  readonly share: number
  readonly discount: number
  readonly shareVariance: number
  readonly discountVariance: number
  readonly covariance: number
}

function momentsOf(sums: ValueSums | WeightedValueSums): Moments {
  const { people, buyers, discounts, discountsSquares } = sums
  const [share, discount] = [buyers / people, discounts / people]
  const spread = 'spread' in sums ? sums.spread : undefined
  return {
    people,
    units: 'units' in sums ? sums.units : people,
    share,
    discount,
    shareVariance: spread?.buyers ?? Math.max(0, share * (1 - share)),
    discountVariance: Math.max(0, discountsSquares / people - discount ** 2),
    covariance: spread?.buyersDiscounts ?? discount * (1 - share),
  }
}

/** Nobody of a small control group bought, and yet some would have. */
function steadied(control: Moments, personalized: Moments): readonly [control: Moments, personalized: Moments] {
  const buying = ({ people: n, units, share: mean, shareVariance: variance }: Moments): Sample => ({
    n,
    mean,
    variance,
    units,
  })
  const [zero, one] = steady(buying(control), buying(personalized), MORE_WITHOUT_WAITING)
  return [
    { ...control, shareVariance: zero.variance },
    { ...personalized, shareVariance: one.variance },
  ]
}

function varianceOf(of: Moments, [byShare, byDiscount]: readonly [number, number]): number {
  const squares =
    byShare ** 2 * of.shareVariance + byDiscount ** 2 * of.discountVariance + 2 * byShare * byDiscount * of.covariance
  return Math.max(0, squares) / of.people
}
