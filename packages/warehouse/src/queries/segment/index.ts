import type { Condition, Language } from '@espalier/core/segment'
import type { Binder } from '../../sql/params.ts'
import { Asked, type Moment } from './asked.ts'
import { members, sizes } from './members.ts'

export type { Moment } from './asked.ts'
export { NotInSql } from './notInSql.ts'

/**
 * A segment's definition as a query of the canonical people, as `person`, for whom it holds at an instant: of the events received by
 * then and timed up to then, and the links known then (R5). The same truth as the live evaluator's, of people of whom there is an
 * event. One GROUP BY over the rows that matter; every value is bound. Throws `NotInSql` where the log cannot tell.
 */
export function membersSql(condition: Condition, language: Language, binder: Binder, moment: Moment): string {
  return members(condition, new Asked(language, binder, moment, 'ids'))
}

/** The same of several: `counts` has how many people each holds for, and at the end how many all of them hold for. */
export function sizesSql(conditions: readonly Condition[], language: Language, binder: Binder, moment: Moment): string {
  return sizes(conditions, new Asked(language, binder, moment, 'hashes'))
}
