import type { Params } from '../client/database.ts'

/** Collects values under fresh names, so that a query's text holds placeholders only. */
export class Binder {
  readonly #values: Record<string, unknown> = {}
  #next = 0

  /** Placeholder for the value: `{p0:String}`. */
  bind(
    type: 'String' | 'Float64' | 'Array(String)' | 'Array(Float64)' | 'Array(UInt32)' | 'Int64' | 'UInt32',
    value: unknown,
  ): string {
    const name = `p${this.#next++}`
    this.#values[name] = type.includes('Float64') ? numbersText(value as number | readonly number[]) : value
    return `{${name}:${type}}`
  }

  get params(): Params {
    return this.#values
  }
}

/** The client refuses whole numbers that no double tells from their neighbours; as text they are what they are. */
function numbersText(value: number | readonly number[]): string {
  return typeof value === 'number' ? String(value) : `[${value.join(',')}]`
}

/** What the engine's times can hold: the years 1900 to 2299. */
export const ALL_TIME = { from: -2_208_988_800_000, to: 10_413_792_000_000 } as const

/** `column` within `{from}` (inclusive) and `{to}` (exclusive), epoch milliseconds. */
export const within = (column: string) =>
  `${column} >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ${column} < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`

/** The same, and within none of the times from `{withoutFrom}` (inclusive) to `{withoutTo}` (exclusive). */
export const withinBut = (column: string) =>
  `${within(column)} AND NOT arrayExists((a, b) -> toUnixTimestamp64Milli(${column}) >= a AND toUnixTimestamp64Milli(${column}) < b, {withoutFrom:Array(Int64)}, {withoutTo:Array(Int64)})`
