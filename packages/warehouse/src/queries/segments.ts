import type { Condition, Language } from '@espalier/core/segment'
import type { Database } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'
import { Binder } from '../sql/params.ts'
import { type Moment, membersSql, sizesSql } from './segment/index.ts'

export interface SegmentQuestion extends Moment {
  readonly condition: Condition
  /** What the condition refers to by name, and the workspace's zone. */
  readonly language: Language
}

/** People for whom a condition holds at an instant. Throws `NotInSql` where the log cannot tell. */
export async function segmentSize(database: Database, { condition, ...question }: SegmentQuestion): Promise<number> {
  const { sizes } = await segmentOverlap(database, { ...question, conditions: [condition] })
  return sizes[0]!
}

export interface SegmentOverlapQuestion extends Omit<SegmentQuestion, 'condition'> {
  readonly conditions: readonly Condition[]
}

export interface SegmentOverlap {
  /** People for whom each holds. */
  sizes: number[]
  /** People for whom all hold. */
  all: number
}

/** Several conditions in one pass over the events that matter to any of them. */
export async function segmentOverlap(database: Database, question: SegmentOverlapQuestion): Promise<SegmentOverlap> {
  const { conditions, language, ...moment } = question
  if (conditions.length === 0 || conditions.length > MOST_AT_ONCE) {
    throw new WarehouseError('invalid', `Ask for 1 to ${MOST_AT_ONCE} conditions at once.`)
  }
  const binder = new Binder()
  const [row] = await database.rows<{ counts: number[] }>(sizesSql(conditions, language, binder, moment), binder.params)
  const counts = row!.counts.map(Number)
  return { sizes: counts.slice(0, -1), all: counts.at(-1)! }
}

/** Conditions of one overlap. */
const MOST_AT_ONCE = 10

/** The people for whom a condition holds, in order of id, after one and so many at most: pages of canonical profiles. */
export async function segmentMembers(
  database: Database,
  {
    condition,
    language,
    after,
    limit,
    ...moment
  }: SegmentQuestion & { readonly after?: string; readonly limit: number },
): Promise<string[]> {
  const binder = new Binder()
  const members = membersSql(condition, language, binder, moment)
  const rows = await database.rows<{ person: string }>(
    `SELECT person FROM (${members}) WHERE person > ${binder.bind('String', after ?? '')}
    ORDER BY person LIMIT ${binder.bind('UInt32', limit)}`,
    binder.params,
  )
  return rows.map(({ person }) => person)
}

/** Instants of one history. */
const MOST_DAYS = 400

/** The size at each of some instants, as the log says it was: whatever was known then, whenever the segment was defined. */
export async function segmentHistory(
  database: Database,
  { days, ...question }: Omit<SegmentQuestion, 'at' | 'latest'> & { readonly days: readonly number[] },
): Promise<{ at: number; size: number }[]> {
  if (days.length > MOST_DAYS) throw new WarehouseError('invalid', `A history has at most ${MOST_DAYS} instants.`)
  const sizes: { at: number; size: number }[] = []
  // One after the other, so that other queries have their turn between them.
  for (const at of days) sizes.push({ at, size: await segmentSize(database, { ...question, at }) })
  return sizes
}
