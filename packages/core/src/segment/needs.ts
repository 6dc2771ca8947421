import type { PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import type { SignalNeed, SignalNeeds } from '../stream/apply.ts'
import type { Condition, DidCondition } from './condition.ts'
import { signalKey } from './did.ts'

/**
 * The signals that the experiences of a set need kept, one an event name: "n times" keeps n times, so the largest n asked
 * for (R11). Paused experiences count, so that they can be taken up again; drafts and ended ones do not.
 */
export function needsOf(set: PublishedSet): SignalNeeds {
  const byEvent = new Map<string, readonly [SignalNeed]>()
  for (const { kind, archived, body } of set.definitions) {
    if (kind !== 'experience' || archived) continue
    const { audience, status = 'running' } = body as Experience
    if (audience === undefined || status === 'draft' || status === 'ended') continue
    for (const { did: event, atLeast = 1 } of didConditions(audience)) {
      const keep = Math.max(atLeast, byEvent.get(event)?.[0].keep ?? 0)
      byEvent.set(event, [{ key: signalKey(event), event, keep }])
    }
  }
  return { version: set.version, byEvent }
}

function didConditions(condition: Condition): DidCondition[] {
  if ('all' in condition) return condition.all.flatMap(didConditions)
  if ('any' in condition) return condition.any.flatMap(didConditions)
  if ('not' in condition) return didConditions(condition.not)
  return 'did' in condition ? [condition] : []
}
