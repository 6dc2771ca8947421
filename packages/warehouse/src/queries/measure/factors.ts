import type { Metric } from '@espalier/core/definition'
import type { Database, Params } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import { Binder } from '../../sql/params.ts'
import { exchangeSql } from '../exchange.ts'

/** More days of more currencies than this in one report are refused: ten years of fifty. */
const MOST = 200_000

/** What money of other currencies was worth, by day: looked up beforehand, since a shop has few currencies and few days. */
export interface Factors {
  /** Of a row `e` of events: what one unit of its currency was worth in the target; 0 where there is no rate. */
  sql(target: string, binder: Binder): string
}

const keyText = "concat(e.currency, ' ', toString(toDate32(e.timestamp)))"

/** Money of a report in one currency: the names of the events it is of. */
interface Conversion {
  readonly target: string
  readonly names: readonly string[]
}

export async function factorsOf(database: Database, metrics: readonly Metric[], scope: Params): Promise<Factors> {
  const needed = new Map<string, Conversion>()
  for (const target of new Set(metrics.flatMap(({ currency }) => currency ?? []))) {
    const names = metrics.flatMap(({ currency, event, refund }) =>
      currency === target ? [event, ...(refund ? [refund.event] : [])] : [],
    )
    const conversion = { target, names }
    if (await isNeeded(database, conversion, scope)) needed.set(target, conversion)
  }
  return {
    sql(target, binder) {
      const conversion = needed.get(target)
      const own = `e.currency = ${binder.bind('String', target)}`
      if (conversion === undefined) return `if(${own}, 1.0, 0.0)`
      // The engine works the table out once. Bound as text it would not fit into a URL, where a server by URL gets what is bound.
      const table = ratesSql(conversion, binder)
      const list = (column: string) =>
        `(SELECT groupArray(${column}) FROM (SELECT key, factor FROM ${table} ORDER BY key))`
      const found = `transform(${keyText}, ${list('key')}, ${list('factor')}, 0.0)`
      // What is no money has no currency, and most rows are none.
      return `multiIf(${own}, 1.0, e.currency = '', 0.0, ${found})`
    },
  }
}

/** Whether there is any rate that a report in this currency needs; refuses more than the engine should look up at once. */
async function isNeeded(database: Database, conversion: Conversion, scope: Params): Promise<boolean> {
  const binder = new Binder()
  const [answer] = await database.rows<{ rates: number }>(
    `SELECT count() AS rates FROM (SELECT 1 FROM ${ratesSql(conversion, binder)} LIMIT ${MOST + 1})`,
    { ...scope, ...binder.params },
  )
  const { rates = 0 } = answer ?? {}
  if (rates > MOST) {
    throw new WarehouseError('invalid', `More than ${MOST} rates are needed at once. Ask for a shorter time.`)
  }
  return rates > 0
}

/** Rows (key, factor) of the currencies of the conversion's events, each day of the time that counts. */
function ratesSql({ target, names }: Conversion, binder: Pick<Binder, 'bind'>): string {
  const to = binder.bind('String', target)
  const of = names.map(name => binder.bind('String', name)).join(', ')
  // Days of the time that counts, not of the events: those would have to be read for it.
  const days = `SELECT own.currency AS currency, addDays(${dayOf('earliest')}, day) AS day
    FROM (
      SELECT DISTINCT toString(sold.currency) AS currency FROM events AS sold
      WHERE sold.workspace = {workspace:String} AND sold.name IN (${of}) AND sold.currency != ${to}
    ) AS own
    ARRAY JOIN range(toUInt32(greatest(0, dateDiff('day', ${dayOf('earliest')}, ${dayOf('latest')})) + 1)) AS day`
  return `(SELECT concat(currency, ' ', toString(day)) AS key, factor FROM ${exchangeSql(days, to)} WHERE factor > 0)`
}

const dayOf = (parameter: string) => `toDate32(fromUnixTimestamp64Milli({${parameter}:Int64}, 'UTC'))`
