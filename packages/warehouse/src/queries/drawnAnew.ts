import type { Database } from '../client/database.ts'
import { Binder, within } from '../sql/params.ts'
import { type CreditQuestion, creditParams } from './credited.ts'
import { joinLinks, personOf } from './people.ts'

/** How often decisions made elsewhere, of one person in one draw period, were of several variants. */
export interface DrawnAnew {
  /** People and periods with several exposures. */
  readonly repeated: number
  /** Those of them with several variants, the control group being one; and how many would be if each were drawn by itself, for all alike. */
  readonly changed: number
  readonly expected: number
}

/** Of more exposures than this in a period hardly any were of one variant by chance. */
const MOST = 20

/** Whether those who decided elsewhere drew anew each time, or left people what they had. */
export async function drawnAnew(database: Database, question: CreditQuestion): Promise<DrawnAnew> {
  const binder = new Binder()
  const period = binder.bind('Int64', question.period)
  const elsewhere = `e.workspace = {workspace:String} AND e.experience = {experience:String} AND e.version = 0 AND NOT e.holdout
    AND ${within('e.timestamp')}`
  const params = { ...binder.params, ...creditParams(question) }
  const groups = await database.rows<{ seen: number; groups: number; changed: number }>(
    `SELECT least(times, ${MOST}) AS seen, count() AS groups, countIf(variants > 1) AS changed
    FROM (
      SELECT ${personOf('e')} AS person, toInt64(floor(toUnixTimestamp64Milli(e.timestamp) / ${period})) AS period,
        uniqExact(e.timestamp) AS times, uniqExact(e.variant) AS variants
      FROM exposures AS e ${joinLinks('e')} WHERE ${elsewhere}
      GROUP BY person, period HAVING times > 1
    )
    GROUP BY seen`,
    params,
  )
  if (groups.length === 0) return { repeated: 0, changed: 0, expected: 0 }
  const arms = await database.rows<{ shown: number }>(
    `SELECT count() AS shown FROM exposures AS e WHERE ${elsewhere} GROUP BY e.variant`,
    params,
  )
  const all = arms.reduce((sum, { shown }) => sum + shown, 0)
  const sameOf = (times: number) => arms.reduce((sum, { shown }) => sum + (shown / all) ** times, 0)
  return {
    repeated: groups.reduce((sum, one) => sum + one.groups, 0),
    changed: groups.reduce((sum, one) => sum + one.changed, 0),
    expected: groups.reduce((sum, one) => sum + one.groups * (1 - sameOf(one.seen)), 0),
  }
}
