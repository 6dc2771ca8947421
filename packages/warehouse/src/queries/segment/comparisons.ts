import type { PropertyCondition } from '@espalier/core/filter'
import { durationMs, parseInstant } from '@espalier/core/time'
import type { Binder } from '../../sql/params.ts'
import { instantOf } from './instant.ts'
import type { SqlValue } from './value.ts'

type Scalar = string | number | boolean
/** What a condition compares with; instants may be relative to now. */
export type Comparisons = Omit<PropertyCondition, 'property'>
type Bind = Pick<Binder, 'bind'>

/** Comparisons as SQL that is 1 or 0: the same truth as `compileComparison` of core/segment. `now`: for instants relative to it. */
export function comparisonsSql(value: SqlValue, comparisons: Comparisons, binder: Bind, now: number): string {
  const text = (value: string) => binder.bind('String', value)
  const onNumber = (sign: string, bound: number) =>
    `(${value.isNumber} AND ${value.number} ${sign} ${binder.bind('Float64', bound)})`
  const onText = (test: string) => `(${value.isText} AND ${test})`
  const onInstant = (sign: string, bound: string) => {
    const moment = momentOf(bound, now)
    if (moment === undefined) return '0'
    return onText(`ifNull(${instantOf(value.text)} ${sign} ${binder.bind('Int64', moment)}, 0)`)
  }
  const { is, isNot, in: oneOf, notIn, gt, gte, lt, lte, contains, startsWith, endsWith, matches } = comparisons
  const { before, after, exists } = comparisons
  const sql: string[] = []
  if (is !== undefined) sql.push(equals(value, [is], binder))
  if (isNot !== undefined) sql.push(`NOT ${equals(value, [isNot], binder)}`)
  if (oneOf !== undefined) sql.push(equals(value, oneOf, binder))
  if (notIn !== undefined) sql.push(`NOT ${equals(value, notIn, binder)}`)
  if (gt !== undefined) sql.push(onNumber('>', gt))
  if (gte !== undefined) sql.push(onNumber('>=', gte))
  if (lt !== undefined) sql.push(onNumber('<', lt))
  if (lte !== undefined) sql.push(onNumber('<=', lte))
  if (contains !== undefined) {
    sql.push(`(${onText(`position(${value.text}, ${text(contains)}) > 0`)} OR ${value.hasElement(text(contains))})`)
  }
  if (startsWith !== undefined) sql.push(onText(`startsWith(${value.text}, ${text(startsWith)})`))
  if (endsWith !== undefined) sql.push(onText(`endsWith(${value.text}, ${text(endsWith)})`))
  // The engine lets a dot match the end of a line unless it is told not to.
  if (matches !== undefined) sql.push(onText(`match(${value.text}, ${text(`(?-s)${matches}`)})`))
  if (before !== undefined) sql.push(onInstant('<', before))
  if (after !== undefined) sql.push(onInstant('>', after))
  if (exists !== undefined) sql.push(exists ? value.isThere : `NOT ${value.isThere}`)
  return `(${sql.join(' AND ') || '1'})`
}

/** Equal to one of the values, and of its type: `5` is not `"5"`. */
function equals(value: SqlValue, values: readonly Scalar[], binder: Bind): string {
  const texts = values.filter(one => typeof one === 'string')
  const numbers = values.filter(one => typeof one === 'number')
  const booleans = values.filter(one => typeof one === 'boolean')
  const sql: string[] = []
  if (texts.length > 0) sql.push(`${value.isText} AND has(${binder.bind('Array(String)', texts)}, ${value.text})`)
  if (numbers.length > 0)
    sql.push(`${value.isNumber} AND has(${binder.bind('Array(Float64)', numbers)}, ${value.number})`)
  if (booleans.length > 0) sql.push(`${value.isBoolean} AND ${value.boolean} IN (${booleans.map(Number).join(', ')})`)
  return `(${sql.map(one => `(${one})`).join(' OR ') || '0'})`
}

/** `now`, `now-7d`, `now+3d` or an instant; undefined where it is none. */
function momentOf(text: string, now: number): number | undefined {
  if (!text.startsWith('now')) return parseInstant(text)
  const length = text === 'now' ? 0 : durationMs(text.slice(4))
  return text[3] === '-' ? now - length : now + length
}
