import { PROFILE_LIMITS } from '@espalier/core/profile'
import type { Asked } from './asked.ts'
import { STAMP } from './rows.ts'
import { isWithin } from './value.ts'

/**
 * What was stated last in the total order of events (R10), as JSON: '' where nothing was. A statement holds from when it was
 * received, whatever its clock shows. `stated` is what a row `e` states, as JSON, and '' where it states nothing.
 */
export function lastStated(asked: Asked, stated: string): string {
  const said = asked.row(stated)
  return asked.aggregate(`argMaxIf(${said}, ${STAMP}, ${said} != '')`)
}

/** What was stated first, likewise. */
export function firstStated(asked: Asked, stated: string): string {
  const said = asked.row(stated)
  return asked.aggregate(`argMinIf(${said}, ${STAMP}, ${said} != '')`)
}

/** JSON that is not longer than a statement may be, and '' for longer: an earlier statement then remains. */
export function boundedJson(json: string): string {
  return `if(${isWithin(json, PROFILE_LIMITS.traitValue)}, ${json}, '')`
}

/** The value of a name among traits: a text is measured without its quotes. '' where there is none, `null` is a value. */
export function traitIn(arguments_: string): string {
  const text = `JSONExtractString(${arguments_})`
  const measured = `if(JSONType(${arguments_}) = 'String', ${text}, JSONExtractRaw(${arguments_}))`
  const isShort = isWithin(measured, PROFILE_LIMITS.traitValue)
  return `if(JSONHas(${arguments_}) AND ${isShort}, JSONExtractRaw(${arguments_}), '')`
}
