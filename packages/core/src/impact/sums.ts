import { unitsOf, weightedSample } from '../experiment/index.ts'

/**
 * Sums over the people of one group, made of each person's own total within the time, formed before it is squared. They add over
 * disjoint sets of people, never over days. Money is in the currency of the workspace.
 */
export interface ValueSums {
  readonly people: number
  /** People with at least one order. */
  readonly buyers: number
  readonly orders: number
  /** Orders and refunds of which the margin is not known: they count as 0 of it. */
  readonly unpriced: number
  readonly kpi: number
  readonly kpiSquares: number
  /** What was paid, refunds taken off. */
  readonly revenue: number
  readonly revenueSquares: number
  /** What is left when the goods are paid, before discounts. */
  readonly margin: number
  readonly marginSquares: number
  /** Only buyers have any, so it is also the sum of discount x (did buy). */
  readonly discounts: number
  readonly discountsSquares: number
  /** What it cost to send. */
  readonly sends: number
  readonly sendsSquares: number
  /** margin - discounts - sends. */
  readonly net: number
  readonly netSquares: number
}

/** What people's totals are formed of. */
export type Measure = 'kpi' | 'revenue' | 'margin' | 'discounts' | 'sends' | 'net'

export const NOBODY: ValueSums = {
  people: 0,
  buyers: 0,
  orders: 0,
  unpriced: 0,
  kpi: 0,
  kpiSquares: 0,
  revenue: 0,
  revenueSquares: 0,
  margin: 0,
  marginSquares: 0,
  discounts: 0,
  discountsSquares: 0,
  sends: 0,
  sendsSquares: 0,
  net: 0,
  netSquares: 0,
}

const NAMES = Object.keys(NOBODY) as (keyof ValueSums)[]

/** Of disjoint sets of people. */
export function addSums(all: readonly ValueSums[]): ValueSums {
  const sum: Record<keyof ValueSums, number> = { ...NOBODY }
  for (const one of all) for (const name of NAMES) sum[name] += one[name]
  return sum
}

const MEASURES: readonly Measure[] = ['kpi', 'revenue', 'margin', 'discounts', 'sends', 'net']

/** Sums of people who do not count alike, with what their sums alone do not tell of how they differ. */
export interface WeightedValueSums extends ValueSums {
  /** How many of them would tell as much if all counted alike. */
  readonly units: number
  /** Variances such that divided by the number of people they are those of the weighted means. */
  readonly spread: {
    /** Of having bought. */
    readonly buyers: number
    /** Of how having bought and the discount go together. */
    readonly buyersDiscounts: number
  }
}

/**
 * Sums of a control group whose people had several chances of being left out, so that it stands for those who were not: for each in it with
 * chance c there are (1 - c) / c of them, and so much each counts. As many people as there are, with the weighted means, and with squares that
 * give these the error that weighted means have (`weighted.ts`). Orders are counted as they came: they say of how many the margin is known.
 */
export function sumsAsPersonalized(
  cells: readonly { readonly sums: ValueSums; readonly propensity: number }[],
): ValueSums | WeightedValueSums {
  const plain = addSums(cells.map(({ sums }) => sums))
  const { people } = plain
  const over = (of: (weight: number, sums: ValueSums) => number) =>
    cells.reduce((sum, { sums, propensity }) => sum + of((1 - propensity) / propensity, sums), 0)
  const sum = over((weight, one) => weight * one.people)
  if (!(sum > 0)) return plain
  const sumSquares = over((weight, one) => weight ** 2 * one.people)
  const sampleOf = (of: (sums: ValueSums) => number, squareOf: (sums: ValueSums) => number) =>
    weightedSample(people, {
      sum,
      sumSquares,
      valueSum: over((weight, one) => weight * of(one)),
      valueSumSquares: over((weight, one) => weight ** 2 * squareOf(one)),
      valueCrossSum: over((weight, one) => weight ** 2 * of(one)),
    })
  const sums: Record<keyof ValueSums, number> = { ...plain }
  for (const measure of MEASURES) {
    const { mean, variance } = sampleOf(
      one => one[measure],
      one => one[`${measure}Squares`],
    )
    sums[measure] = people * mean
    sums[`${measure}Squares`] = people * mean ** 2 + (people - 1) * variance
  }
  const bought = sampleOf(
    one => one.buyers,
    one => one.buyers,
  )
  sums.buyers = people * bought.mean
  const discount = sums.discounts / people
  // Only buyers have a discount, so that it is also the product of the two.
  const together = over(
    (weight, one) =>
      weight ** 2 * ((1 - bought.mean) * one.discounts - discount * one.buyers + discount * bought.mean * one.people),
  )
  const scale = people < 2 ? 0 : (people * people) / (people - 1) / sum / sum
  return {
    ...sums,
    units: unitsOf(people, sum, sumSquares),
    spread: { buyers: bought.variance, buyersDiscounts: scale * together },
  }
}

/** Of a share of orders up to this the margin may be missing: they count as 0 of it, so that the rest still says something. */
const MOST_UNPRICED = 0.05

/** Whether so few orders lack a margin that what is said of margin holds. */
export function canPrice({ orders, unpriced }: Pick<ValueSums, 'orders' | 'unpriced'>): boolean {
  return unpriced <= MOST_UNPRICED * orders
}
