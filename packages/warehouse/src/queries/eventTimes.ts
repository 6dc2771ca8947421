import type { Database } from '../client/database.ts'
import { within } from './params.ts'

export interface EventTimesQuestion {
  readonly workspace: string
  readonly event: string
  /** Inclusive. */
  readonly since: number
  /** Exclusive. */
  readonly until: number
  /** At most so many a profile, the latest. */
  readonly keep: number
}

export interface ProfileTimes {
  profile: string
  /** Ascending. */
  times: [timestamp: number, messageId: string][]
}

/** Rows of one page; more than `keep` may be (100), so a page always holds a whole profile. */
export const PAGE_ROWS = 20_000

/**
 * When each source profile did something, page by page in order of profile: each page begins after the last profile of the one
 * before and reads only its range of the key.
 */
export async function* eventTimes(
  database: Database,
  question: EventTimesQuestion,
  pageRows = PAGE_ROWS,
): AsyncIterable<ProfileTimes[]> {
  const { workspace, event, since, until, keep } = question
  const limit = Math.max(pageRows, keep + 1)
  let after = ''
  for (;;) {
    const rows = await database.rows<{ profile: string; at: number; message_id: string }>(
      `SELECT profile, toUnixTimestamp64Milli(timestamp) AS at, message_id
      FROM events
      WHERE workspace = {workspace:String} AND profile > {after:String} AND name = {event:String}
        AND ${within('timestamp')}
      ORDER BY profile, timestamp DESC, message_id DESC
      LIMIT {keep:UInt32} BY profile
      LIMIT {limit:UInt32}`,
      { workspace, event, from: since, to: until, keep, after, limit },
    )
    const page = byProfile(rows)
    const full = rows.length === limit
    // The last profile of a full page may go on behind it: it comes with the next.
    if (full) page.pop()
    if (page.length > 0) yield page
    if (!full) return
    after = page.at(-1)?.profile ?? after
  }
}

function byProfile(rows: readonly { profile: string; at: number; message_id: string }[]): ProfileTimes[] {
  const page: ProfileTimes[] = []
  for (const { profile, at, message_id } of rows) {
    let last = page.at(-1)
    if (last?.profile !== profile) {
      last = { profile, times: [] }
      page.push(last)
    }
    last.times.unshift([at, message_id])
  }
  return page
}
