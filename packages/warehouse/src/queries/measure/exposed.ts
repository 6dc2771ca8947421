import { ALL_TIME, withinBut } from '../../sql/params.ts'
import type { ImpactQuestion } from '../../warehouse.ts'
import { armCode } from '../arms.ts'

/**
 * People here are 64-bit hashes of their ids: joining and grouping by them takes half the time, and among ten million people two
 * share one with a chance of 3 in a million. Of a row it is kept beside the id, so that ids need not be read.
 */
export const sourceHash = (table: string) => `${table}.profile_hash`

/**
 * What bounds the exposures; the same names in every query of a report. What is yet to come has not happened, as it has not for
 * events: after a clock that went back people would be counted without what they did.
 */
export function scopeOf(
  question: Pick<ImpactQuestion, 'workspace' | 'experience' | 'from' | 'to' | 'without' | 'now'>,
) {
  const { without = [] } = question
  return {
    workspace: question.workspace,
    experience: question.experience,
    from: question.from ?? ALL_TIME.from,
    to: Math.min(question.to ?? ALL_TIME.to, question.now + 1),
    withoutFrom: without.map(({ from }) => from),
    withoutTo: without.map(({ to }) => to ?? ALL_TIME.to),
  }
}

/** `people.ts` in hashes. The latest link is the one of the greatest time and then position, both in one number. */
const latest = `(
  SELECT cityHash64(i.source) AS one, argMax(cityHash64(i.canonical), toInt128(toUnixTimestamp64Milli(i.at)) * 4294967296 + i.position) AS two
  FROM identity_links AS i
  WHERE i.workspace = {workspace:String} AND NOT i.silent
  GROUP BY one
)`

/** Rows (source, canonical) of links that lead to somebody else. */
const links = `(
  SELECT near.one AS source, if(far.two = 0, near.two, far.two) AS canonical
  FROM ${latest} AS near LEFT ANY JOIN ${latest} AS far ON far.one = near.two
  WHERE canonical != source
)`

/** The canonical person of rows with a `source`, together with `joinLinks`. */
export const personOf = (table: string) => `if(links.canonical = 0, ${table}.source, links.canonical)`
export const joinLinks = (table: string) => `LEFT ANY JOIN ${links} AS links ON links.source = ${table}.source`

const numbered = `transform(${armCode('e')}, {arms:Array(Int64)}, {numbers:Array(Int64)}, 0)`
const grouped = `transform(bitAnd(e.head, 65535), {numbers:Array(Int64)}, {groups:Array(Int64)}, 0)`

/** Exposures that count. */
export const inScope = `e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND ${withinBut('e.timestamp')}`

/**
 * A row a person: time and arm of their first exposure in one whole number, so that finding it is the cheapest of aggregates: the arm
 * version's number in the lower 16 bits, the milliseconds above them. `mixed`: they were seen in two arms.
 */
export const first = `(
  SELECT ${personOf('e')} AS person, min(e.head) AS head, min(e.arm) != max(e.arm) AS mixed, count() AS exposures
  FROM (
    SELECT e.source AS source, e.head AS head, ${grouped} AS arm
    FROM (
      SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) * 65536 + ${numbered} AS head
      FROM exposures AS e WHERE ${inScope}
    ) AS e
    WHERE bitAnd(e.head, 65535) > 0
  ) AS e ${joinLinks('e')}
  GROUP BY person
)`
