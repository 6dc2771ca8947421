import type { PropertyCondition } from '@espalier/core/segment'
import { isBoolean, isNumber, isText, isThere, pathInto } from './json.ts'
import type { Binder } from './params.ts'

type Scalar = string | number | boolean

/**
 * Conditions on a JSON column as SQL: the same truth as `compileProperties` of core/segment, which the test compares it with.
 * Values and paths are bound, never part of the text.
 */
export function conditionsSql(column: string, conditions: readonly PropertyCondition[], binder: Binder): string {
  const all = conditions.flatMap(({ property, ...comparisons }) => {
    const at = pathInto(column, property, binder)
    const number = (sign: string, value: number) =>
      `(${isNumber(at)} AND JSONExtractFloat(${at}) ${sign} ${binder.bind('Float64', value)})`
    const text = (call: (actual: string, value: string) => string, value: string) =>
      `(${isText(at)} AND ${call(`JSONExtractString(${at})`, binder.bind('String', value))})`
    const { is, isNot, in: oneOf, notIn, gt, gte, lt, lte, contains, startsWith, endsWith, exists } = comparisons
    const sql: string[] = []
    if (is !== undefined) sql.push(equals(at, [is], binder))
    if (isNot !== undefined) sql.push(`NOT ${equals(at, [isNot], binder)}`)
    if (oneOf !== undefined) sql.push(equals(at, oneOf, binder))
    if (notIn !== undefined) sql.push(`NOT ${equals(at, notIn, binder)}`)
    if (gt !== undefined) sql.push(number('>', gt))
    if (gte !== undefined) sql.push(number('>=', gte))
    if (lt !== undefined) sql.push(number('<', lt))
    if (lte !== undefined) sql.push(number('<=', lte))
    if (contains !== undefined) {
      const value = binder.bind('String', contains)
      const inText = `(${isText(at)} AND position(JSONExtractString(${at}), ${value}) > 0)`
      const inList = `arrayExists(e -> JSONType(e) = 'String' AND JSONExtractString(e) = ${value}, JSONExtractArrayRaw(${at}))`
      sql.push(`(${inText} OR ${inList})`)
    }
    if (startsWith !== undefined) sql.push(text((actual, value) => `startsWith(${actual}, ${value})`, startsWith))
    if (endsWith !== undefined) sql.push(text((actual, value) => `endsWith(${actual}, ${value})`, endsWith))
    if (exists !== undefined) sql.push(`(${isThere(at)}) = ${exists ? 1 : 0}`)
    return sql
  })
  return all.length === 0 ? '1' : all.join(' AND ')
}

/** Equal to one of the values, and of its type: `5` is not `"5"`. */
function equals(at: string, values: readonly Scalar[], binder: Binder): string {
  const texts = values.filter(value => typeof value === 'string')
  const numbers = values.filter(value => typeof value === 'number')
  const booleans = values.filter(value => typeof value === 'boolean')
  const sql: string[] = []
  if (texts.length > 0)
    sql.push(`${isText(at)} AND has(${binder.bind('Array(String)', texts)}, JSONExtractString(${at}))`)
  if (numbers.length > 0)
    sql.push(`${isNumber(at)} AND has(${binder.bind('Array(Float64)', numbers)}, JSONExtractFloat(${at}))`)
  if (booleans.length > 0) {
    sql.push(`${isBoolean(at)} AND JSONExtractBool(${at}) IN (${booleans.map(Number).join(', ')})`)
  }
  return `(${sql.map(one => `(${one})`).join(' OR ') || '0'})`
}
