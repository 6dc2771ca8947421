import { SIGNAL_LIMITS } from './limits.ts'
import type { TimesNeed } from './need.ts'
import type { Observation } from './observation.ts'
import type { EventTimes } from './signal.ts'

type Times = EventTimes['times']

/** With one event more: a union of sets of which the last stay. */
export function observeTimes(state: EventTimes | undefined, { keep }: TimesNeed, { stamp }: Observation): EventTimes {
  return withTimes(state, keep, [[stamp.at, stamp.hash]])
}

/** Both persons' times. */
export function mergeTimes(a: EventTimes, b: EventTimes): EventTimes {
  return withTimes(a, b.keep, b.times)
}

function withTimes(state: EventTimes | undefined, keep: number, times: Times): EventTimes {
  const most = Math.min(Math.max(keep, state?.keep ?? 0), SIGNAL_LIMITS.times)
  return { keep: most, times: union(state?.times ?? [], times, most) }
}

function union(a: Times, b: Times, keep: number): Times {
  const last = a.at(-1)
  const only = b.length === 1 ? b[0]! : undefined
  // Nearly always one event after all the others.
  if (only && (last === undefined || compare(last, only) < 0))
    return [...a.slice(keep > a.length ? 0 : a.length - keep + 1), only]
  const all = [...a, ...b].sort(compare)
  return all.filter((time, i) => i === 0 || compare(all[i - 1]!, time) !== 0).slice(-keep)
}

function compare(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1]
}
