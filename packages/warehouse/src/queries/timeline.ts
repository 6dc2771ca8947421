import type { JsonObject } from '@espalier/core'
import type { Database } from '../client/database.ts'
import { ALL_TIME } from '../sql/params.ts'
import type { TimelineEvent } from '../warehouse.ts'

/** A person's events, newest first in the total order (R10), before `before` (exclusive). Reads only the key's range. */
export async function timeline(
  database: Database,
  question: { workspace: string; sources: readonly string[]; before?: number; limit: number },
): Promise<TimelineEvent[]> {
  const rows = await database.rows<Row>(
    `SELECT
      toUnixTimestamp64Milli(e.timestamp) AS timestamp, toUnixTimestamp64Milli(e.received) AS received,
      message_id AS messageId, type, name, properties, context, profile AS source
    FROM events AS e
    WHERE workspace = {workspace:String} AND profile IN {sources:Array(String)}
      AND e.timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
    ORDER BY e.timestamp DESC, e.received DESC, e.index DESC, message_id DESC
    LIMIT {limit:UInt32}`,
    {
      workspace: question.workspace,
      sources: [...question.sources],
      before: question.before ?? ALL_TIME.to,
      limit: question.limit,
    },
  )
  return rows.map(row => ({ ...row, properties: objectOf(row.properties), context: objectOf(row.context) }))
}

type Row = Omit<TimelineEvent, 'properties' | 'context'> & { properties: string; context: string }

const objectOf = (text: string): JsonObject => (text === '' ? {} : (JSON.parse(text) as JsonObject))
