import { PROFILE_LIMITS } from './limits.ts'
import type { EventTimes, Profile } from './profile.ts'

/** The signals the live definitions need, by the event name they listen to. */
export interface SignalNeeds {
  /** Version of the definitions they come from. */
  readonly version: number
  readonly byEvent: ReadonlyMap<string, readonly SignalNeed[]>
}

/** Keep the last `keep` times of events called `event`. `key` names the signal in `Profile.signals`. */
export interface SignalNeed {
  readonly key: string
  readonly event: string
  readonly keep: number
}

type Times = EventTimes['times']

/** Signals with more times of one of them: a union of sets of which the last `keep` stay. */
export function withTimes(signals: Profile['signals'], key: string, keep: number, times: Times): Profile['signals'] {
  const old = Object.hasOwn(signals, key) ? signals[key] : undefined
  const most = Math.min(Math.max(keep, old?.keep ?? 0), PROFILE_LIMITS.signalTimes)
  return { ...signals, [key]: { keep: most, times: union(old?.times ?? [], times, most) } }
}

/** Both persons' signals: the unions of their times. */
export function mergedSignals(a: Profile['signals'], b: Profile['signals']): Profile['signals'] {
  let merged = a
  for (const key of Object.keys(b)) merged = withTimes(merged, key, b[key]!.keep, b[key]!.times)
  return merged
}

/** At the bound: signals no live definition needs go first, then those whose key is greatest. */
export function boundedSignals(signals: Profile['signals'], needs: SignalNeeds): Profile['signals'] {
  const keys = Object.keys(signals)
  if (keys.length <= PROFILE_LIMITS.signals) return signals
  const needed = new Set([...needs.byEvent.values()].flat().map(need => need.key))
  const rank = (key: string) => (needed.has(key) ? 0 : 1)
  keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(keys.slice(0, PROFILE_LIMITS.signals).map(key => [key, signals[key]!]))
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
