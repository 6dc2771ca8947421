import { declare, widen } from './declare.ts'
import { extend } from './extend.ts'
import { metricHurt } from './hurt.ts'
import { noControl } from './noControl.ts'
import { stop } from './stop.ts'
import { baseOf, SUGGESTION_KINDS, type Suggestion } from './suggestion.ts'
import { type Alarm, trackingBroke } from './tracking.ts'
import { trySegment } from './trySegment.ts'
import type { Watch, Watched } from './watched.ts'

/** More than this nobody reads; the least urgent are left out. */
export const MOST_SUGGESTIONS = 200

/**
 * What to do next, the most urgent first, within a kind what is worth most. Nothing without evidence: where nothing is to be done, the
 * list is empty.
 *
 * What is said of an experience excludes what would contradict it: where tracking broke nothing else is said of it; where a metric is
 * hurt it is not to be declared, widened or waited for.
 */
export function suggest(watch: Watch): Suggestion[] {
  const alarms = trackingBroke(watch)
  const unread = unreadable(watch, alarms)
  const read = watch.experiences.filter(one => one.rolledOut !== 0 && !unread.has(one.experience.key))
  const all = [
    ...alarms.map(({ suggestion }) => suggestion),
    ...noControl(watch),
    ...read.flatMap(one => ofExperience(one, watch.now)),
  ]
  const rank = ({ kind }: Suggestion) => SUGGESTION_KINDS.indexOf(kind)
  const worth = ({ expected }: Suggestion) =>
    expected === null ? 0 : expected.monthly?.isMoney ? 1e9 + expected.monthly.value : (expected.monthly?.value ?? 0)
  const people = ({ evidence }: Suggestion) => (typeof evidence.people === 'number' ? evidence.people : 0)
  const bases = new Set<string>()
  return all
    .filter(one => !bases.has(baseOf(one)) && bases.add(baseOf(one)))
    .sort((a, b) => rank(a) - rank(b) || worth(b) - worth(a) || people(b) - people(a))
    .slice(0, MOST_SUGGESTIONS)
}

/** Experiences of which nothing can be said while what broke is not mended. */
export function unreadable(watch: Watch, alarms: readonly Alarm[] = trackingBroke(watch)): Set<string> {
  return new Set(
    watch.experiences.flatMap(one => (alarms.some(alarm => alarm.spoils(one)) ? [one.experience.key] : [])),
  )
}

function ofExperience(watched: Watched, now: number): Suggestion[] {
  const hurt = metricHurt(watched)
  const harm = stop(watched)
  if (hurt.length > 0) return [...hurt, ...harm]
  const found = [...harm, ...declare(watched), ...widen(watched), ...trySegment(watched)]
  // Whoever has something to do need not be told to wait.
  return found.length > 0 ? found : extend(watched, now)
}
