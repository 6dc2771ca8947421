import type { CompleteBodies } from '../definition/normalise.ts'
import type { PriceLimit, VariantPrice } from '../definition/price.ts'
import type { JsonObject } from '../json.ts'
import { durationMs } from '../time/duration.ts'

type Terms = NonNullable<CompleteBodies['experience']['price']>

/** A price that a variant asks for, within the guardrails. */
export interface Priced {
  readonly price: number
  readonly list: number
  readonly limited?: 'floor' | 'ceiling'
}

export interface CompiledPrice {
  /** Milliseconds that a person keeps a price. */
  readonly lasts: number
  /**
   * The price of a catalog item in a variant; undefined where the item has no price, or lacks what a guardrail is held against,
   * or where the guardrails leave no price.
   */
  readonly price: (item: JsonObject, rule: VariantPrice) => Priced | undefined
}

const DEFAULT_LASTS = '30d'

/** `currency`: that of items which name none. */
export function compilePrice(
  { floor, ceiling, lasts = DEFAULT_LASTS, step: stated }: Terms,
  currency: string,
): CompiledPrice {
  return {
    lasts: durationMs(lasts),
    price(item, rule) {
      const list = finite(item.price)
      if (list === undefined) return undefined
      const step = stated ?? smallestUnit(typeof item.currency === 'string' ? item.currency : currency)
      const cost = finite(item.cost)
      const lowest = limit(floor, list, cost, Math.max)
      const highest = ceiling === undefined ? Number.POSITIVE_INFINITY : limit(ceiling, list, cost, Math.min)
      if (lowest === undefined || highest === undefined) return undefined
      const low = toStep(lowest, step, Math.ceil)
      const high = Number.isFinite(highest) ? toStep(highest, step, Math.floor) : highest
      if (low > high) return undefined
      const asked = toStep(ruled(list, rule), step, Math.round)
      if (asked < low) return { price: low, list, limited: 'floor' }
      return asked > high ? { price: high, list, limited: 'ceiling' } : { price: asked, list }
    },
  }
}

const CURRENCY = /^[A-Za-z]{3}$/

/** The least that can be paid: a cent of a euro, a yen, a thousandth of a Kuwaiti dinar. */
function smallestUnit(currency: string): number {
  if (!CURRENCY.test(currency)) return 0.01
  const known = units.get(currency)
  if (known !== undefined) return known
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
  const unit = Number(`1e-${maximumFractionDigits}`)
  units.set(currency, unit)
  return unit
}

/** By currency. To ask the engine for one takes longer than to decide. */
const units = new Map<string, number>()

function ruled(list: number, { percent, change, set }: VariantPrice): number {
  if (set !== undefined) return set
  return percent === undefined ? list + (change ?? 0) : list * (1 + percent / 100)
}

/** The strictest of what is named; undefined where it asks for a cost that the item does not have. */
function limit(
  { price, ofPrice, ofCost }: PriceLimit,
  list: number,
  cost: number | undefined,
  strictest: (...limits: number[]) => number,
): number | undefined {
  if (ofCost !== undefined && cost === undefined) return undefined
  const limits = [price, ofPrice && ofPrice * list, ofCost && ofCost * cost!]
  return strictest(...limits.filter(one => one !== undefined))
}

/** A multiple of a step. What floating point adds to one is not a step more. */
function toStep(price: number, step: number, round: (n: number) => number): number {
  const steps = Number((price / step).toPrecision(12))
  return Number((round(steps) * step).toPrecision(12))
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
