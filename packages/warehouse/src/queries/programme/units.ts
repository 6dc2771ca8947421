import { quarterIn } from '@espalier/core/time'
import { type Binder, within } from '../../sql/params.ts'
import { type Arm, armText, inScope, textOf } from './arms.ts'
import { joinPeople, personHash, sourceHash } from './people.ts'

/** When somebody was first exposed, and the number of their group, in one whole number, so that finding it is the cheapest of aggregates. */
const GROUP_BITS = 16
export const groupOf = (table: string) => `bitAnd(${table}.head, 65535)`
export const firstOf = (table: string) => `bitShiftRight(${table}.head, ${GROUP_BITS})`

/**
 * A row a person and experience: `head` of their first exposure to it in the time, with the number of its arm, and their chance of
 * the arm.
 */
export function unitsSql(arms: readonly Arm[], binder: Binder): string {
  const texts = binder.bind('Array(String)', arms.map(textOf))
  const numbers = binder.bind(
    'Array(UInt32)',
    arms.map((_, i) => i + 1),
  )
  const experiences = [...new Set(arms.map(({ experience }) => experience))]
  const owners = binder.bind('Array(String)', experiences)
  const ids = binder.bind(
    'Array(UInt32)',
    experiences.map((_, i) => i + 1),
  )
  return `(
    SELECT x.person AS person, min(x.head) AS head, argMin(x.propensity, x.head) AS propensity
    FROM (
      SELECT ${personHash('e')} AS person, e.experience AS experience, e.head AS head, e.propensity AS propensity
      FROM (
        SELECT ${sourceHash('e')} AS source, transform(toString(e.experience), ${owners}, ${ids}, toUInt32(0)) AS experience,
          toUnixTimestamp64Milli(e.timestamp) * 65536 + transform(${armText(arms, binder)}, ${texts}, ${numbers}, toUInt32(0)) AS head,
          e.propensity AS propensity
        FROM exposures AS e WHERE ${inScope}
      ) AS e ${joinPeople('e')}
    ) AS x
    GROUP BY x.person, x.experience
  )`
}

/** The same people once for each of the segments that they were in at that time, as the log of entries and exits has it. */
export function unitsInSegmentsSql(arms: readonly Arm[], segments: readonly string[], binder: Binder): string {
  const crossings = `(
    SELECT ${personHash('e')} AS person, e.segment AS segment, e.at AS at, e.received AS received, e.entered AS entered
    FROM (
      SELECT ${sourceHash('e')} AS source, JSONExtractString(e.properties, 'segment') AS segment,
        toUnixTimestamp64Milli(e.timestamp) AS at, e.received AS received, e.name = 'Segment Entered' AS entered
      FROM events AS e
      WHERE e.workspace = {workspace:String} AND e.type = 'segment'
        AND JSONExtractString(e.properties, 'segment') IN (${binder.bind('Array(String)', segments)})
    ) AS e ${joinPeople('e')}
  )`
  return `(
    SELECT u.person AS person, u.head AS head, any(u.propensity) AS propensity, c.segment AS segment
    FROM ${crossings} AS c INNER JOIN ${unitsSql(arms, binder)} AS u ON u.person = c.person
    WHERE c.at <= ${firstOf('u')}
    GROUP BY u.person, u.head, c.segment
    HAVING argMax(c.entered, (c.at, c.received, NOT c.entered))
  )`
}

/**
 * The number of a time in which who is held out stays as it is: a quarter in the zone, or the part of it until the share was changed. Each
 * change counts one more, so that no two such times have the same number.
 */
const drawNumber = (time: string, milliseconds: string) =>
  `toInt64(toRelativeQuarterNum(${time}, {zone:String}) + arrayCount(c -> c <= ${milliseconds}, {shareChanges:Array(Int64)}))`

/** What is told apart in it: whether somebody was held out, and whether that was decided elsewhere. */
const HOLDOUT_BITS = 2

/** A fact lies in the time of the unit. */
export const inOwnDraw = `${drawNumber("fromUnixTimestamp64Milli(f.at, 'UTC')", 'f.at')} = bitShiftRight(${groupOf('u')}, ${HOLDOUT_BITS})`

export interface Draw {
  /** When its time began: the first day of a quarter, or when the share was changed. */
  readonly quarter: string
  /** How many changes of the share lie before. */
  readonly changes: number
  readonly heldOut: boolean
  /** By decisions that were made elsewhere. */
  readonly elsewhere: boolean
}

/** What the number of a group stands for. */
export function drawsOf(zone: string, changes: readonly number[]): (group: number) => Draw {
  const quarters = changes.map(quarterNumbers(zone))
  return group => {
    const number = group >> HOLDOUT_BITS
    const before = quarters.findIndex((own, index) => number - index <= own)
    const index = before < 0 ? changes.length : before
    const [quarter, change] = [number - index, changes[index - 1]]
    const month = (quarter % 4) * 3 + 1
    const first = `${Math.floor(quarter / 4)}-${String(month).padStart(2, '0')}-01`
    const isWithin = change !== undefined && quarters[index - 1] === quarter
    return {
      quarter: isWithin ? new Date(change).toISOString() : first,
      changes: index,
      heldOut: (group & 2) > 0,
      elsewhere: (group & 1) > 0,
    }
  }
}

/** As the engine counts them: in the zone, from the year 0 on. */
function quarterNumbers(zone: string): (at: number) => number {
  const quarterOf = quarterIn(zone)
  return at => {
    const [year = 0, quarter = 1] = quarterOf(at).split('Q').map(Number)
    return year * 4 + quarter - 1
  }
}

/**
 * A row a person and time in which who is held out stays as it is, since in each quarter others are, and more or fewer once the share is changed:
 * when they were first exposed to any experience in it, whether they were held out then, and with which chance.
 */
export const holdoutUnitsSql = `(
  SELECT x.person AS person, min(x.head) AS head, argMin(x.propensity, (x.head, x.propensity)) AS propensity
  FROM (
    SELECT ${personHash('e')} AS person, e.head AS head, e.propensity AS propensity
    FROM (
      SELECT ${sourceHash('e')} AS source, e.propensity AS propensity,
        toUnixTimestamp64Milli(e.timestamp) * 65536 + ${drawNumber('e.timestamp', 'toUnixTimestamp64Milli(e.timestamp)')} * 4
          + toInt64(e.holdout) * 2 + toInt64(e.version = 0) AS head
      FROM exposures AS e
      WHERE e.workspace = {workspace:String} AND e.experience != '' AND ${within('e.timestamp')}
    ) AS e ${joinPeople('e')}
  ) AS x
  GROUP BY x.person, bitShiftRight(bitAnd(x.head, 65535), ${HOLDOUT_BITS})
)`
