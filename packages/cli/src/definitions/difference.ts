import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject } from '@espalier/core'

/** One place at which two bodies differ. `before` undefined: added; `after` undefined: removed. */
export interface Difference {
  readonly path: string
  readonly before: Json | undefined
  readonly after: Json | undefined
}

/**
 * Where two bodies differ, in order, as deep as it is plain. Lists of things that have a `key` (variants) are compared by it,
 * so that a moved one is not a changed one.
 */
export function differences(before: JsonObject, after: JsonObject): Difference[] {
  return [...compare('', before, after)]
}

function* compare(path: string, before: Json | undefined, after: Json | undefined): Generator<Difference> {
  if (isDeepStrictEqual(before, after)) return
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* compare(path === '' ? name : `${path}.${name}`, before[name], after[name])
    }
    return
  }
  const [was, is] = [keyed(before), keyed(after)]
  if (was && is) {
    const moved =
      [...was.keys()].filter(key => is.has(key)).join() !== [...is.keys()].filter(key => was.has(key)).join()
    if (moved) yield { path: `${path} (order)`, before: [...was.keys()], after: [...is.keys()] }
    for (const key of new Set([...was.keys(), ...is.keys()]))
      yield* compare(`${path}[${key}]`, was.get(key), is.get(key))
    return
  }
  yield { path, before, after }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function keyed(value: Json | undefined): Map<string, Json> | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const map = new Map<string, Json>()
  for (const item of value) {
    if (!isObject(item) || typeof item.key !== 'string') return undefined
    map.set(item.key, item)
  }
  return map.size === value.length ? map : undefined
}
