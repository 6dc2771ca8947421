import type { ImpactQuestion } from '../../warehouse.ts'
import { armText } from '../arms.ts'
import { ALL_TIME, within } from '../params.ts'
import { people } from '../people.ts'

/**
 * People here are 64-bit hashes of their ids: joining and grouping by them takes half the time, and among ten million people two
 * share one with a chance of 3 in a million.
 */
export const sourceHash = (table: string) => `cityHash64(${table}.profile)`

/** What bounds the exposures; the same names in every query of a report. */
export function scopeOf(question: Pick<ImpactQuestion, 'workspace' | 'experience' | 'from' | 'to'>) {
  return {
    workspace: question.workspace,
    experience: question.experience,
    from: question.from ?? ALL_TIME.from,
    to: question.to ?? ALL_TIME.to,
  }
}

/** Links that lead to somebody else, as hashes. */
const links = `(
  SELECT cityHash64(source) AS source, cityHash64(canonical) AS canonical FROM ${people} WHERE canonical != source
)`

const numbered = `transform(${armText('e')}, {arms:Array(String)}, {numbers:Array(Int64)}, 0)`
const grouped = `transform(${armText('e')}, {arms:Array(String)}, {groups:Array(Int64)}, 0)`

/** Exposures that count, of arms that are known. */
export const inScope = `e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND ${within('e.timestamp')}`

/**
 * A row a person: time and arm of their first exposure in one whole number, so that finding it is the cheapest of aggregates: the arm
 * version's number in the lower 16 bits, the milliseconds above them. `mixed`: they were seen in two arms.
 */
export const first = `(
  SELECT if(l.canonical = 0, e.source, l.canonical) AS person, min(e.head) AS head, min(e.arm) != max(e.arm) AS mixed, count() AS exposures
  FROM (
    SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) * 65536 + ${numbered} AS head, ${grouped} AS arm
    FROM exposures AS e WHERE ${inScope} AND ${numbered} > 0
  ) AS e LEFT ANY JOIN ${links} AS l ON l.source = e.source
  GROUP BY person
)`

/** A row a source profile under which events of an exposed person are filed: the person, and their first exposure. */
export const members = `(
  SELECT arrayJoin(if(f.person IN (SELECT source FROM ${links}), m.sources, arrayPushBack(m.sources, f.person))) AS source, f.person AS person, f.head AS head
  FROM ${first} AS f
  LEFT ANY JOIN (SELECT canonical, groupArray(source) AS sources FROM ${links} GROUP BY canonical) AS m ON m.canonical = f.person
)`
