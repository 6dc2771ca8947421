import type { Metric } from '@espalier/core/definition'
import type { Database, Params } from '../../client/database.ts'
import type { ImpactStatistics } from '../../warehouse.ts'
import { rowColumns } from './columns.ts'
import type { Factors } from './factors.ts'
import { layers } from './layers.ts'
import { SharedBinder } from './sharedBinder.ts'
import { spanOf } from './span.ts'
import { factsSql } from './totals.ts'

/** Which rates are missing for the amounts that count, once it is known that some are. */
export async function missingRates(
  database: Database,
  metric: Metric,
  factors: Factors,
  scope: Params,
): Promise<ImpactStatistics['missingRates']> {
  const binder = new SharedBinder()
  const shared = layers(binder)
  const span = spanOf(metric, binder)
  const { missing } = rowColumns(metric, shared, factors)
  if (missing === undefined) return []
  const currency = shared.row.name(`toString(${factors.currency(binder)})`)
  const day = shared.row.name('toString(toDate32(e.timestamp))')
  return database.rows(
    `SELECT ${currency} AS currency, toUInt32(uniqExact(${day})) AS days, min(${day}) AS firstDay
    FROM ${factsSql(shared)} WHERE ${missing} AND (${span.after}${span.before ? ` OR ${span.before}` : ''})
    GROUP BY currency ORDER BY currency LIMIT 1000`,
    { ...binder.params, ...scope },
  )
}
