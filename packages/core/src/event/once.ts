import type { JsonObject } from '../json.ts'

/**
 * Among the traits of an identify: an object of traits that hold only where nothing else says them. The first such statement
 * stays; whatever is stated without it, earlier or later, goes before it.
 */
export const SET_ONCE = '$set_once'

/** The traits that an identify states once; undefined where it states none so. */
export function onceIn(traits: JsonObject): JsonObject | undefined {
  const once = traits[SET_ONCE]
  return typeof once === 'object' && once !== null && !Array.isArray(once) ? once : undefined
}
