import type { JsonObject } from '@espalier/core'
import type { Database } from '../client/database.ts'

export interface PastEventsQuestion {
  readonly workspace: string
  /** Names of events; undefined: every track, page and screen. */
  readonly events: readonly string[] | undefined
  /** Only events that were applied under definitions before this version. */
  readonly below: number
}

export interface PastEvents {
  profile: string
  /** In their total order (R10). */
  events: PastEvent[]
}

export interface PastEvent {
  timestamp: number
  received: number
  index: number
  messageId: string
  type: string
  name: string
  properties: JsonObject
}

/** Rows of one page; a profile with more has a page of its own. */
export const PAGE_ROWS = 20_000

interface Row extends Omit<PastEvent, 'properties'> {
  profile: string
  properties: string
}

/**
 * The events of each source profile from before a version of the definitions, page by page in order of profile: each page begins
 * after the last profile of the one before and reads only its range of the key.
 */
export async function* pastEvents(
  database: Database,
  question: PastEventsQuestion,
  pageRows = PAGE_ROWS,
): AsyncIterable<PastEvents[]> {
  const { workspace, events, below } = question
  const named = events === undefined ? `type IN ('track', 'page', 'screen')` : 'name IN {events:Array(String)}'
  let after = ''
  let limit = pageRows
  for (;;) {
    const rows = await database.rows<Row>(
      `SELECT profile, toUnixTimestamp64Milli(timestamp) AS timestamp, toUnixTimestamp64Milli(received) AS received,
        index, message_id AS messageId, type, name, properties
      FROM events
      WHERE workspace = {workspace:String} AND profile > {after:String} AND ${named} AND definitions < {below:UInt64}
        AND type != 'segment'
      ORDER BY profile, events.timestamp, events.received, index, message_id
      LIMIT {limit:UInt32}`,
      { workspace, events: [...(events ?? [])], below, after, limit },
    )
    const page = byProfile(rows)
    const isFull = rows.length === limit
    if (isFull && page.length === 1) {
      limit *= 2
      continue
    }
    limit = pageRows
    // The last profile of a full page may go on behind it: it comes with the next.
    if (isFull) page.pop()
    if (page.length > 0) yield page
    if (!isFull) return
    after = page.at(-1)?.profile ?? after
  }
}

function byProfile(rows: readonly Row[]): PastEvents[] {
  const page: PastEvents[] = []
  for (const { profile, properties, ...event } of rows) {
    let last = page.at(-1)
    if (last?.profile !== profile) {
      last = { profile, events: [] }
      page.push(last)
    }
    last.events.push({ ...event, properties: JSON.parse(properties) as JsonObject })
  }
  return page
}
