import type { JsonObject } from '@espalier/core'
import type { Event } from '@espalier/core/event'
import type { Database } from '../client/database.ts'

export interface PastEventsQuestion {
  readonly workspace: string
  /** Names of events; undefined: every track, page and screen. */
  readonly events: readonly string[] | undefined
  /** Whether what events say is asked for; without, `properties` are empty. */
  readonly properties: boolean
  /** Only events that were applied under definitions before this version. */
  readonly below: number
}

export interface PastEvents {
  readonly profile: string
  /** In their total order (R10), without their context. */
  readonly events: readonly Event[]
}

/** Rows that are read at once; fewer where they come with what they say, which may be long. The last profile's come whole. */
const RANGE_ROWS = { bare: 50_000, withProperties: 20_000 }
/** What is given out at once: its reader works on it in one go. A profile with more rows is a page of its own. */
const PAGE = { rows: 5000, profiles: 500 }

/** timestamp, received, index, messageId, type, name, properties */
type Told = [number, number, number, string, Event['type'], string, string]

interface Row {
  profile: string
  told: Told[]
}

interface Range {
  readonly rows: readonly Row[]
  /** Its last profile; undefined where nobody comes after. */
  readonly end: string | undefined
}

const NOTHING: JsonObject = Object.freeze({})

/**
 * The events of each source profile from before a version of the definitions, page by page in order of profile. The log is read in
 * ranges of its key: first where the next range ends, from the columns that tell it alone, then its rows. That costs the same for
 * each range, however long the log is; to sort all that is left for each would not. While one is worked on the next is read.
 */
export async function* pastEvents(
  database: Database,
  question: PastEventsQuestion,
): AsyncGenerator<readonly PastEvents[]> {
  let range = await rangeAfter(database, question, '')
  for (;;) {
    const next = range.end === undefined ? undefined : rangeAfter(database, question, range.end)
    // It is awaited when its turn comes; until then its failure is nobody's.
    next?.catch(() => undefined)
    yield* pagesOf(range.rows)
    if (next === undefined) return
    range = await next
  }
}

async function rangeAfter(
  database: Database,
  { workspace, events, below, properties }: PastEventsQuestion,
  after: string,
): Promise<Range> {
  const named = events === undefined ? `type IN ('track', 'page', 'screen')` : 'name IN {events:Array(String)}'
  const asked = `workspace = {workspace:String} AND profile > {after:String} AND ${named} AND definitions < {below:UInt64}
    AND type != 'segment'`
  const params = { workspace, events: [...(events ?? [])], below, after }
  const [last] = await database.rows<{ profile: string }>(
    `SELECT profile FROM events WHERE ${asked} ORDER BY workspace, profile LIMIT 1 OFFSET {rows:UInt32}`,
    { ...params, rows: properties ? RANGE_ROWS.withProperties : RANGE_ROWS.bare },
  )
  const end = last?.profile
  const rows = await database.rows<Row>(
    `SELECT profile, arraySort(groupArray((toUnixTimestamp64Milli(timestamp), toUnixTimestamp64Milli(received), index,
      message_id, type, name, ${properties ? 'properties' : `''`}))) AS told
    FROM events WHERE ${asked} ${end === undefined ? '' : 'AND profile <= {end:String}'}
    GROUP BY profile ORDER BY profile`,
    { ...params, end: end ?? '' },
  )
  return { rows, end }
}

function* pagesOf(rows: readonly Row[]): Generator<readonly PastEvents[]> {
  let page: PastEvents[] = []
  let held = 0
  for (const { profile, told } of rows) {
    if (page.length > 0 && (page.length === PAGE.profiles || held + told.length > PAGE.rows)) {
      yield page
      page = []
      held = 0
    }
    page.push({ profile, events: told.map(eventOf) })
    held += told.length
  }
  if (page.length > 0) yield page
}

function eventOf([timestamp, received, index, messageId, type, name, properties]: Told): Event {
  const said = properties === '' ? NOTHING : (JSON.parse(properties) as JsonObject)
  return { type, messageId, name, properties: said, context: NOTHING, timestamp, received, index }
}
