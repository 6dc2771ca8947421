import type { Condition } from '../segment/condition.ts'

/**
 * How large a segment may be with all that is in the segments it names (R11): wherever a condition is worked out whole, in SQL
 * or in an explanation, it is written out, and twenty segments that each name the one before twice would be a million parts.
 */
export const SEGMENT_LIMITS = { parts: 5_000, depth: 20 } as const

/** A segment written out: its parts in all, and how deep segments are in each other, itself counted. */
export interface Extent {
  readonly parts: number
  readonly depth: number
}

/** The segments of a set, by which names which. */
export interface SegmentGraph {
  /** Of all that do not lead to a circle. */
  readonly extents: ReadonlyMap<string, Extent>
  /** Those on a circle, or between two. */
  readonly circular: ReadonlySet<string>
}

/** In time that grows with the conditions, not with how they are nested. */
export function segmentGraph(conditions: ReadonlyMap<string, Condition>): SegmentGraph {
  const inside = new Map([...conditions].map(([key, condition]) => [key, partsOf(condition)] as const))
  const users = new Map<string, Set<string>>()
  const open = new Map<string, number>()
  for (const [key, { names }] of inside) {
    const known = new Set(names.filter(name => inside.has(name)))
    open.set(key, known.size)
    for (const name of known) users.set(name, (users.get(name) ?? new Set()).add(key))
  }
  const extents = new Map<string, Extent>()
  const ready = [...open].flatMap(([key, left]) => (left === 0 ? [key] : []))
  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    const { own, names } = inside.get(key)!
    const within = names.flatMap(name => extents.get(name) ?? [])
    extents.set(key, {
      parts: own + within.reduce((sum, { parts }) => sum + parts, 0),
      depth: 1 + within.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
    })
    for (const user of users.get(key) ?? []) {
      const left = open.get(user)! - 1
      open.set(user, left)
      if (left === 0) ready.push(user)
    }
  }
  return { extents, circular: circularOf(inside, users, extents) }
}

/** What is left when those are taken away that no other one left names, again and again. */
function circularOf(
  inside: ReadonlyMap<string, { readonly names: readonly string[] }>,
  users: ReadonlyMap<string, ReadonlySet<string>>,
  extents: ReadonlyMap<string, Extent>,
): Set<string> {
  const left = new Set([...inside.keys()].filter(key => !extents.has(key)))
  const isUnnamed = (key: string) => left.has(key) && ![...(users.get(key) ?? [])].some(user => left.has(user))
  const unnamed = [...left].filter(isUnnamed)
  for (let key = unnamed.pop(); key !== undefined; key = unnamed.pop()) {
    left.delete(key)
    unnamed.push(...new Set(inside.get(key)!.names.filter(isUnnamed)))
  }
  return left
}

/** The parts of a condition itself, and the segments it names, as often as it does. */
function partsOf(condition: Condition): { own: number; names: string[] } {
  const names: string[] = []
  let own = 0
  const walk = (part: Condition): void => {
    own++
    if ('all' in part) part.all.forEach(walk)
    else if ('any' in part) part.any.forEach(walk)
    else if ('not' in part) walk(part.not)
    else if ('account' in part) {
      if ('anyone' in part.account) walk(part.account.anyone)
    } else if ('segment' in part) names.push(part.segment)
  }
  walk(condition)
  return { own, names }
}
