import type { Database } from '../client/database.ts'

export interface CrossingsQuestion {
  readonly workspace: string
  readonly segment: string
  /** The days asked for: from (inclusive) and to (exclusive). */
  readonly from: number
  readonly to: number
  /** IANA zone of the days. */
  readonly zone: string
}

export interface Crossings {
  /** People in it now. */
  size: number
  /** A day with its entries and exits and how many were in it at its end; days on which nobody crossed are left out. */
  days: CrossingDay[]
}

export interface CrossingDay {
  /** `2026-11-22`. */
  day: string
  entered: number
  left: number
  size: number
}

export interface OverlapRow {
  segment: string
  /** People in both. */
  both: number
  /** People in the other. */
  size: number
}

// A person enters and leaves by turns, and who becomes somebody else leaves: so entries less exits are who is in it.
const crossed = `FROM events WHERE workspace = {workspace:String} AND type = 'segment'`
const ofSegment = `${crossed} AND JSONExtractString(properties, 'segment') = {segment:String}`

/** Entries, exits and size by day, from the events of entering and leaving. */
export async function crossings(
  database: Database,
  { workspace, segment, from, to, zone }: CrossingsQuestion,
): Promise<Crossings> {
  const params = { workspace, segment, from, to, zone }
  const [[now], days] = await Promise.all([
    database.rows<{ size: number }>(
      `SELECT toInt64(countIf(name = 'Segment Entered')) - toInt64(countIf(name = 'Segment Left')) AS size ${ofSegment}`,
      params,
    ),
    database.rows<CrossingDay & { at: number }>(
      `SELECT toString(day) AS day, entered, left,
        toInt64(sum(toInt64(entered) - toInt64(left)) OVER (ORDER BY day)) AS size, last AS at
      FROM (
        SELECT toDate(timestamp, {zone:String}) AS day, countIf(name = 'Segment Entered') AS entered,
          countIf(name = 'Segment Left') AS left, toUnixTimestamp64Milli(max(timestamp)) AS last
        ${ofSegment} GROUP BY day
      ) ORDER BY day`,
      params,
    ),
  ])
  return {
    size: Number(now?.size ?? 0),
    days: days
      .filter(({ at }) => at >= from && at < to)
      .map(({ day, entered, left, size }) => ({ day, entered, left, size: Number(size) })),
  }
}

/** How many of a segment's people are in each other segment. */
export async function overlaps(database: Database, workspace: string, segment: string): Promise<OverlapRow[]> {
  return database.rows<OverlapRow>(
    `WITH members AS (
      SELECT profile, JSONExtractString(properties, 'segment') AS segment
      ${crossed}
      GROUP BY profile, segment
      HAVING argMax(name, (timestamp, received, name = 'Segment Left')) = 'Segment Entered'
    )
    SELECT segment, countIf(profile IN (SELECT profile FROM members WHERE segment = {segment:String})) AS both,
      count() AS size
    FROM members WHERE segment != {segment:String}
    GROUP BY segment ORDER BY both DESC, segment LIMIT 500`,
    { workspace, segment },
  )
}

/** Some people in a segment: those who entered last. */
export async function segmentSample(
  database: Database,
  workspace: string,
  segment: string,
  limit: number,
): Promise<string[]> {
  const rows = await database.rows<{ profile: string }>(
    `SELECT profile ${ofSegment}
    GROUP BY profile
    HAVING argMax(name, (timestamp, received, name = 'Segment Left')) = 'Segment Entered'
    ORDER BY max(timestamp) DESC, profile LIMIT {limit:UInt32}`,
    { workspace, segment, limit },
  )
  return rows.map(({ profile }) => profile)
}
