import type { Json, JsonObject } from '../json.ts'
import type { Condition } from './condition.ts'
import type { Literal } from './literals.ts'

/** How many ways for a condition to hold are told apart; beyond, it is taken to hold in any (R11). */
const MAX_TERMS = 256

/** What conditions refer to by name: a segment's condition; undefined where it is not known. */
export type SegmentOf = (key: string) => Condition | undefined

/**
 * The ways in which a condition may hold: each all of its literals (disjunctive normal form). Undefined: too many to tell apart.
 * Where a condition's shape is not known here it is one literal.
 */
export function termsOf(
  condition: Condition,
  holds: boolean,
  segmentOf: SegmentOf,
  depth = 0,
): readonly (readonly Literal[])[] | undefined {
  // Segments may name segments; deeper than any condition may be nested, it is a circle.
  if (depth > 64) return undefined
  const leaf = condition as unknown as JsonObject
  if ('not' in leaf) return termsOf(leaf.not as unknown as Condition, !holds, segmentOf, depth + 1)
  const parts = (leaf.all ?? leaf.any) as Json[] | undefined
  if (Array.isArray(parts)) {
    const all = parts.map(part => termsOf(part as unknown as Condition, holds, segmentOf, depth + 1))
    // Not all of them: one of them not.
    return 'all' in leaf === holds ? product(all) : union(all)
  }
  const segment = typeof leaf.segment === 'string' ? segmentOf(leaf.segment) : undefined
  if (segment !== undefined) return termsOf(segment, holds, segmentOf, depth + 1)
  return [[{ leaf, holds }]]
}

type Terms = readonly (readonly Literal[])[]

function union(all: readonly (Terms | undefined)[]): Terms | undefined {
  const terms: (readonly Literal[])[] = []
  for (const part of all) {
    if (part === undefined) return undefined
    terms.push(...part)
    if (terms.length > MAX_TERMS) return undefined
  }
  return terms
}

/** Every way of the one with every way of the other. What is not known of one part leaves what is known of the others. */
export function product(all: readonly (Terms | undefined)[]): Terms | undefined {
  let terms: Terms = [[]]
  for (const part of all) {
    if (part === undefined) continue
    if (terms.length * part.length > MAX_TERMS) return undefined
    terms = terms.flatMap(before => part.map(after => [...before, ...after]))
  }
  return terms
}
