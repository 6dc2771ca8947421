import type { JsonObject } from '@espalier/core'
import type { LoggedEvent } from '@espalier/core/stream'
import type { Database } from '../client/database.ts'
import { ALL_TIME } from '../sql/params.ts'

export interface LogQuestion {
  readonly workspace: string
  readonly sources: readonly string[]
}

/** An event with the source profile it is filed under. */
export interface FiledEvent extends LoggedEvent {
  profile: string
}

/** Rows of one page: some megabytes. */
export const PAGE_ROWS = 2_000

type Row = Omit<FiledEvent, 'properties' | 'context'> & { properties: string; context: string }

/**
 * Everything that was filed under these sources, in the total order of events (R10), page by page. What the stream itself noted of
 * them (who entered a segment) is left out: it follows from the rest. Reads only the sources' range of the key.
 */
export async function* log(
  database: Database,
  { workspace, sources }: LogQuestion,
  pageRows = PAGE_ROWS,
): AsyncIterable<FiledEvent[]> {
  let after: Pick<Row, 'timestamp' | 'received' | 'index' | 'message_id' | 'profile'> = {
    timestamp: ALL_TIME.from,
    received: ALL_TIME.from,
    index: 0,
    message_id: '',
    profile: '',
  }
  for (;;) {
    const rows = await database.rows<Row>(
      `SELECT profile, toUnixTimestamp64Milli(e.timestamp) AS timestamp, toUnixTimestamp64Milli(e.received) AS received,
        index, message_id, type, name, user_id, anonymous_id, group_id, properties, context
      FROM events AS e
      WHERE workspace = {workspace:String} AND profile IN {sources:Array(String)} AND type != 'segment'
        AND (e.timestamp, e.received, e.index, e.message_id, e.profile) > (
          fromUnixTimestamp64Milli({timestamp:Int64}, 'UTC'), fromUnixTimestamp64Milli({received:Int64}, 'UTC'),
          {index:UInt32}, {messageId:String}, {after:String}
        )
      ORDER BY e.timestamp, e.received, e.index, e.message_id, e.profile
      LIMIT {limit:UInt32}`,
      {
        workspace,
        sources: [...sources],
        timestamp: after.timestamp,
        received: after.received,
        index: after.index,
        messageId: after.message_id,
        after: after.profile,
        limit: pageRows,
      },
    )
    if (rows.length > 0) {
      yield rows.map(row => ({ ...row, properties: objectOf(row.properties), context: objectOf(row.context) }))
    }
    if (rows.length < pageRows) return
    after = rows.at(-1)!
  }
}

const objectOf = (text: string): JsonObject => (text === '' ? {} : (JSON.parse(text) as JsonObject))
