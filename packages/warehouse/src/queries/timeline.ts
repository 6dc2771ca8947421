import type { JsonObject } from '@espalier/core'
import type { Database } from '../client/database.ts'
import { ALL_TIME } from '../sql/params.ts'
import type { TimelineEvent, TimelineQuestion } from '../warehouse.ts'

/**
 * A person's events, newest first in the total order (R10). Reads only the key's range. Any number of events may share a millisecond,
 * as days without hours do, so that a page goes on before a place rather than before a time.
 */
export async function timeline(
  database: Database,
  { workspace, sources, before = ALL_TIME.to, limit }: TimelineQuestion,
): Promise<TimelineEvent[]> {
  const isPlace = typeof before === 'object'
  const earlier = isPlace
    ? `e.timestamp <= fromUnixTimestamp64Milli({before:Int64}, 'UTC')
      AND (e.timestamp, e.received, e.index, e.message_id, e.profile) < (
        fromUnixTimestamp64Milli({before:Int64}, 'UTC'), fromUnixTimestamp64Milli({received:Int64}, 'UTC'),
        {index:UInt32}, {messageId:String}, {source:String}
      )`
    : `e.timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC')`
  const place = isPlace
    ? { before: before.timestamp, received: before.received, index: before.index, messageId: before.messageId }
    : { before }
  const rows = await database.rows<Row>(
    `SELECT
      toUnixTimestamp64Milli(e.timestamp) AS timestamp, toUnixTimestamp64Milli(e.received) AS received, index,
      message_id AS messageId, type, name, properties, context, profile AS source
    FROM events AS e
    WHERE workspace = {workspace:String} AND profile IN {sources:Array(String)} AND ${earlier}
    ORDER BY e.timestamp DESC, e.received DESC, e.index DESC, e.message_id DESC, e.profile DESC
    LIMIT {limit:UInt32}`,
    { workspace, sources: [...sources], limit, ...place, ...(isPlace && { source: before.source }) },
  )
  return rows.map(row => ({ ...row, properties: objectOf(row.properties), context: objectOf(row.context) }))
}

type Row = Omit<TimelineEvent, 'properties' | 'context'> & { properties: string; context: string }

const objectOf = (text: string): JsonObject => (text === '' ? {} : (JSON.parse(text) as JsonObject))
