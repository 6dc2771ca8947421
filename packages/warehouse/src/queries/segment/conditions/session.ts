import { PROFILE_LIMITS } from '@espalier/core/profile'
import type { SessionCondition } from '@espalier/core/segment'
import { actions } from '../actions.ts'
import type { Asked } from '../asked.ts'
import { comparisonsSql } from '../comparisons.ts'
import { rowsOf } from '../rows.ts'
import { numberValue } from '../value.ts'

const GAP = PROFILE_LIMITS.sessionGapMs
const MINUTE = 60_000

/** The session that goes on: the last actions with no gap of more than half an hour, also up to the moment. */
export function session({ session: what, ...comparisons }: SessionCondition, asked: Asked): string {
  const counted = asked.row(actions(asked, {}))
  // Only of whoever did something in the last half an hour; a session may be of any length.
  const present = asked.another()
  const recent = present.row(actions(present, { from: asked.at - GAP }))
  const who = `SELECT e.person FROM ${rowsOf(present, { which: present.rows, columns: present.rowColumns })} AS e WHERE ${recent}`
  const times = asked.aggregate(`groupArrayIf(e.at, ${counted} AND e.person IN (${who}))`)
  const begin = `greatest(1, arrayLastIndex(gap -> gap > ${GAP}, arrayDifference(times)))`
  const read = what === 'events' ? `length(times) - ${begin} + 1` : `(times[-1] - times[${begin}]) / ${MINUTE}`
  const value = `arrayMap(times -> ${read}, [arraySort(${times})])[1]`
  return comparisonsSql(numberValue(value, `notEmpty(${times})`), comparisons, asked, asked.at)
}
