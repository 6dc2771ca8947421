import { splitPath, valueAt } from '../filter/path.ts'
import type { Json } from '../json.ts'
import { dueOf, withAhead } from './ahead.ts'
import { bucketing, inWindow, withBucket } from './buckets.ts'
import { heldByBoth } from './held.ts'
import { PARTS, SIGNAL_LIMITS } from './limits.ts'
import type { TotalsNeed } from './need.ts'
import { isAhead, type Observation } from './observation.ts'
import type { Ahead, Total, Totals } from './signal.ts'

/** Whole parts of a number, the same in every place that rounds by it; null where it is no amount. */
function amountOf(value: Json | undefined): number | null {
  if (typeof value !== 'number' || !(Math.abs(value) <= SIGNAL_LIMITS.amount)) return null
  return Math.floor(value * PARTS + 0.5)
}

/** With one event more. With a property, only events that have an amount there count. */
export function observeTotals(state: Totals | undefined, need: TotalsNeed, observation: Observation): Totals {
  const { stamp, event, begins } = observation
  const amount = need.property === undefined ? null : amountOf(valueAt(event.properties, splitPath(need.property)))
  const { unit, keep, zone } = need
  const old: Totals = state ?? { kind: 'totals', unit, keep, zone, buckets: [], ...begins }
  if (need.property !== undefined && amount === null) return old
  const { due, waiting } = dueOf(old.ahead ?? [], event.received)
  if (!isAhead(observation)) return settled(old, [...due, [stamp.at, stamp.hash, amount]], waiting)
  const { waiting: all, early } = withAhead(waiting, [[stamp.at, stamp.hash, amount]])
  return settled(old, [...due, ...early], all)
}

/** Both persons', or a person's and what the log adds. */
export function mergeTotals(a: Totals, b: Totals): Totals {
  let buckets = a.buckets
  for (const total of b.buckets) buckets = withBucket(buckets, total, addTotals)
  const { waiting, early } = withAhead(a.ahead ?? [], b.ahead ?? [])
  const { lacks: _, ...rest } = a
  return settled({ ...rest, buckets: inWindow(buckets, a.keep), ...heldByBoth(a, b) }, early, waiting)
}

const NOTHING: Total = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** Count, sum and extremes at an instant over the window, in parts; zero, Infinity and -Infinity of nothing. */
export function totalAt(state: Totals | undefined, now: number): Total {
  let sum = NOTHING
  if (state === undefined) return sum
  const { of } = bucketing(state)
  const newest = of(now)
  const oldest = state.unit === 'ever' ? newest : newest - state.keep + 1
  for (const total of state.buckets) {
    if (total[0] >= oldest && total[0] <= newest) sum = addTotals(sum, total)
  }
  for (const [at, , amount] of state.ahead ?? []) {
    if (at <= now && of(at) >= oldest) sum = addTotals(sum, totalOf(0, amount))
  }
  return sum
}

/**
 * Tells what `totalAt` will be without an event, at each instant after `now` at which it may change, ascending, until whoever
 * is told has heard enough.
 */
export function totalsAfter(
  state: Totals | undefined,
  now: number,
  isEnough: (at: number, total: Total) => boolean,
): void {
  if (state === undefined) return
  if (state.ahead !== undefined) {
    for (const at of changesOf(state, now)) if (isEnough(at, totalAt(state, at))) return
    return
  }
  if (state.unit === 'ever') return
  const { of, start } = bucketing(state)
  const { buckets, keep } = state
  let first = 0
  for (const oldest = of(now) - keep + 1; first < buckets.length && buckets[first]![0] < oldest; ) first++
  // What is left after each bucket that leaves, from the last to the first.
  const left: Total[] = [NOTHING]
  for (let i = buckets.length - 1; i > first; i--) left.push(addTotals(left[left.length - 1]!, buckets[i]!))
  for (let i = first; i < buckets.length; i++) {
    if (isEnough(start(buckets[i]![0] + keep), left[buckets.length - 1 - i]!)) return
  }
}

/** Shared with `values`: buckets leave the window, and what is timed ahead comes to count. */
export function changesOf(
  state: {
    readonly unit: Totals['unit']
    readonly keep: number
    readonly zone: string
    readonly buckets: readonly (readonly [number, ...unknown[]])[]
    readonly ahead?: Ahead<unknown>
  },
  now: number,
): number[] {
  const { of, start } = bucketing(state)
  const ahead = (state.ahead ?? []).map(([at]) => at)
  const leaving = new Set([...state.buckets.map(([bucket]) => bucket), ...ahead.map(of)])
  const leaves = state.unit === 'ever' ? [] : [...leaving].map(bucket => start(bucket + state.keep))
  return [...new Set([...ahead, ...leaves])].filter(at => at > now).sort((a, b) => a - b)
}

function settled(state: Totals, due: Ahead<number | null>, waiting: Ahead<number | null>): Totals {
  const { of } = bucketing(state)
  let { buckets } = state
  for (const [at, , amount] of due) buckets = withBucket(buckets, totalOf(of(at), amount), addTotals)
  const { ahead: _, ...rest } = state
  return {
    ...rest,
    buckets: state.unit === 'ever' ? buckets : inWindow(buckets, state.keep),
    ...(waiting.length > 0 && { ahead: waiting }),
  }
}

function totalOf(bucket: number, amount: number | null): Total {
  return [bucket, 1, amount ?? 0, amount ?? 0, amount ?? 0]
}

function addTotals(a: Total, b: Total): Total {
  return [a[0], a[1] + b[1], a[2] + b[2], Math.min(a[3], b[3]), Math.max(a[4], b[4])]
}
