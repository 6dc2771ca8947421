import type { Spend } from '@espalier/core/impact'
import type { Database } from '../../client/database.ts'
import { Binder } from '../../sql/params.ts'
import { factorSql } from './money.ts'
import { type PricedQuestion, scopeOf } from './question.ts'

/** Amounts of days that lie in the time, at least in part, in the zone. */
const inScope = `s.workspace = {workspace:String}
  AND s.day >= toDate32(fromUnixTimestamp64Milli({from:Int64}, 'UTC'), {zone:String})
  AND s.day <= toDate32(fromUnixTimestamp64Milli({to:Int64} - 1, 'UTC'), {zone:String})`

export const spendDaysSql = `SELECT DISTINCT s.currency AS currency, s.day AS day FROM spend AS s FINAL WHERE ${inScope} AND s.amount != 0`

/** What was spent in the time, by channel, campaign and experience, in the question's currency. */
export async function spendOf(database: Database, question: PricedQuestion): Promise<Spend[]> {
  const binder = new Binder()
  const factor = factorSql(question.rates, 's.currency', 's.day', binder)
  return database.rows<Spend>(
    `SELECT s.channel AS channel, s.campaign AS campaign, s.experience AS experience, sum(s.amount * ${factor}) AS amount
    FROM spend AS s FINAL WHERE ${inScope} AND s.amount != 0
    GROUP BY channel, campaign, experience ORDER BY channel, campaign, experience`,
    { ...binder.params, ...scopeOf(question) },
  )
}
