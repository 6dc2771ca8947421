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
    if (typeof here !== 'object' || here === null || Array.isArray(here)) return undefined
    const there: unknown = (here as Record<string, unknown>)[step]
    // JSON has no functions, and what every object inherits are functions, but for one. To ask for own properties takes twice as long.
    if (typeof there === 'function' || (step === '__proto__' && !Object.hasOwn(here, step))) return undefined
    here = there
  }
  return (here as Json | null | undefined) ?? undefined
}
