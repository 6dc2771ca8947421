import { type Customers, NO_CUSTOMERS } from '@espalier/core/impact'
import type { Database } from '../../client/database.ts'
import { ALL_TIME, Binder } from '../../sql/params.ts'
import { moneySql } from './money.ts'
import { joinPeople, personHash } from './people.ts'
import { type PricedQuestion, scopeOf } from './question.ts'

/** People who have ever bought, how many of them for the first time in the time, and what they have brought until its end. */
export async function customersOf(database: Database, question: PricedQuestion): Promise<Customers> {
  const binder = new Binder()
  const scope = scopeOf(question)
  const since = binder.bind('Int64', scope.from)
  const [row] = await database.rows<Customers>(
    `SELECT toFloat64(countIf(p.orders > 0)) AS people, toFloat64(countIf(p.orders > 0 AND p.first >= ${since})) AS acquired,
      sum(p.recent) AS revenue, sumIf(p.paid, p.orders > 0) AS lifetimeRevenue,
      sumIf(p.paid * p.paid, p.orders > 0) AS lifetimeRevenueSquares, sumIf(p.net, p.orders > 0) AS lifetimeNet,
      sumIf(p.net * p.net, p.orders > 0) AS lifetimeNetSquares, sum(p.orders) AS orders, sum(p.missing) AS unpriced
    FROM (
      SELECT ${personHash('f')} AS person, toFloat64(sum(f.ordered)) AS orders, minIf(f.at, f.ordered = 1) AS first,
        sumIf(f.revenue, f.at >= ${since}) AS recent, sum(f.revenue) AS paid, sum(f.margin) - sum(f.discount) AS net,
        toFloat64(sum(f.unpriced)) AS missing
      FROM ${moneySql(question, binder)} AS f ${joinPeople('f')} GROUP BY person
    ) AS p`,
    { ...binder.params, ...scope, from: ALL_TIME.from },
  )
  return { ...NO_CUSTOMERS, ...row }
}
