import type { Database } from '../client/database.ts'
import { Binder, within } from '../sql/params.ts'
import { countedSql } from './counted.ts'
import { type CreditQuestion, creditParams, windowOf } from './credited.ts'
import { joinLinks, personOf } from './people.ts'

/** As many are enough for 32 knots. */
const MOST = 10_000

/** How long after their exposures rewards came, milliseconds, of windows that have closed; of very many a fixed sample. */
export async function rewardDelays(database: Database, question: CreditQuestion): Promise<number[]> {
  const binder = new Binder()
  const { events } = countedSql(question.metric, binder, question.currency)
  const window = windowOf(question, binder)
  const rows = await database.rows<{ delay: number }>(
    `SELECT min(counted.at - x.at) AS delay
    FROM ${events} AS counted
    ASOF INNER JOIN (
      SELECT ${personOf('e')} AS person, toUnixTimestamp64Milli(e.timestamp) AS at
      FROM exposures AS e ${joinLinks('e')}
      WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND NOT e.control
        AND ${within('e.timestamp')}
      GROUP BY person, at
    ) AS x ON counted.person = x.person AND counted.at >= x.at
    WHERE counted.main AND counted.at < x.at + ${window} AND x.at + ${window} <= {now:Int64}
    GROUP BY x.person, x.at
    ORDER BY cityHash64(x.person, x.at) LIMIT ${MOST}`,
    { ...binder.params, ...creditParams(question) },
  )
  return rows.map(({ delay }) => delay)
}
