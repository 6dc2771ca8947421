/** An object or a list. */
export function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null
}

/** Those in a list; none of what is no list. */
export function objectsOf(value: unknown): readonly object[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
