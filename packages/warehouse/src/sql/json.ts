import type { Binder } from './params.ts'

/** The arguments that lead JSON functions along a path such as `cart.value`; each step is bound. */
export function pathInto(column: string, path: string, binder: Pick<Binder, 'bind'>): string {
  return [column, ...path.split('.').map(step => binder.bind('String', step))].join(', ')
}

const numeric = "('Int64', 'UInt64', 'Double')"

/** Beyond it a number is a mistake, not an amount, as for money in core/event. Its squares still add up. */
const LARGEST = '1e12'

/** An amount: a number, or text that is a plain decimal (`"19.99"`); null where there is neither. */
export function numberAt(column: string, path: string, binder: Pick<Binder, 'bind'>): string {
  const at = pathInto(column, path, binder)
  const raw = `JSONExtractRaw(${at})`
  const decimal = `extract(JSONExtractString(${at}), '^[[:space:]]*([+-]?[0-9]+(?:[.][0-9]+)?)[[:space:]]*$')`
  // What is neither number nor text is no float either: true, null, [5].
  const number = `toFloat64OrNull(if(startsWith(${raw}, '"'), ${decimal}, ${raw}))`
  return `if(abs(${number}) <= ${LARGEST}, ${number}, NULL)`
}

/** A text, and '' for what is none: by itself the engine gives numbers as text, too. */
export const textAt = (at: string) => `if(${isText(at)}, JSONExtractString(${at}), '')`

export const isNumber = (at: string) => `JSONType(${at}) IN ${numeric}`
export const isText = (at: string) => `JSONType(${at}) = 'String'`
export const isBoolean = (at: string) => `JSONType(${at}) = 'Bool'`
/** A path that leads to null is as one that leads nowhere. */
export const isThere = (at: string) => `JSONType(${at}) != 'Null'`
