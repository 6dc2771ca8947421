import type { PropertyCondition } from '@espalier/core/filter'
import type { Binder } from '../sql/params.ts'
import { comparisonsSql } from './segment/comparisons.ts'
import { pathValue } from './segment/value.ts'

/**
 * Conditions on a JSON column as SQL: the same truth as `compileProperties` of core/segment, which the test compares it with.
 * Values and paths are bound, never part of the text.
 */
export function conditionsSql(
  column: string,
  conditions: readonly PropertyCondition[],
  binder: Pick<Binder, 'bind'>,
): string {
  // Instants are written out: nothing is relative to now.
  const all = conditions.map(({ property, ...comparisons }) =>
    comparisonsSql(pathValue(column, property, binder), comparisons, binder, 0),
  )
  return all.length === 0 ? '1' : all.join(' AND ')
}
