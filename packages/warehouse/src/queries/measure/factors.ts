import type { Metric } from '@espalier/core/definition'
import type { Database, Params } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import { Binder } from '../../sql/params.ts'
import { currencyOf, exchangeSql } from '../exchange.ts'

/** More days of more currencies than this in one report are refused: ten years of fifty. */
const MOST = 200_000
/** So many are bound to the query: by URL they take 8 of the 16 kB that servers let a URL have. More are looked up by the query itself. */
const MOST_BOUND = 250

/** What money of other currencies was worth, by day: looked up beforehand, since a shop has few currencies and few days. */
export interface Factors {
  /** Of a row `e` of events: what one unit of its currency was worth in the target; 0 where there is no rate. */
  sql(target: string, binder: Binder): string
  /** Of a row `e` of events: its currency. */
  currency(binder: Pick<Binder, 'bind'>): string
}

/** Money of a report in one currency: the names of the events it is of. */
interface Conversion {
  readonly target: string
  readonly names: readonly string[]
  /** Currency of amounts that name none. */
  readonly home: string | undefined
}

/** Of a currency and a day (since 1970): what one unit was worth. */
interface Factor {
  readonly currency: string
  readonly day: number
  readonly factor: number
}

/** `home`: the currency of amounts that name none; without it they have no rate. */
export async function factorsOf(
  database: Database,
  metrics: readonly Metric[],
  scope: Params,
  home?: string,
): Promise<Factors> {
  const expressions = new Map<string, (binder: Binder) => string>()
  for (const target of new Set(metrics.flatMap(({ currency }) => currency ?? []))) {
    const names = metrics.flatMap(({ currency, event, refund }) =>
      currency === target ? [event, ...(refund ? [refund.event] : [])] : [],
    )
    const conversion = { target, names, home }
    const factors = await firstFactors(database, conversion, scope)
    if (factors.length > MOST_BOUND) {
      await refuseTooMany(database, conversion, scope)
      expressions.set(target, binder => lookedUp(conversion, binder))
    } else if (factors.length > 0) expressions.set(target, binder => bound(factors, home, binder))
  }
  return {
    sql(target, binder) {
      const found = expressions.get(target)
      const to = binder.bind('String', target)
      const own = home === target ? `e.currency IN ('', ${to})` : `e.currency = ${to}`
      if (found === undefined) return `if(${own}, 1.0, 0.0)`
      // What is no money has no currency, and most rows are none.
      const isNone = home === undefined ? "e.currency = '', 0.0, " : ''
      return `multiIf(${own}, 1.0, ${isNone}${found(binder)})`
    },
    currency: binder => currencyOf('e', home, binder),
  }
}

/** A currency's number is above all days, which are those of the years 1900 to 2299. */
const CURRENCY = 1_000_000

function bound(factors: readonly Factor[], home: string | undefined, binder: Binder): string {
  const currencies = [...new Set(factors.map(({ currency }) => currency))]
  const numbers = currencies.map((_, index) => (index + 1) * CURRENCY)
  const keys = factors.map(({ currency, day }) => (currencies.indexOf(currency) + 1) * CURRENCY + day)
  const number = `transform(${currencyOf('e', home, binder)}, ${binder.bind('Array(String)', currencies)}, ${binder.bind('Array(UInt32)', numbers)}, 0)`
  const values = binder.bind(
    'Array(Float64)',
    factors.map(({ factor }) => factor),
  )
  return `transform(toInt64(${number}) + ${dayOfRow}, ${binder.bind('Array(UInt32)', keys)}, ${values}, 0.0)`
}

const dayOfRow = 'toInt32(toDate32(e.timestamp))'

/** The engine makes the table itself. That takes it a second of planning: it looks it up wherever the expression is used. */
function lookedUp(conversion: Conversion, binder: Binder): string {
  const list = (column: string) =>
    `(SELECT groupArray(${column}) FROM (SELECT concat(currency, ' ', toString(day)) AS key, factor FROM ${factorsSql(conversion, binder)} ORDER BY key))`
  return `transform(concat(${currencyOf('e', conversion.home, binder)}, ' ', toString(${dayOfRow})), ${list('key')}, ${list('factor')}, 0.0)`
}

/** Those that a report in this currency needs, up to one more than can be bound. */
function firstFactors(database: Database, conversion: Conversion, scope: Params): Promise<Factor[]> {
  const binder = new Binder()
  return database.rows<Factor>(
    `SELECT currency, day, factor FROM ${factorsSql(conversion, binder)} LIMIT ${MOST_BOUND + 1}`,
    { ...scope, ...binder.params },
  )
}

/** Refuses more than the engine should look up at once. */
async function refuseTooMany(database: Database, conversion: Conversion, scope: Params): Promise<void> {
  const binder = new Binder()
  const [answer] = await database.rows<{ rates: number }>(
    `SELECT count() AS rates FROM (SELECT 1 FROM ${factorsSql(conversion, binder)} LIMIT ${MOST + 1})`,
    { ...scope, ...binder.params },
  )
  if ((answer?.rates ?? 0) > MOST) {
    throw new WarehouseError('invalid', `More than ${MOST} rates are needed at once. Ask for a shorter time.`)
  }
}

/** Rows (currency, day, factor) of the currencies of the conversion's events, each day of the time that counts. */
function factorsSql({ target, names, home }: Conversion, binder: Pick<Binder, 'bind'>): string {
  const to = binder.bind('String', target)
  const of = names.map(name => binder.bind('String', name)).join(', ')
  // Days of the time that counts, not of the events: those would have to be read for it.
  const days = `SELECT own.currency AS currency, addDays(${dayOf('earliest')}, day) AS day
    FROM (
      SELECT DISTINCT toString(${currencyOf('sold', home, binder)}) AS currency FROM events AS sold
      WHERE sold.workspace = {workspace:String} AND sold.name IN (${of}) AND currency != ${to}
    ) AS own
    ARRAY JOIN range(toUInt32(greatest(0, dateDiff('day', ${dayOf('earliest')}, ${dayOf('latest')})) + 1)) AS day`
  return `(SELECT currency, toInt32(day) AS day, factor FROM ${exchangeSql(days, to)} WHERE factor > 0)`
}

const dayOf = (parameter: string) => `toDate32(fromUnixTimestamp64Milli({${parameter}:Int64}, 'UTC'))`
