import { absoluteDifference, type Estimate, meanSample, noEstimate } from '../experiment/index.ts'
import { canPrice } from './sums.ts'

/** An imported amount, added up over the time. In the currency of the workspace. */
export interface Spend {
  readonly channel: string
  readonly campaign: string
  /** '' where it was spent on no experience. */
  readonly experience: string
  readonly amount: number
}

/** Customers: people who have ever bought. */
export interface Customers {
  readonly people: number
  /** Whose first order was in the time. */
  readonly acquired: number
  /** What everybody paid in the time. */
  readonly revenue: number
  /** What each has brought until now, formed per person before it is squared: paid, and margin less discounts. */
  readonly lifetimeRevenue: number
  readonly lifetimeRevenueSquares: number
  readonly lifetimeNet: number
  readonly lifetimeNetSquares: number
  readonly orders: number
  /** Orders and refunds ever of which the margin is not known. */
  readonly unpriced: number
}

/** Where nobody has bought yet. */
export const NO_CUSTOMERS: Customers = {
  people: 0,
  acquired: 0,
  revenue: 0,
  lifetimeRevenue: 0,
  lifetimeRevenueSquares: 0,
  lifetimeNet: 0,
  lifetimeNetSquares: 0,
  orders: 0,
  unpriced: 0,
}

/** KPIs of the business as a whole, with nobody to compare with. */
export interface SpendReport {
  readonly total: number
  readonly channels: readonly { readonly channel: string; readonly campaign: string; readonly amount: number }[]
  /** Spend / people whose first order was in the time. */
  readonly acquisitionCost: Figure
  /** Revenue in the time / spend: 3 is three for one. */
  readonly returnOnSpend: Figure
  /** What a customer has brought until now: margin less discounts, or revenue where no margin is known. */
  readonly lifetimeValue: { readonly of: 'net' | 'revenue'; readonly mean: Estimate }
  /** Lifetime value / acquisition cost. */
  readonly valueToCost: Figure
}

/** A number, or why there is none. */
export interface Figure {
  readonly value: number | null
  readonly sentence?: string
}

const NO_SPEND = 'No spend was imported for this time: POST /v1/spend, or espalier spend.'

/**
 * What a new customer cost, and what the spend brought back, in the workspace's currency. What cannot be divided is null, with the reason;
 * `hasMargin`: lifetime value is of margin where the orders have one, and of revenue otherwise.
 */
export function spendReport(
  spend: readonly Spend[],
  customers: Customers,
  { hasMargin, confidence }: { readonly hasMargin: boolean; readonly confidence: number },
): SpendReport {
  const total = spend.reduce((sum, { amount }) => sum + amount, 0)
  const channels = new Map<string, { channel: string; campaign: string; amount: number }>()
  for (const { channel, campaign, amount } of spend) {
    const key = JSON.stringify([channel, campaign])
    channels.set(key, { channel, campaign, amount: amount + (channels.get(key)?.amount ?? 0) })
  }
  const isPriced = hasMargin && canPrice(customers)
  const lifetime = meanOf(customers, isPriced ? 'Net' : 'Revenue', confidence)
  const ratio = (above: number, below: number, otherwise: string): Figure => {
    if (total <= 0) return { value: null, sentence: NO_SPEND }
    const value = above / below
    return below > 0 && Number.isFinite(value) ? { value } : { value: null, sentence: otherwise }
  }
  const acquisitionCost = ratio(total, customers.acquired, 'Nobody bought for the first time in this time.')
  return {
    total,
    channels: [...channels.values()].sort((a, b) => b.amount - a.amount),
    acquisitionCost,
    returnOnSpend: ratio(customers.revenue, total, NO_SPEND),
    lifetimeValue: { of: isPriced ? 'net' : 'revenue', mean: lifetime },
    valueToCost:
      acquisitionCost.value === null
        ? acquisitionCost
        : ratio(lifetime.value ?? Number.NaN, acquisitionCost.value, 'Nobody has bought yet.'),
  }
}

function meanOf(customers: Customers, of: 'Net' | 'Revenue', confidence: number): Estimate {
  const { people } = customers
  if (people === 0) return noEstimate('no-people')
  const sample = meanSample(people, customers[`lifetime${of}`], customers[`lifetime${of}Squares`])
  // Against nothing: its own interval.
  return absoluteDifference({ n: Number.MAX_SAFE_INTEGER, mean: 0, variance: 0 }, sample, confidence)
}
