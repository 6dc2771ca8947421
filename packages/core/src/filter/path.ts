import type { Json } from '../json.ts'

/** `cart.value` as its steps. */
export function splitPath(path: string): readonly string[] {
  return path.split('.')
}

/**
 * What a path leads to in data from outside: own properties of plain objects only, so that `__proto__` and `length` lead
 * nowhere. Undefined where it leads nowhere, and for null: the two are the same to a condition.
 */
export function valueAt(data: unknown, steps: readonly string[]): Json | undefined {
  let here: unknown = data
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || Array.isArray(here) || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return (here as Json | null | undefined) ?? undefined
}
