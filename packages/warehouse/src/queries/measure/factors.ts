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

export async function factorsOf(database: Database, metrics: readonly Metric[], scope: Params): Promise<Factors> {
  const tables = new Map<string, { keys: string[]; factors: number[] }>()
  for (const target of new Set(metrics.flatMap(({ currency }) => currency ?? []))) {
    const names = metrics.flatMap(({ currency, event, refund }) =>
      currency === target ? [event, ...(refund ? [refund.event] : [])] : [],
    )
    tables.set(target, await factorsTo(database, target, names, scope))
  }
  return {
    sql(target, binder) {
      const { keys = [], factors = [] } = tables.get(target) ?? {}
      const own = `e.currency = ${binder.bind('String', target)}`
      if (keys.length === 0) return `if(${own}, 1.0, 0.0)`
      const found = `transform(${keyText}, ${binder.bind('Array(String)', keys)}, ${binder.bind('Array(Float64)', factors)}, 0.0)`
      // What is no money has no currency, and most rows are none.
      return `multiIf(${own}, 1.0, e.currency = '', 0.0, ${found})`
    },
  }
}

async function factorsTo(
  database: Database,
  target: string,
  names: readonly string[],
  scope: Params,
): Promise<{ keys: string[]; factors: number[] }> {
  const binder = new Binder()
  const to = binder.bind('String', target)
  const of = names.map(name => binder.bind('String', name)).join(', ')
  // Days of the time that counts, not of the events: those would have to be read for it.
  const days = `SELECT own.currency AS currency, addDays(${dayOf('earliest')}, day) AS day
    FROM (
      SELECT DISTINCT toString(e.currency) AS currency FROM events AS e
      WHERE e.workspace = {workspace:String} AND e.name IN (${of}) AND e.currency != ${to}
    ) AS own
    ARRAY JOIN range(toUInt32(greatest(0, dateDiff('day', ${dayOf('earliest')}, ${dayOf('latest')})) + 1)) AS day`
  const rows = await database.rows<{ key: string; factor: number }>(
    `SELECT concat(currency, ' ', toString(day)) AS key, factor FROM ${exchangeSql(days, to)} WHERE factor > 0 LIMIT ${MOST + 1}`,
    { ...scope, ...binder.params },
  )
  if (rows.length > MOST) {
    throw new WarehouseError('invalid', `More than ${MOST} rates are needed at once. Ask for a shorter time.`)
  }
  return { keys: rows.map(row => row.key), factors: rows.map(row => row.factor) }
}

const dayOf = (parameter: string) => `toDate32(fromUnixTimestamp64Milli({${parameter}:Int64}, 'UTC'))`
