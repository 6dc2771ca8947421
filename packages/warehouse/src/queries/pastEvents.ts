import type { JsonObject } from '@espalier/core'
import type { Event } from '@espalier/core/event'
import type { Database, Params } from '../client/database.ts'

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
  /** The next page begins with more of the same profile. */
  readonly more?: true
}

/** Rows of a range, and of one profile in it, that are read at once; fewer where they come with what they say, which may be long. */
const RANGE_ROWS = { bare: 50_000, withProperties: 20_000 }
/** What is given out at once: its reader works on it in one go. */
const PAGE = { rows: 5000, profiles: 500 }

/** timestamp, received, index, messageId, type, name, properties */
type Told = [number, number, number, string, Event['type'], string, string]

interface Row {
  profile: string
  told: Told[]
}

interface Range {
  /** Of each profile the first events, as many as are read at once. */
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
  const past = new Past(database, question)
  let range = await past.rangeAfter('')
  for (;;) {
    const next = range.end === undefined ? undefined : past.rangeAfter(range.end)
    // It is awaited when its turn comes; until then its failure is nobody's.
    next?.catch(() => undefined)
    yield* pagesOf(range.rows, past)
    if (next === undefined) return
    range = await next
  }
}

/** Reads the log for one question. */
class Past {
  readonly #database: Database
  readonly #asked: string
  readonly #told: string
  readonly #params: Params
  /** Rows that are read at once. */
  readonly limit: number

  constructor(database: Database, { workspace, events, below, properties }: PastEventsQuestion) {
    const named = events === undefined ? `type IN ('track', 'page', 'screen')` : 'name IN {events:Array(String)}'
    this.#database = database
    this.#asked = `workspace = {workspace:String} AND ${named} AND definitions < {below:UInt64} AND type != 'segment'`
    this.#told = `toUnixTimestamp64Milli(events.timestamp) AS at, toUnixTimestamp64Milli(events.received) AS came, index,
      message_id, type, name, ${properties ? 'properties' : `''`} AS said`
    this.limit = properties ? RANGE_ROWS.withProperties : RANGE_ROWS.bare
    this.#params = { workspace, events: [...(events ?? [])], below, limit: this.limit }
  }

  async rangeAfter(after: string): Promise<Range> {
    const asked = `${this.#asked} AND profile > {after:String}`
    const [last] = await this.#database.rows<{ profile: string }>(
      `SELECT profile FROM events WHERE ${asked} ORDER BY workspace, profile LIMIT 1 OFFSET {limit:UInt32}`,
      { ...this.#params, after },
    )
    const end = last?.profile
    const rows = await this.#database.rows<Row>(
      `SELECT profile, arraySort(groupArray((at, came, index, message_id, type, name, said))) AS told
      FROM (
        SELECT profile, ${this.#told} FROM events WHERE ${asked} ${end === undefined ? '' : 'AND profile <= {end:String}'}
        ORDER BY profile, events.timestamp, events.received, index, message_id LIMIT {limit:UInt32} BY profile
      )
      GROUP BY profile ORDER BY profile`,
      { ...this.#params, after, end: end ?? '' },
    )
    return { rows, end }
  }

  /** A profile's events after one of them, as many as are read at once. */
  async rest(profile: string, [at, came, index, id]: Told): Promise<readonly Told[]> {
    const rows = await this.#database.rows<{ told: Told }>(
      `SELECT (at, came, index, message_id, type, name, said) AS told
      FROM (
        SELECT ${this.#told} FROM events WHERE ${this.#asked} AND profile = {profile:String}
          AND events.timestamp >= fromUnixTimestamp64Milli({at:Int64}, 'UTC')
      )
      WHERE (at, came, index, message_id) > ({at:Int64}, {came:Int64}, {index:UInt32}, {id:String})
      ORDER BY at, came, index, message_id LIMIT {limit:UInt32}`,
      { ...this.#params, profile, at, came, index, id },
    )
    return rows.map(({ told }) => told)
  }
}

/** A profile with more events than a page holds goes over several. */
async function* pagesOf(rows: readonly Row[], past: Past): AsyncGenerator<readonly PastEvents[]> {
  let page: PastEvents[] = []
  let held = 0
  for (const { profile, told } of rows) {
    if (page.length > 0 && (page.length === PAGE.profiles || held + told.length > PAGE.rows)) {
      yield page
      page = []
      held = 0
    }
    for (let [some, at]: [readonly Told[], number] = [told, 0]; ; ) {
      const events = some.slice(at, at + PAGE.rows).map(eventOf)
      at += events.length
      if (at === some.length && at === past.limit) [some, at] = [await past.rest(profile, some[at - 1]!), 0]
      held += events.length
      const more = at < some.length
      page.push(more ? { profile, events, more } : { profile, events })
      if (!more) break
      yield page
      page = []
      held = 0
    }
  }
  if (page.length > 0) yield page
}

function eventOf([timestamp, received, index, messageId, type, name, properties]: Told): Event {
  const said = properties === '' ? NOTHING : (JSON.parse(properties) as JsonObject)
  return { type, messageId, name, properties: said, context: NOTHING, timestamp, received, index }
}
