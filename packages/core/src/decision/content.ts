import { itemReference } from '../definition/contentProblems.ts'
import type { Json, JsonObject } from '../json.ts'

/** What stands for a catalog item in content: the item with its `id`, as the catalog has it now; undefined: no such item. */
export type ItemLookup = (id: string) => JsonObject | undefined

export interface Filled {
  /** Shared between answers: read it, never change it. */
  readonly content: Json
  /** Items the catalog lacks; null stands in their place. */
  readonly missing: readonly string[]
}

/** Content made ready to be filled with items. */
export interface Template {
  /** Items it refers to, without repetition. */
  readonly items: readonly string[]
  readonly fill: (lookup: ItemLookup) => Filled
}

export function compileContent(content: Json): Template {
  const items = [...new Set(references(content))]
  if (items.length === 0) {
    const filled: Filled = { content, missing: [] }
    return { items, fill: () => filled }
  }
  return {
    items,
    fill: lookup => {
      const missing = items.filter(id => lookup(id) === undefined)
      return { content: replaced(content, lookup), missing }
    },
  }
}

function references(content: Json): string[] {
  if (typeof content !== 'object' || content === null) return []
  const id = itemReference(content)
  return id === undefined ? Object.values(content).flatMap(references) : [id]
}

function replaced(content: Json, lookup: ItemLookup): Json {
  if (typeof content !== 'object' || content === null) return content
  if (Array.isArray(content)) return content.map(part => replaced(part, lookup))
  const id = itemReference(content)
  if (id !== undefined) return lookup(id) ?? null
  return Object.fromEntries(Object.entries(content).map(([name, part]) => [name, replaced(part, lookup)]))
}
