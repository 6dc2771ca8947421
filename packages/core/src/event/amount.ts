import { splitPath, valueAt } from '../filter/path.ts'
import type { Json, JsonObject } from '../json.ts'

/** Beyond it a number is a mistake, not an amount. */
const LARGEST = 1e12

const PLAIN_DECIMAL = /^\s*[+-]?\d+(\.\d+)?\s*$/

/** An amount: a number, or text that is a plain decimal (`"19.90"`); null where there is neither. Reports read amounts in the same way. */
export function amountOf(value: Json | undefined): number | null {
  const number = typeof value === 'string' && PLAIN_DECIMAL.test(value) ? Number(value) : value
  return typeof number === 'number' && Math.abs(number) <= LARGEST ? number : null
}

/** A path into properties where something looks for an amount. */
export interface AmountPlace {
  readonly path: string
  readonly steps: readonly string[]
}

/** A path, such as `totals.paid`, taken apart once. */
export function amountPlace(path: string): AmountPlace {
  return { path, steps: splitPath(path) }
}

/**
 * What stands where an amount is looked for and is none, though it was meant as one: a number beyond the largest, or text with
 * digits that is no plain decimal. Undefined where there is nothing of the kind.
 */
export function unclearAmount(properties: JsonObject, places: readonly AmountPlace[]): string | undefined {
  for (const { path, steps } of places) {
    const value = valueAt(properties, steps)
    if (typeof value !== 'number' && (typeof value !== 'string' || !/\d/.test(value))) continue
    if (amountOf(value) !== null) continue
    const isNumber = typeof value === 'number' || PLAIN_DECIMAL.test(value)
    const why = isNumber ? 'which is beyond 1e12' : 'which is no plain decimal such as "1299.90"'
    return `properties.${path} is ${shown(value)}, ${why}: no report counts it as an amount.`
  }
  return undefined
}

/** Cut short; JSON has no number for what is beyond its largest. */
function shown(value: number | string): string {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
