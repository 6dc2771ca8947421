import { compareStamps } from '../event/stamp.ts'
import { splitPath, valueAt } from '../filter/path.ts'
import type { Json } from '../json.ts'
import { SIGNAL_LIMITS } from './limits.ts'
import type { EdgesNeed } from './need.ts'
import type { Observation } from './observation.ts'
import type { Edge, Edges } from './signal.ts'

/** With one event more; with a property, only events that have a value of one piece there count. */
export function observeEdges(
  state: Edges | undefined,
  need: EdgesNeed,
  { stamp, event }: Observation,
): Edges | undefined {
  const value = need.property === undefined ? null : pieceAt(event.properties, need.property)
  if (value === undefined) return state
  const { at, lag, index, hash } = stamp
  const edge: Edge = { at, lag, index, hash, value }
  return state === undefined ? { kind: 'edges', first: edge, last: [edge] } : union(state, edge, [edge])
}

/** What two people have together: the same as if all events had been one person's. */
export function mergeEdges(a: Edges, b: Edges): Edges {
  return union(a, b.first, b.last)
}

/** The last event at an instant; one timed ahead does not count before. */
export function lastAt(state: Edges | undefined, now: number): Edge | undefined {
  return state?.last.findLast(({ at }) => at <= now)
}

/** The first event of all, once its instant has come. */
export function firstAt(state: Edges | undefined, now: number): Edge | undefined {
  return state !== undefined && state.first.at <= now ? state.first : undefined
}

/** Instants after `now` at which one of them changes without an event, ascending. */
export function edgeChanges(state: Edges | undefined, now: number): number[] {
  if (state === undefined) return []
  return [state.first, ...state.last].map(({ at }) => at).filter(at => at > now)
}

/** How long before the last event another stays the last one at some instant that may still be asked for. */
const AHEAD_MS = 10 * 60_000

function union(state: Edges, first: Edge, last: readonly Edge[]): Edges {
  const all = [...state.last, ...last]
    .sort(compareStamps)
    .filter((edge, i, list) => i === 0 || compareStamps(list[i - 1]!, edge) !== 0)
  const newest = all.at(-1)!
  // What may still be the last one at this moment: the events just before, since the later ones may be timed ahead.
  const place = all.findIndex(({ at }) => at > newest.at - AHEAD_MS)
  const kept = all.slice(Math.max(0, place - 1)).slice(-SIGNAL_LIMITS.ahead - 1)
  return { kind: 'edges', first: compareStamps(first, state.first) < 0 ? first : state.first, last: kept }
}

function pieceAt(properties: Observation['event']['properties'], property: string): Json | undefined {
  const value = valueAt(properties, splitPath(property))
  return typeof value === 'object' ? undefined : value
}
