import type { Database } from '../client/database.ts'
import { Binder, within } from '../sql/params.ts'
import { type CreditQuestion, creditParams } from './credited.ts'
import { joinLinks, personOf } from './people.ts'

/** How often decisions made elsewhere, of one person in one draw period, were of several variants. */
export interface DrawnAnew {
  /** People and periods with several exposures; and those of them with several variants, the control group being one. */
  readonly repeated: number
  readonly changed: number
}

/** Whether those who decided elsewhere drew anew each time, or left people what they had. */
export async function drawnAnew(database: Database, question: CreditQuestion): Promise<DrawnAnew> {
  const binder = new Binder()
  const period = binder.bind('Int64', question.period)
  const [found] = await database.rows<DrawnAnew>(
    `SELECT count() AS repeated, countIf(variants > 1) AS changed
    FROM (
      SELECT ${personOf('e')} AS person, toInt64(floor(toUnixTimestamp64Milli(e.timestamp) / ${period})) AS period,
        uniqExact(e.timestamp) AS times, uniqExact(e.variant) AS variants
      FROM exposures AS e ${joinLinks('e')}
      WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND e.version = 0 AND NOT e.holdout
        AND ${within('e.timestamp')}
      GROUP BY person, period HAVING times > 1
    )`,
    { ...binder.params, ...creditParams(question) },
  )
  return found ?? { repeated: 0, changed: 0 }
}
