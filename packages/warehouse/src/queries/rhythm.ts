import type { Database } from '../client/database.ts'
import { joinLinks, personOf } from './people.ts'

export interface Rhythm {
  /** Median of the days between two such events of one person; null where nobody did it twice. */
  days: number | null
  /** People who did it at least twice. */
  people: number
}

/** How long people usually take to do something again: on days apart, so that two orders of one visit do not count as a return. */
export async function rhythm(database: Database, workspace: string, event: string): Promise<Rhythm> {
  const [row] = await database.rows<{ days: number; people: number }>(
    `SELECT quantileExact(gap) AS days, uniqExact(person) AS people
    FROM (
      SELECT person, arrayJoin(arrayFilter(gap -> gap > 0, arrayPopFront(arrayDifference(days)))) AS gap
      FROM (
        SELECT ${personOf('e')} AS person, arraySort(groupUniqArray(toInt64(toRelativeDayNum(e.timestamp)))) AS days
        FROM (
          SELECT profile, timestamp FROM events WHERE workspace = {workspace:String} AND name = {event:String}
        ) AS e ${joinLinks('e')}
        GROUP BY person
      )
    )`,
    { workspace, event },
  )
  const people = Number(row?.people ?? 0)
  return { days: people === 0 ? null : Number(row!.days), people }
}
