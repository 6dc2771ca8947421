import type { Metric } from '@espalier/core/definition'
import type { Cell, Customers, HoldoutSums, Spend } from '@espalier/core/impact'
import { ALL_TIME } from '../../sql/params.ts'

/** What the whole programme brought in a time. */
export interface ProgrammeQuestion {
  readonly workspace: string
  /** The time: from (inclusive; the first exposure unless given) to (exclusive; now unless given). */
  readonly from?: number
  readonly to?: number
  readonly now: number
  /** All money is exchanged to it; amounts without a currency are in it. */
  readonly currency: string
  readonly orders: OrderEvents
  readonly margin?: MarginRule
  /** Touchpoints at which an exposure costs something, and what it costs where the default content was shown. */
  readonly sends: readonly { readonly touchpoint: string; readonly cost: number; readonly default: number }[]
  /** The KPI, one that adds up over people; revenue without it. */
  readonly metric?: Metric
  readonly by: 'week' | 'month'
  /** IANA zone of weeks, months and quarters, and of the days of spend. */
  readonly zone: string
  /** When the share of people who are held out was changed, in order: who came before is compared with nobody who came after. */
  readonly shareChanges?: readonly number[]
  /** Keys of segments to tell apart by. */
  readonly segments: readonly string[]
}

export interface OrderEvents {
  readonly event: string
  readonly refund: string
  /** Path of what was paid; the event's revenue without it. */
  readonly amount?: string
  /** Path of what was taken off. */
  readonly discount: string
}

/** The first that an order has: the property, price before the discount - cost, rate x price before the discount. */
export interface MarginRule {
  readonly property?: string
  readonly cost?: string
  readonly rate?: number
}

export interface ProgrammeStatistics {
  /** The time that it is about; null where nobody was exposed in it. */
  readonly time: { readonly from: number; readonly to: number } | null
  readonly cells: readonly Cell[]
  readonly periods: readonly { readonly period: string; readonly cells: readonly Cell[] }[]
  readonly segments: readonly { readonly segment: string; readonly cells: readonly Cell[] }[]
  /** Quarters by their first day, `2026-10-01`; what follows a change of the share within one by when that was. */
  readonly holdout: readonly HoldoutSums[]
  readonly spend: readonly Spend[]
  readonly customers: Customers
  /** Currencies of money in scope without a rate: nothing is added up then. */
  readonly missingRates: readonly MissingRate[]
}

export interface MissingRate {
  readonly currency: string
  /** What it cannot be turned into. */
  readonly base: string
  readonly days: number
  readonly firstDay: string
}

/** What one unit of another currency was worth on a day; keys are `USD 2026-11-22`. */
export interface Rates {
  readonly keys: readonly string[]
  readonly factors: readonly number[]
}

/** A question of a time that has begun, with its rates. */
export interface PricedQuestion extends ProgrammeQuestion {
  readonly from: number
  readonly rates: Rates
}

/** What every query of the report is bounded by; `from` and `to` in epoch milliseconds. */
export function scopeOf({ workspace, from, to, now, zone, shareChanges = [] }: ProgrammeQuestion) {
  return { workspace, zone, now, shareChanges, from: from ?? ALL_TIME.from, to: Math.min(to ?? ALL_TIME.to, now + 1) }
}
