import { SIGNAL_LIMITS } from './limits.ts'
import type { Ahead } from './signal.ts'

/** Ascending, with the earliest of too many given out: they count early. */
export function withAhead<T>(ahead: Ahead<T>, more: Ahead<T>): { waiting: Ahead<T>; early: Ahead<T> } {
  const all = [...ahead, ...more].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const over = Math.max(0, all.length - SIGNAL_LIMITS.ahead)
  return { waiting: all.slice(over), early: all.slice(0, over) }
}

/** Those whose instant has come, and those that go on waiting. */
export function dueOf<T>(ahead: Ahead<T>, now: number): { due: Ahead<T>; waiting: Ahead<T> } {
  const first = ahead.findIndex(([at]) => at > now)
  return first === -1 ? { due: ahead, waiting: [] } : { due: ahead.slice(0, first), waiting: ahead.slice(first) }
}
