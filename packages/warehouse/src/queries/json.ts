import type { Binder } from './params.ts'

/** The arguments that lead JSON functions along a path such as `cart.value`; each step is bound. */
export function pathInto(column: string, path: string, binder: Binder): string {
  return [column, ...path.split('.').map(step => binder.bind('String', step))].join(', ')
}

const numeric = "('Int64', 'UInt64', 'Double')"

/** A number, or text that reads as one (`"19.99"`); null where there is neither. */
export function numberAt(column: string, path: string, binder: Binder): string {
  const at = pathInto(column, path, binder)
  return `multiIf(JSONType(${at}) IN ${numeric}, JSONExtract(${at}, 'Nullable(Float64)'), JSONType(${at}) = 'String', toFloat64OrNull(trimBoth(JSONExtractString(${at}))), NULL)`
}

export const isNumber = (at: string) => `JSONType(${at}) IN ${numeric}`
export const isText = (at: string) => `JSONType(${at}) = 'String'`
export const isBoolean = (at: string) => `JSONType(${at}) = 'Bool'`
/** A path that leads to null is as one that leads nowhere. */
export const isThere = (at: string) => `JSONType(${at}) != 'Null'`
