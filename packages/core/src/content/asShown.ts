import type { JsonObject } from '../json.ts'

/** Items are few and shown often. */
const known = new WeakMap<JsonObject, JsonObject>()

/** A catalog item as contents show it: without what it costs the business, which whoever is shown it could read. */
export function asShown(item: JsonObject): JsonObject {
  if (!Object.hasOwn(item, 'cost')) return item
  let shown = known.get(item)
  if (shown === undefined) {
    const { cost: _, ...rest } = item
    shown = rest
    known.set(item, shown)
  }
  return shown
}
