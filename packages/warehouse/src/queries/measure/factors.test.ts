import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../../contract/engine.ts'
import { migrate } from '../../schema/migrate.ts'
import { Binder } from '../../sql/params.ts'
import { putRates } from '../rates.ts'
import { factorsOf } from './factors.ts'

const DAY = 86_400_000
const BEGIN = Date.UTC(1969, 10, 1)
const workspace = 'main'

/** Rates against the euro that differ from day to day, and one of every third day only. */
const yen = (day: number) => 0.006 + day / 7_000_000
const pounds = (day: number) => 1.1 + (day - (day % 3)) / 3000

let engine: TestEngine
beforeAll(async () => {
  engine = await startEngine()
  const { database } = engine
  await migrate(database)
  const days = Array.from({ length: 400 }, (_, day) => day)
  const on = (day: number) => new Date(BEGIN + day * DAY).toISOString().slice(0, 10)
  await putRates(database, workspace, [
    ...days.map(day => ({ day: on(day), currency: 'JPY', base: 'EUR', rate: yen(day) })),
    ...days
      .filter(day => day % 3 === 0)
      .map(day => ({ day: on(day), currency: 'GBP', base: 'EUR', rate: pounds(day) })),
  ])
  const currencies = ['EUR', 'JPY', 'GBP', 'CHF', '']
  await database.command(
    `INSERT INTO events (workspace, profile, timestamp, received, name, currency)
    SELECT '${workspace}', 'p', fromUnixTimestamp64Milli(toInt64(${BEGIN + 3600_000} + number * ${DAY}), 'UTC'), now64(3), 'Order Completed', currency
    FROM numbers(400) ARRAY JOIN ['${currencies.join("', '")}'] AS currency SETTINGS max_partitions_per_insert_block = 0`,
  )
})
afterAll(() => engine.close())

/** Of each event, by currency and day: what the report counts one unit of it as. */
async function counted(days: number, home?: string): Promise<Map<string, number>> {
  const { database } = engine
  const scope = { workspace, earliest: BEGIN, latest: BEGIN + (days - 1) * DAY }
  const metric = { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' } as const
  const factors = await factorsOf(database, [metric], scope, home)
  const binder = new Binder()
  const rows = await database.rows<{ currency: string; day: number; factor: number }>(
    `SELECT toString(e.currency) AS currency, toInt32(toDate32(e.timestamp)) AS day, ${factors.sql('EUR', binder)} AS factor
    FROM events AS e WHERE e.timestamp < fromUnixTimestamp64Milli({latest:Int64} + ${DAY}, 'UTC')`,
    { ...scope, ...binder.params },
  )
  return new Map(rows.map(({ currency, day, factor }) => [`${currency} ${day - BEGIN / DAY}`, factor]))
}

describe('what money of other currencies counts as', () => {
  // A hundred days of two currencies are bound to the query; four hundred are looked up by it.
  it.each([100, 400])('is the rate of its day or the last one before, over %i days from before 1970 on', async days => {
    const factors = await counted(days)
    expect(factors.size).toBe(5 * days)
    for (let day = 0; day < days; day++) {
      expect(factors.get(`EUR ${day}`)).toBe(1)
      expect(factors.get(`JPY ${day}`)).toBe(yen(day))
      expect(factors.get(`GBP ${day}`)).toBe(pounds(day))
      // Without a rate, and without a currency.
      expect(factors.get(`CHF ${day}`)).toBe(0)
      expect(factors.get(` ${day}`)).toBe(0)
    }
  })

  it.each([
    ['EUR', () => 1],
    ['JPY', yen],
    ['CHF', () => 0],
  ])('what names no currency is in that of the workspace, such as %s', async (home, rate) => {
    for (const days of [100, 400]) {
      const factors = await counted(days, home)
      for (let day = 0; day < days; day++) {
        expect(factors.get(` ${day}`)).toBe(rate(day))
        expect(factors.get(`GBP ${day}`)).toBe(pounds(day))
      }
    }
  })
})
