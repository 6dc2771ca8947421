import { isBoolean, isNumber, isText, isThere, pathInto } from '../../sql/json.ts'
import type { Binder } from '../../sql/params.ts'

/** A value of any type: for each type whether it is of it, and what it then is. Of another type the latter may be anything. */
export interface SqlValue {
  readonly isThere: string
  readonly isText: string
  readonly text: string
  readonly isNumber: string
  readonly number: string
  readonly isBoolean: string
  /** 1 for true. */
  readonly boolean: string
  /** It is a list with this text, a placeholder, among its elements. */
  readonly hasElement: (text: string) => string
}

/** What the arguments of JSON functions lead to. */
export function jsonValue(at: string): SqlValue {
  return {
    isThere: `(${isThere(at)})`,
    isText: `(${isText(at)})`,
    text: `JSONExtractString(${at})`,
    isNumber: `(${isNumber(at)})`,
    number: `JSONExtractFloat(${at})`,
    isBoolean: `(${isBoolean(at)})`,
    boolean: `JSONExtractBool(${at})`,
    hasElement: text =>
      `arrayExists(e -> JSONType(e) = 'String' AND JSONExtractString(e) = ${text}, JSONExtractArrayRaw(${at}))`,
  }
}

/** What a path leads to in a column of JSON. */
export function pathValue(column: string, path: string, binder: Pick<Binder, 'bind'>): SqlValue {
  return jsonValue(pathInto(column, path, binder))
}

/** Nothing at all. */
export const MISSING: SqlValue = {
  isThere: '0',
  isText: '0',
  text: "''",
  isNumber: '0',
  number: '0',
  isBoolean: '0',
  boolean: '0',
  hasElement: () => '0',
}

/** A number, where `isThere` says that there is one. */
export function numberValue(number: string, isThere = '1'): SqlValue {
  return { ...MISSING, isThere, isNumber: isThere, number }
}

/** A list of texts, numbers, true and false, each as its JSON; missing where it is empty. */
export function listValue(texts: string): SqlValue {
  return { ...MISSING, isThere: `notEmpty(${texts})`, hasElement: text => `has(${texts}, ${jsonText(text)})` }
}

/** A text as JSON says it, in the words of `JSON.stringify`. */
export function jsonText(text: string): string {
  const escaped = `arrayStringConcat(arrayMap(
    byte -> multiIf(
      byte >= 32, if(byte IN (34, 92), concat('\\\\', char(byte)), char(byte)),
      byte IN (8, 9, 10, 12, 13), concat('\\\\', transform(byte, [8, 9, 10, 12, 13], ['b', 't', 'n', 'f', 'r'], '')),
      concat('\\\\u00', lower(hex(byte)))
    ),
    reinterpret(${text}, 'Array(UInt8)')
  ))`
  return `concat('"', if(match(${text}, '[\\\\x00-\\\\x1f"\\\\\\\\]'), ${escaped}, ${text}), '"')`
}

/** A number as JSON says it. */
export function jsonNumber(number: string): string {
  return `replaceRegexpOne(toString(${number} + 0.), 'e([0-9])', 'e+\\\\1')`
}

/** A text has at most so many UTF-16 units; it never has more of them than bytes. */
export function isWithin(text: string, limit: number): string {
  // A character of four bytes is two units.
  const units = `lengthUTF8(${text}) + arrayCount(byte -> byte >= 240, reinterpret(${text}, 'Array(UInt8)'))`
  return `(length(${text}) <= ${limit} OR ${units} <= ${limit})`
}
