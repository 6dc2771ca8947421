import type { Metric } from '@espalier/core/definition'
import type { Database, Params } from '../../client/database.ts'
import { layers, personColumns } from './columns.ts'
import type { Factors } from './factors.ts'
import { SharedBinder } from './sharedBinder.ts'
import { countedSql } from './span.ts'
import { totalsSql } from './totals.ts'

/** Of one metric: above what a total, and a total before, counts as the cap; null where nobody has a total above 0. */
export interface Cap {
  readonly value: number | null
  readonly before: number | null
}

/**
 * The caps of metrics that have one, over the people of all arms: sums are made of capped totals, so the caps are found first, in a
 * pass over the events of these metrics alone.
 */
export async function capsOf(
  database: Database,
  metrics: readonly Metric[],
  factors: Factors,
  scope: Params,
): Promise<Map<Metric, Cap>> {
  const capped = metrics.filter(({ winsorize, type }) => winsorize !== undefined && type !== 'conversion')
  if (capped.length === 0) return new Map()
  const binder = new SharedBinder()
  const shared = layers(binder)
  const columns = capped.map(metric => personColumns(metric, shared, factors))
  const caps = columns.map(({ metric, span, value, before }, index) => {
    // A parameter of an aggregate cannot be bound; this one is a number that the schema has checked.
    const quantile = `quantileExactIf(${Number(metric.winsorize)})`
    const counted = countedSql(span, 'head')
    const cap = (column: string) =>
      `if(countIf(${column} > 0 AND ${counted}) > 0, ${quantile}(${column}, ${column} > 0 AND ${counted}), NULL)`
    return `${cap(value)} AS v${index}, ${before ? cap(before.value) : 'NULL'} AS b${index}`
  })
  const when = columns.flatMap(({ span }) => [span.after, ...(span.before ? [span.before] : [])])
  const query = `SELECT ${caps.join(', ')} FROM ${totalsSql(shared, when)}`
  const [row] = await database.rows<Record<string, number | null>>(query, { ...binder.params, ...scope })
  return new Map(
    capped.map((metric, index) => [metric, { value: row?.[`v${index}`] ?? null, before: row?.[`b${index}`] ?? null }]),
  )
}
