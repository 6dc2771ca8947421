import type { Database } from '../../client/database.ts'
import { within } from '../../sql/params.ts'
import { armsOf } from './arms.ts'
import { cellsOf, holdoutOf, segmentsOf } from './cells.ts'
import { customersOf } from './customers.ts'
import { type PricedQuestion, type ProgrammeQuestion, type ProgrammeStatistics, scopeOf } from './question.ts'
import { ratesOf } from './rates.ts'
import { spendOf } from './spend.ts'

/**
 * Sums over people of what every experience brought in a time: everything after a person's first exposure to it in the time, up to the
 * end of the time, counts. People are the canonical ones.
 */
export async function programme(database: Database, asked: ProgrammeQuestion): Promise<ProgrammeStatistics> {
  const scope = scopeOf(asked)
  const [seen] = await database.rows<{ people: number; first: number }>(
    `SELECT toFloat64(count()) AS people, toUnixTimestamp64Milli(min(e.timestamp)) AS first FROM exposures AS e
    WHERE e.workspace = {workspace:String} AND e.experience != '' AND ${within('e.timestamp')}`,
    scope,
  )
  const isSeen = seen !== undefined && seen.people > 0
  const from = asked.from ?? (isSeen ? seen.first : scope.to)
  const { rates, missing: missingRates } = await ratesOf(database, { ...asked, from })
  const question: PricedQuestion = { ...asked, from, rates }
  const time = isSeen ? { from, to: scope.to } : null
  const customers = await customersOf(database, question)
  const spend = await spendOf(database, question)
  if (missingRates.length > 0 || time === null) {
    return { time, cells: [], periods: [], segments: [], holdout: [], spend, customers, missingRates }
  }
  const arms = await armsOf(database, question)
  return {
    time,
    ...(await cellsOf(database, question, arms)),
    segments: await segmentsOf(database, question, arms),
    holdout: await holdoutOf(database, question),
    spend,
    customers,
    missingRates,
  }
}
