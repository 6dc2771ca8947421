import { MAX_VERSIONS } from '../limits.ts'
import { periodOf, periodStart } from '../period.ts'

/** From when on a version of a model decides. */
export interface Entry {
  /** Epoch milliseconds, the start of a draw period. */
  readonly from: number
  readonly version: number
}

/** Entries in order of `from`; the last one at or before the start of a draw period is in force throughout that period. */
export type Timeline = readonly Entry[]

/**
 * How long before a draw period a version must be published to decide in it. Nodes learn of it within 2 s (R4); a later one
 * would decide on some nodes and not yet on others at the period's start, and so reshuffle people within it.
 */
export const PUBLISH_LEAD = 10_000

/** The version in force at a moment; undefined before the first. */
export function inForce(timeline: Timeline, at: number, period: number): number | undefined {
  return timeline.findLast(entry => entry.from <= periodStart(periodOf(at, period), period))?.version
}

/** Puts a version in force from the next draw period on. What was to come into force later gives way. */
export function publish(timeline: Timeline, version: number, at: number, period: number): Timeline {
  return enter(timeline, { from: periodStart(periodOf(at + PUBLISH_LEAD, period) + 1, period), version })
}

/**
 * Puts an earlier version in force again: from the next draw period on, or, for a model that does harm, from the one that runs.
 * The latter does move people within a draw period; each decision still names its version and its true propensity. Throws
 * `RangeError` where the version is not remembered.
 */
export function rollBack(
  timeline: Timeline,
  version: number,
  at: number,
  period: number,
  when: 'next period' | 'this period' = 'next period',
): Timeline {
  if (!timeline.some(entry => entry.version === version)) {
    const known = [...new Set(timeline.map(entry => entry.version))].join(', ')
    throw new RangeError(`version ${version} is not remembered: choose one of ${known || 'none'}`)
  }
  if (when === 'next period') return publish(timeline, version, at, period)
  return enter(timeline, { from: periodStart(periodOf(at, period), period), version })
}

function enter(timeline: Timeline, entry: Entry): Timeline {
  return [...timeline.filter(({ from }) => from < entry.from), entry].slice(-MAX_VERSIONS)
}
