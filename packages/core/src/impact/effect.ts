import type { Estimate } from '../experiment/index.ts'
import { type GivenAnyway, givenAnyway } from './anyway.ts'
import type { Pair } from './cell.ts'
import { type Compared, canCompare, comparePairs, scaled } from './compare.ts'
import { aMonth, type MonthEstimate } from './month.ts'
import { addSums, canPrice } from './sums.ts'
import { effectSentence } from './words.ts'

/** What personalizing brought to some people, in the time the report is over. No NaN, no Infinity. */
export interface Effect {
  /** Of the people who could be compared; somebody in two experiences counts in each. */
  readonly people: { readonly personalized: number; readonly control: number }
  readonly kpi: Compared
  readonly money: Money
  /** The same for an average month at this rate; of less than `LEAST_DAYS` nothing is said of a month. */
  readonly month: { readonly kpi: MonthEstimate; readonly revenue: MonthEstimate; readonly net: MonthEstimate | null }
  readonly sentence: string
}

/** Differences to the control group, times the people who were personalized. */
export interface Money {
  readonly revenue: Estimate
  /** Before discounts. Null where the settings name no margin, or that of an order is not known. */
  readonly margin: Estimate | null
  readonly discounts: Estimate
  readonly givenAnyway: GivenAnyway
  readonly sends: Estimate
  /** Imported spend that names the experience. */
  readonly spend: number
  /** margin - discounts - sends - spend. Null as `margin` is. */
  readonly net: Estimate | null
}

export interface EffectOptions {
  readonly confidence: number
  /** Length of the time, in days. */
  readonly days: number
  /** When it begins, epoch milliseconds. */
  readonly from?: number | null
  readonly currency: string
  readonly kpi: Kpi
  /** Whether the settings name a margin. */
  readonly hasMargin: boolean
  readonly spend?: number
}

/** What the measure `kpi` is. */
export interface Kpi {
  readonly name: string
  /** conversion: a share of people; money: in the workspace's currency; sum: anything else a person. */
  readonly type: 'conversion' | 'money' | 'sum'
  /** Which way is good; up unless given. */
  readonly direction?: 'up' | 'down'
}

export function effectOf(pairs: readonly Pair[], options: EffectOptions): Effect {
  const { confidence, days, hasMargin, spend = 0 } = options
  const compare = (measure: Parameters<typeof comparePairs>[1]) => comparePairs(pairs, measure, confidence)
  const kpi = compare('kpi')
  const revenue = compare('revenue').total
  const isPriced = hasMargin && canPrice(addSums(pairs.flatMap(pair => [pair.personalized, pair.control])))
  // Nothing is known of the difference, and so nothing of what remains of it.
  const net = scaled(compare('net').total, 1, -spend)
  const counted = pairs.filter(canCompare)
  const of = (side: 'personalized' | 'control') => counted.reduce((sum, pair) => sum + pair[side].people, 0)
  const effect: Omit<Effect, 'sentence'> = {
    people: { personalized: of('personalized'), control: of('control') },
    kpi,
    money: {
      revenue,
      margin: isPriced ? compare('margin').total : null,
      discounts: compare('discounts').total,
      givenAnyway: givenAnyway(pairs, confidence),
      sends: compare('sends').total,
      spend,
      net: isPriced ? net : null,
    },
    month: {
      kpi: aMonth(kpi.total, days),
      revenue: aMonth(revenue, days),
      net: isPriced ? aMonth(net, days) : null,
    },
  }
  return { ...effect, sentence: effectSentence(effect, options) }
}
