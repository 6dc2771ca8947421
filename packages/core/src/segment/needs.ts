import type { PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import type { SignalNeeds } from '../stream/apply.ts'
import type { Condition, DidCondition } from './condition.ts'
import { signalKey } from './did.ts'

/**
 * Times kept beyond those a condition counts. An event may be up to five minutes ahead of the clock (R10) and does not count
 * before its instant: this many of them may wait at once without pushing out a time that does count (R5).
 */
export const AHEAD = 8

/**
 * The signals that the experiences of a set need kept, one an event name: "n times" keeps n times, so the largest n asked
 * for and `AHEAD` (R11). Paused experiences count, so that they can be taken up again; drafts and ended ones do not.
 */
export function needsOf(set: PublishedSet): SignalNeeds {
  const live = set.definitions.filter(({ kind, archived }) => kind === 'experience' && !archived)
  const keep = keepByEvent(live.map(({ body }) => body as Experience))
  const byEvent = new Map([...keep].map(([event, n]) => [event, [{ key: signalKey(event), event, keep: n + AHEAD }]]))
  return { version: set.version, byEvent }
}

/** How many times of each event these experiences need. */
export function keepByEvent(experiences: readonly Experience[]): ReadonlyMap<string, number> {
  const keep = new Map<string, number>()
  for (const { audience, status = 'running' } of experiences) {
    if (audience === undefined || status === 'draft' || status === 'ended') continue
    for (const { did, atLeast = 1 } of didConditions(audience)) keep.set(did, Math.max(atLeast, keep.get(did) ?? 0))
  }
  return keep
}

function didConditions(condition: Condition): DidCondition[] {
  if ('all' in condition) return condition.all.flatMap(didConditions)
  if ('any' in condition) return condition.any.flatMap(didConditions)
  if ('not' in condition) return didConditions(condition.not)
  return 'did' in condition ? [condition] : []
}
