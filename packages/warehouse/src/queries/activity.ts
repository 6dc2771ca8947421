import type { Database } from '../client/database.ts'
import { joinLinks, personOf } from './people.ts'

export interface ActivityQuestion {
  readonly workspace: string
  /** The end of the last period (exclusive), epoch milliseconds. */
  readonly now: number
  /** Periods of 24 hours back from now, 100 at most. */
  readonly days: number
  /** Over the last so many of them people are counted. */
  readonly peopleDays: number
  /** Names of events that are counted. */
  readonly events: readonly string[]
}

/** How much was asked, seen and done, by periods of 24 hours, the latest last; what there was nothing of is left out. */
export interface Activity {
  /** Decisions; experience is '' where the touchpoint had none for the person. */
  readonly decided: readonly {
    readonly touchpoint: string
    readonly experience: string
    readonly counts: readonly number[]
  }[]
  readonly exposed: readonly { readonly experience: string; readonly counts: readonly number[] }[]
  readonly events: readonly { readonly name: string; readonly counts: readonly number[] }[]
  /** People who were decided for, canonical ones: of an experience, or where it is '' of the touchpoint as a whole. */
  readonly people: readonly { readonly touchpoint: string; readonly experience: string; readonly people: number }[]
}

const DAY_MS = 86_400_000
/** More kinds of anything in a workspace are left out. */
const MOST = 100_000

const since = (column: string) =>
  `${column} >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ${column} < fromUnixTimestamp64Milli({now:Int64}, 'UTC')`
/** 0 is the latest period. */
const ago = (column: string) => `toUInt16(intDiv({now:Int64} - 1 - toUnixTimestamp64Milli(${column}), ${DAY_MS}))`

/** What the rhythm of decisions, exposures and events is judged by. */
export async function activity(database: Database, question: ActivityQuestion): Promise<Activity> {
  const { workspace, now, days, peopleDays, events } = question
  const params = { workspace, now, from: now - days * DAY_MS }
  const [decided, exposed, counted, people] = await Promise.all([
    database.rows<{ touchpoint: string; experience: string } & Count>(
      `SELECT touchpoint, experience, ${ago('timestamp')} AS ago, count() AS count
      FROM decisions ARRAY JOIN answers.touchpoint AS touchpoint, answers.experience AS experience
      WHERE workspace = {workspace:String} AND ${since('timestamp')}
      GROUP BY touchpoint, experience, ago LIMIT ${MOST}`,
      params,
    ),
    database.rows<{ experience: string } & Count>(
      `SELECT experience, ${ago('timestamp')} AS ago, count() AS count FROM exposures
      WHERE workspace = {workspace:String} AND experience != '' AND ${since('timestamp')}
      GROUP BY experience, ago LIMIT ${MOST}`,
      params,
    ),
    events.length === 0
      ? []
      : database.rows<{ name: string } & Count>(
          `SELECT name, ${ago('timestamp')} AS ago, count() AS count FROM events
          WHERE workspace = {workspace:String} AND name IN {events:Array(String)} AND ${since('timestamp')}
          GROUP BY name, ago LIMIT ${MOST}`,
          { ...params, events: [...events] },
        ),
    database.rows<Activity['people'][number]>(
      `SELECT touchpoint, experience, uniqExact(person) AS people FROM (
        SELECT DISTINCT ${personOf('d')} AS person, d.touchpoint AS touchpoint, arrayJoin(['', d.experience]) AS experience
        FROM (
          SELECT profile, touchpoint, experience
          FROM decisions ARRAY JOIN answers.touchpoint AS touchpoint, answers.experience AS experience
          WHERE workspace = {workspace:String} AND ${since('timestamp')}
        ) AS d ${joinLinks('d')}
      ) GROUP BY touchpoint, experience LIMIT ${MOST}`,
      { ...params, from: now - Math.min(days, peopleDays) * DAY_MS },
    ),
  ])
  return {
    decided: series(decided, days, ({ touchpoint, experience }) => ({ touchpoint, experience })),
    exposed: series(exposed, days, ({ experience }) => ({ experience })),
    events: series(counted, days, ({ name }) => ({ name })),
    people: people.map(row => ({ ...row, people: Number(row.people) })),
  }
}

interface Count {
  ago: number
  count: number
}

/** Rows of one count each as series over all periods. */
function series<R extends Count, K extends object>(rows: readonly R[], days: number, keyOf: (row: R) => K) {
  const found = new Map<string, K & { counts: number[] }>()
  for (const row of rows) {
    const key = keyOf(row)
    const text = JSON.stringify(key)
    const one = found.get(text) ?? { ...key, counts: new Array<number>(days).fill(0) }
    found.set(text, one)
    one.counts[days - 1 - row.ago] = Number(row.count)
  }
  return [...found.values()]
}
