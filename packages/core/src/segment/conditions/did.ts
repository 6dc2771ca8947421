import type { JsonObject } from '../../json.ts'
import type { Profile } from '../../profile/profile.ts'
import { times as timesNeed } from '../../signal/need.ts'
import type { EventTimes } from '../../signal/signal.ts'
import { durationMs } from '../../time/duration.ts'
import { parseInstant } from '../../time/instant.ts'
import type { DidCondition } from '../condition.ts'
import { leaf } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import type { Subject } from '../subject.ts'

/** Ascending event times with their hashes. */
type Times = EventTimes['times']

const NONE: Times = []

/**
 * Times kept beyond those a condition counts. An event may be up to five minutes ahead of the clock (R10) and does not count
 * before its instant: this many of them may wait at once without pushing out a time that does count (R5).
 */
export const AHEAD = 8

export function timesOf(profile: Pick<Profile, 'signals'>, key: string): Times {
  if (!Object.hasOwn(profile.signals, key)) return NONE
  const signal = profile.signals[key]!
  return 'times' in signal ? signal.times : NONE
}

/**
 * Holds at `now` when the event happened so often at instants in (now - within, now], and from `since` on, and later than the
 * last time of the event of `sinceLast`. An event therefore counts from its own instant on and for exactly `within`.
 */
export function did(condition: DidCondition): CompiledCondition {
  const { did: event, where, atMost, sinceLast } = condition
  const least = condition.atLeast ?? (atMost === undefined ? 1 : 0)
  const most = atMost ?? Number.POSITIVE_INFINITY
  const within = condition.within === undefined ? Number.POSITIVE_INFINITY : durationMs(condition.within)
  const since = condition.since === undefined ? Number.NEGATIVE_INFINITY : (parseInstant(condition.since) ?? Number.NaN)
  const keep = Math.max(least, atMost === undefined ? 0 : atMost + 1, 1) + AHEAD
  const need = timesNeed({ event, ...(where && { where }) }, keep)
  const other = sinceLast === undefined ? undefined : timesNeed({ event: sinceLast }, 1 + AHEAD)

  const count = ({ profile, now }: Subject): number => {
    const times = timesOf(profile, need.key)
    let after = Math.max(now - within, since - 1)
    if (other !== undefined) {
      const last = timesOf(profile, other.key).findLast(([at]) => at <= now)
      if (last === undefined) return 0
      after = Math.max(after, last[0])
    }
    let n = 0
    // Nearly always all that counts is at the end.
    for (let i = times.length - 1; i >= 0; i--) {
      const at = times[i]![0]
      if (at <= after) break
      if (at <= now) n++
    }
    return n
  }
  return leaf({
    condition: condition as JsonObject,
    test: subject => {
      const n = count(subject)
      return n >= least && n <= most
    },
    until: (subject, value) => {
      const times = timesOf(subject.profile, need.key)
      const { length } = times
      // Something is ahead of the clock, or something else may come between.
      if (other !== undefined || (length > 0 && times[length - 1]![0] > subject.now)) return undefined
      if (within === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
      const n = count(subject)
      const leaving = value ? n - least + 1 : n - most
      // Nobody comes to have done it more often by waiting.
      if (leaving <= 0 || leaving > n) return Number.POSITIVE_INFINITY
      return times[length - n + leaving - 1]![0] + within
    },
    changes: ({ profile, now }) => {
      const times = timesOf(profile, need.key)
      const instants: number[] = []
      if (within !== Number.POSITIVE_INFINITY) {
        for (const [at] of times) if (at + within > now) instants.push(at + within)
      }
      const expiring = instants.length
      for (let i = times.length - 1; i >= 0 && times[i]![0] > now; i--) instants.push(times[i]![0])
      if (other !== undefined) for (const [at] of timesOf(profile, other.key)) if (at > now) instants.push(at)
      // Nearly always nothing is ahead of the clock, and expiries are in order as they are.
      return instants.length === expiring ? instants : instants.sort((a, b) => a - b)
    },
    actual: subject => ({
      // Never more than the profile keeps, which is at least what any live definition asks for.
      actual: count(subject),
      last: timesOf(subject.profile, need.key).findLast(([at]) => at <= subject.now)?.[0] ?? null,
    }),
    reads: { ...READS_NOTHING, signals: other === undefined ? [need.key] : [need.key, other.key] },
    needs: other === undefined ? [need] : [need, other],
    touched: { ...TOUCHED_BY_NOTHING, events: sinceLast === undefined ? [event] : [event, sinceLast] },
  })
}
