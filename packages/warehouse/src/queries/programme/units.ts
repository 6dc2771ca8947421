import { type Binder, within } from '../params.ts'
import { joinLinks, personOf } from '../people.ts'

/** Columns that a cell is told by. */
export const CELL = ['experience', 'touchpoint', 'version', 'control', 'variant'] as const

/**
 * A row a person and experience: the cell of their first exposure to it in the time, when it was (`first`) and their chance of the arm.
 * Of exposures of one millisecond control comes first, then the variants by name. Who was held out is left out.
 */
export const unitsSql = `(
  SELECT person, experience, tupleElement(one, 1) AS first, tupleElement(one, 2) = 0 AS control, tupleElement(one, 3) AS variant,
    tupleElement(one, 4) AS touchpoint, tupleElement(one, 5) AS version, tupleElement(one, 6) AS propensity
  FROM (
    SELECT ${personOf('e')} AS person, toString(e.experience) AS experience,
      min((toUnixTimestamp64Milli(e.timestamp), toUInt8(NOT e.control), if(e.control, '', toString(e.variant)),
        toString(e.touchpoint), e.version, e.propensity)) AS one
    FROM exposures AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.experience != '' AND NOT e.holdout AND ${within('e.timestamp')}
    GROUP BY person, experience
  )
)`

/** The same people once for each of the segments that they were in at that time, as the log of entries and exits has it. */
export function unitsInSegmentsSql(segments: readonly string[], binder: Binder): string {
  const crossings = `(
    SELECT ${personOf('e')} AS person, JSONExtractString(e.properties, 'segment') AS segment,
      toUnixTimestamp64Milli(e.timestamp) AS at, e.received AS received, e.name = 'Segment Entered' AS entered
    FROM events AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.type = 'segment'
      AND JSONExtractString(e.properties, 'segment') IN (${binder.bind('Array(String)', segments)})
  )`
  const columns = [...CELL, 'first', 'propensity', 'person'].map(name => `u.${name}`)
  return `(
    SELECT ${columns.map(column => `${column} AS ${column.slice(2)}`).join(', ')}, c.segment AS segment
    FROM ${crossings} AS c INNER JOIN ${unitsSql} AS u ON u.person = c.person
    WHERE c.at <= u.first
    GROUP BY ${columns.join(', ')}, c.segment
    HAVING argMax(c.entered, (c.at, c.received, NOT c.entered))
  )`
}

/**
 * A row a person and quarter, since in each quarter others are held out: whether they were at their first exposure to any experience
 * in it, and when that was.
 */
export const holdoutUnitsSql = `(
  SELECT person, quarter, tupleElement(one, 1) AS first, tupleElement(one, 2) AS held
  FROM (
    SELECT ${personOf('e')} AS person, toString(toStartOfQuarter(e.timestamp, {zone:String})) AS quarter,
      min((toUnixTimestamp64Milli(e.timestamp), toUInt8(e.holdout))) AS one
    FROM exposures AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.experience != '' AND ${within('e.timestamp')}
    GROUP BY person, quarter
  )
)`
