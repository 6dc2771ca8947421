import type { JsonObject } from '../json.ts'
import type { EventTimes, Profile } from '../profile/profile.ts'
import { durationMs } from '../time/duration.ts'
import type { DidCondition } from './condition.ts'
import { type CompiledCondition, READS_NOTHING, verdict } from './node.ts'
import type { Subject, Truth } from './subject.ts'

/** Ascending event times with their hashes. */
type Times = EventTimes['times']

const NONE: Times = []

/** The signal that a `did` condition reads: the event's own name is its key. */
export function signalKey(event: string): string {
  return event
}

export function timesOf(profile: Pick<Profile, 'signals'>, event: string): Times {
  const key = signalKey(event)
  return Object.hasOwn(profile.signals, key) ? profile.signals[key]!.times : NONE
}

/**
 * Holds at `now` when the event happened at least n times at instants in (now - within, now]; without `within`, at any
 * instant up to now. An event therefore counts from its own instant on and for exactly `within`.
 */
export function did(condition: DidCondition): CompiledCondition {
  const event = condition.did
  const n = condition.atLeast ?? 1
  const within = condition.within === undefined ? Number.POSITIVE_INFINITY : durationMs(condition.within)

  const test = ({ profile, now }: Subject): boolean => {
    const times = timesOf(profile, event)
    const past = countUpTo(times, now)
    return past >= n && times[past - n]![0] > now - within
  }
  const truth = ({ profile, now }: Subject): Truth => {
    const times = timesOf(profile, event)
    const past = countUpTo(times, now)
    return past >= n && times[past - n]![0] > now - within
      ? { value: true, until: holdsUntil(times, past - n, n, within) }
      : { value: false, until: failsUntil(times, past, n, within) }
  }
  return {
    test,
    truth,
    explain: subject => {
      const times = timesOf(subject.profile, event)
      const past = times.slice(0, countUpTo(times, subject.now))
      return {
        condition: condition as JsonObject,
        ...verdict(truth(subject)),
        // Never more than the profile keeps, which is at least what any live definition asks for.
        actual: past.filter(([at]) => at > subject.now - within).length,
        last: past.at(-1)?.[0] ?? null,
      }
    },
    reads: { ...READS_NOTHING, signals: [event] },
  }
}

/** How many lead the list with an instant up to `now`: nearly always all of them, so it looks from the end. */
function countUpTo(times: Times, now: number): number {
  let count = times.length
  while (count > 0 && times[count - 1]![0] > now) count--
  return count
}

/** When it stops holding: the n-th last expires, unless a later one, already known, takes its place in time. */
function holdsUntil(times: Times, nthLast: number, n: number, within: number): number {
  let i = nthLast
  while (i + n < times.length && times[i + n]![0] <= times[i]![0] + within) i++
  return times[i]![0] + within
}

/** When it begins to hold: at the first later instant, already known, that makes n within the time. */
function failsUntil(times: Times, past: number, n: number, within: number): number {
  for (let i = Math.max(past, n - 1); i < times.length; i++) {
    if (times[i - n + 1]![0] > times[i]![0] - within) return times[i]![0]
  }
  return Number.POSITIVE_INFINITY
}
