import type { Json, JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { timesOf } from '../segment/did.ts'
import type { Reads } from '../segment/node.ts'
import { splitPath, valueAt } from '../segment/path.ts'
import type { Subject } from '../segment/subject.ts'
import { traitReader } from '../segment/trait.ts'

/** What the audiences that were considered looked at, as it was then (R7). Missing values are left out. */
export type DecisionInputs = JsonObject & {
  /** By trait path. */
  traits: JsonObject
  /** Event times up to now, ascending, by event name. */
  signals: JsonObject
  /** By context path. */
  context: JsonObject
}

/** Takes down the actual values of what is read, into three lists of names and values. */
export type Collect = (subject: Subject, into: Collected) => void

export interface Collected {
  readonly traits: [string, Json][]
  readonly signals: [string, Json][]
  readonly context: [string, Json][]
}

export function compileCollect(reads: Reads): Collect {
  const traits = reads.traits.map(path => ({ path, read: traitReader(path) }))
  const context = reads.context.map(path => ({ path, steps: splitPath(path) }))
  return (subject, into) => {
    for (const { path, read } of traits) {
      const value = read(subject.profile)
      if (value !== undefined) into.traits.push([path, value])
    }
    for (const event of reads.signals) {
      const times = pastTimes(subject.profile, event, subject.now)
      if (times.length > 0) into.signals.push([event, times])
    }
    for (const { path, steps } of context) {
      const value = valueAt(subject.context, steps)
      if (value !== undefined) into.context.push([path, value])
    }
  }
}

/** `fromEntries` makes own properties of any name: an event may be called `__proto__`. */
export function toInputs(collected: Collected): DecisionInputs {
  return {
    traits: Object.fromEntries(collected.traits),
    signals: Object.fromEntries(collected.signals),
    context: Object.fromEntries(collected.context),
  }
}

function pastTimes(profile: Pick<Profile, 'signals'>, event: string, now: number): number[] {
  const past: number[] = []
  for (const [at] of timesOf(profile, event)) if (at <= now) past.push(at)
  return past
}
