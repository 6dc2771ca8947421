import type { IndicationDay } from '@espalier/core/result'
import type { Database } from '../client/database.ts'
import { ALL_TIME, within } from '../sql/params.ts'
import type { ImpactQuestion } from '../warehouse.ts'
import { rowColumns } from './measure/columns.ts'
import { joinLinks, personOf, sourceHash } from './measure/exposed.ts'
import { factorsOf } from './measure/factors.ts'
import { layers } from './measure/layers.ts'
import { OWN_DOING } from './measure/matched.ts'
import { SharedBinder } from './measure/sharedBinder.ts'
import { rowsSql } from './measure/totals.ts'

export interface VisitorDaysQuestion extends Omit<ImpactQuestion, 'from'> {
  /** Of the start that is asked about; exposures from before belong to an earlier one. */
  readonly since?: number
  /** IANA zone of the days. */
  readonly zone: string
  /** At most so many days on either side of the change. */
  readonly days: number
  /** Whom they are held against: those who came to another touchpoint, or (without) all other visitors. */
  readonly comparison?: string
}

/** Days of the people who came to an experience's touchpoints, and of people who never did in all that time. */
export interface VisitorDays {
  /** The day of the first exposure in the zone; null where nobody saw it. */
  readonly changed: string | null
  readonly touchpoints: readonly string[]
  readonly days: readonly IndicationDay[]
  /** Amounts without a rate: on how many days of how many people, added up. */
  readonly missing: number
}

const DAY_MS = 86_400_000

/**
 * Whole days before and after an experience was first seen, up to the last day it was seen (exclusive). A person counts on each day on which
 * they came, with what they did that day: conversions, counts, sums and means. Before it none counts that an earlier start of the
 * experience may have touched.
 */
export async function visitorDays(database: Database, question: VisitorDaysQuestion): Promise<VisitorDays> {
  const { workspace, experience, since, to, now, zone, days, comparison } = question
  const bounds = { workspace, experience, zone, from: since ?? ALL_TIME.from, to: Math.min(to ?? ALL_TIME.to, now + 1) }
  const [seen] = await database.rows<{ people: number; first: number; last: number; earlier: number; at: string[] }>(
    `SELECT countIf(${within('timestamp')}) AS people, groupUniqArrayIf(toString(touchpoint), ${within('timestamp')}) AS at,
      toUnixTimestamp64Milli(minIf(timestamp, ${within('timestamp')})) AS first,
      toUnixTimestamp64Milli(maxIf(timestamp, ${within('timestamp')})) AS last,
      toUnixTimestamp64Milli(maxIf(timestamp, timestamp < fromUnixTimestamp64Milli({from:Int64}, 'UTC'))) AS earlier
    FROM exposures WHERE workspace = {workspace:String} AND experience = {experience:String} AND NOT holdout`,
    bounds,
  )
  if (seen === undefined || Number(seen.people) === 0) return { changed: null, touchpoints: [], days: [], missing: 0 }
  const [first, last] = [Number(seen.first), Number(seen.last)]
  const scope = {
    ...bounds,
    first,
    last,
    days,
    earlier: since === undefined ? ALL_TIME.from : Number(seen.earlier),
    // A day more on either side: those of the zone begin at another time.
    earliest: first - (days + 2) * DAY_MS,
    latest: Math.min(last, first + (days + 2) * DAY_MS),
    touchpoints: seen.at,
    ...(comparison !== undefined && { comparison }),
  }
  const rows = await daySums(database, question, scope)
  const [{ changed } = { changed: '' }] = await database.rows<{ changed: string }>(
    `SELECT toString(${dayOf('fromUnixTimestamp64Milli({first:Int64})')}) AS changed`,
    scope,
  )
  return {
    changed,
    touchpoints: [...seen.at].sort(),
    days: rows.map(row => ({
      day: row.on,
      touched: { people: Number(row.people), sum: row.sum, count: Number(row.count) },
      comparison: { people: Number(row.others), sum: row.othersSum, count: Number(row.othersCount) },
      reached: Number(row.reached),
    })),
    missing: rows.reduce((sum, row) => sum + Number(row.missing), 0),
  }
}

interface Row {
  on: string
  people: number
  sum: number
  count: number
  others: number
  othersSum: number
  othersCount: number
  reached: number
  missing: number
}

const dayOf = (time: string) => `toDate32(${time}, {zone:String})`
const inTime = (column: string) =>
  `${column} >= fromUnixTimestamp64Milli({earliest:Int64}, 'UTC') AND ${column} <= fromUnixTimestamp64Milli({latest:Int64}, 'UTC')`

/** What a row says of a person's day. */
const CAME = 1
const SHOWN = 2
const OTHER = 4
const DID = 8
const LOST = 16

async function daySums(
  database: Database,
  { metric, currency, comparison }: VisitorDaysQuestion,
  scope: Readonly<Record<string, unknown>>,
): Promise<Row[]> {
  const factors = await factorsOf(database, [metric], scope, currency)
  const binder = new SharedBinder()
  const shared = layers(binder)
  const { main, value, missing } = rowColumns(metric, shared, factors)
  // One row a visit or event, told apart by flags: they are many, and one aggregate costs as much as another.
  const flagged = (
    rows: string,
    flags: string,
  ) => `SELECT ${personOf('e')} AS person, e.day AS day, toUInt8(${flags}) AS flags, 0. AS v, toUInt8(0) AS n
    FROM ${rows} AS e ${joinLinks('e')}`
  const exposed = (condition: string) => `(
      SELECT ${sourceHash('e')} AS source, ${dayOf('e.timestamp')} AS day, e.experience = {experience:String} AS own FROM exposures AS e
      WHERE e.workspace = {workspace:String} AND NOT e.holdout AND ${condition} AND ${inTime('e.timestamp')}
    )`
  const touched = flagged(exposed('e.touchpoint IN {touchpoints:Array(String)}'), `if(e.own, ${CAME + SHOWN}, ${CAME})`)
  const others =
    comparison !== undefined
      ? exposed('e.touchpoint = {comparison:String}')
      : `(
        SELECT ${sourceHash('e')} AS source, ${dayOf('e.timestamp')} AS day FROM events AS e
        WHERE e.workspace = {workspace:String} AND ${OWN_DOING} AND ${inTime('e.timestamp')}
      )`
  const did = `SELECT person, ${dayOf('fromUnixTimestamp64Milli(at)')} AS day, toUInt8(if(${main}, ${DID}, 0) + if(${missing ?? '0'}, ${LOST}, 0)) AS flags,
      toFloat64(${value}) AS v, toUInt8(${main}) AS n
    FROM ${rowsSql(shared)}`
  const has = (flag: number) => `bitAnd(flags, ${flag}) > 0`
  const amount = metric.type === 'conversion' ? `toFloat64(${has(DID)})` : 'v'
  return database.rows<Row>(
    `WITH touched AS (${touched})
    SELECT toString(visited.day) AS on, countIf(came) AS people, countIf(${has(SHOWN)}) AS reached, sumIf(${amount}, came) AS sum, sumIf(n, came) AS count,
      countIf(outside) AS others, sumIf(${amount}, outside) AS othersSum, sumIf(n, outside) AS othersCount,
      countIf(${has(LOST)} AND (came OR outside)) AS missing
    FROM (
      SELECT day, flags, v, n, ${has(CAME)} AS came, ${has(OTHER)} AND person NOT IN (SELECT person FROM touched) AS outside
      FROM (
        SELECT person, day, groupBitOr(flags) AS flags, sum(v) AS v, sum(n) AS n
        FROM (SELECT * FROM touched UNION ALL ${flagged(others, String(OTHER))} UNION ALL ${did})
        GROUP BY person, day
      )
    ) AS visited
    WHERE day > ${dayOf('fromUnixTimestamp64Milli({earlier:Int64})')} AND day < ${dayOf('fromUnixTimestamp64Milli({last:Int64})')}
      AND day >= addDays(${dayOf('fromUnixTimestamp64Milli({first:Int64})')}, -{days:UInt16})
      AND day <= addDays(${dayOf('fromUnixTimestamp64Milli({first:Int64})')}, {days:UInt16})
      AND day != ${dayOf('fromUnixTimestamp64Milli({first:Int64})')}
    GROUP BY on ORDER BY on`,
    { ...binder.params, ...scope },
  )
}
