import type { Json, JsonObject } from '@espalier/core'
import type { Definition, DefinitionChange } from '@espalier/core/definition'

/**
 * The new versions that changes make (R9): none for a body that says what the latest version says, nor for archiving what
 * is archived or was never there. `latest` is the newest version of a definition, archived ones included.
 */
export function newVersions(
  latest: (kind: string, key: string) => Definition | undefined,
  changes: readonly DefinitionChange[],
  options: { now: number; author: string },
): Definition[] {
  const made: Definition[] = []
  const newest = (kind: string, key: string) =>
    made.findLast(one => one.kind === kind && one.key === key) ?? latest(kind, key)
  for (const { kind, key, body } of changes) {
    const before = newest(kind, key)
    const archived = body === undefined
    if (archived && (before === undefined || before.archived)) continue
    if (before && !archived && !before.archived && sameJson(before.body as unknown as Json, body)) continue
    made.push({
      kind,
      key,
      version: (before?.version ?? 0) + 1,
      published: options.now,
      author: options.author,
      archived,
      body: (body ?? before?.body) as unknown as Definition['body'],
    })
  }
  return made
}

/** The order in which definitions are told: kind, then key, by code units. */
export function compareDefinitions(a: Definition, b: Definition): number {
  return compare(a.kind, b.kind) || compare(a.key, b.key)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Equal as JSON: the order of an object's members means nothing, an undefined member is absent. */
function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every(key => sameJson(own(a, key), own(b, key)))
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
