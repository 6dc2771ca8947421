import type { Database } from '../client/database.ts'

export interface Rate {
  /** UTC day, `2026-11-22`. */
  readonly day: string
  readonly currency: string
  readonly base: string
  /** One unit of `currency` in `base`. */
  readonly rate: number
}

/** A repeated day replaces what was there, whatever it was. */
export async function putRates(database: Database, workspace: string, rates: readonly Rate[]): Promise<void> {
  if (rates.length === 0) return
  // Of two rates for one day in one call the last holds, as with two calls.
  const latest = new Map(rates.map(rate => [`${rate.day} ${rate.currency} ${rate.base}`, rate]))
  const lines = [...latest.values()].map(({ day, currency, base, rate }) =>
    JSON.stringify({ workspace, day, currency, base, rate }),
  )
  await database.insert('rates', Buffer.from(`${lines.join('\n')}\n`))
}
