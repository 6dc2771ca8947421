import type { Database } from '../client/database.ts'
import type { LogQuestion } from './log.ts'

export interface LogSize {
  /** Events filed under these sources, but for those the stream noted itself. */
  events: number
  /** Of each source that has imported decisions: the times of the first and the last. */
  decisions: { source: string; first: number; last: number }[]
}

/** How much of these people the warehouse still has: what retention removed is missing from it. */
export async function logSize(database: Database, { workspace, sources }: LogQuestion): Promise<LogSize> {
  const params = { workspace, sources: [...sources] }
  const [counted] = await database.rows<{ events: number }>(
    `SELECT toUInt32(count()) AS events FROM events
    WHERE workspace = {workspace:String} AND profile IN {sources:Array(String)} AND type != 'segment'`,
    params,
  )
  // Our own decisions say under which definitions they were made; those brought in from elsewhere were made under none.
  const decisions = await database.rows<LogSize['decisions'][number]>(
    `SELECT profile AS source, toUnixTimestamp64Milli(min(d.timestamp)) AS first, toUnixTimestamp64Milli(max(d.timestamp)) AS last
    FROM decisions AS d
    WHERE workspace = {workspace:String} AND profile IN {sources:Array(String)} AND definitions = 0
    GROUP BY profile ORDER BY profile`,
    params,
  )
  return { events: counted?.events ?? 0, decisions }
}
