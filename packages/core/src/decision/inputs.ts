import { splitPath, valueAt } from '../filter/path.ts'
import type { JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { timesOf } from '../segment/conditions/did.ts'
import { traitReader } from '../segment/conditions/trait.ts'
import type { Reads } from '../segment/node.ts'
import type { Subject } from '../segment/subject.ts'
import { isOfVisit } from './visit.ts'

/** What the audiences that were considered looked at, as it was then (R7). Missing values are left out. */
export type DecisionInputs = JsonObject & {
  /** By trait path. */
  traits: JsonObject
  /** Event times up to now, ascending, by event name. */
  signals: JsonObject
  /** What the visit was like, by context path. The context as it was sent stands in the row beside the inputs. */
  context: JsonObject
  /** What else the audiences look at, by its name: segments, computed traits, sequences and the like. */
  facts: JsonObject
  /** Experiences passed over although their audience held, and why. */
  passed?: JsonObject
  /** Prices told for the first time, by item: the audit of each. */
  quotes?: JsonObject
  /** Offers given for the first time, by experience; without their codes. */
  grants?: JsonObject
  /** What sticky splits gave before and keep, by experience: the variant, since when, and the propensity of the draw it came from. */
  held?: JsonObject
}

/**
 * Takes down the actual values of what is read, but not what a request has taken down before: `taken` has a place for each
 * reading of the set, 1 where that has happened.
 */
export type Collect = (subject: Subject, into: DecisionInputs, taken: Uint8Array) => void

/** All that the experiences of a set read, by number: most touchpoints look at the same few things. */
export class Readings {
  readonly #numbers = new Map<string, number>()

  get count(): number {
    return this.#numbers.size
  }

  numberOf(kind: keyof Reads, name: string): number {
    const key = `${kind} ${name}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.count)
    return this.count - 1
  }
}

export function noInputs(): DecisionInputs {
  return { traits: {}, signals: {}, context: {}, facts: {} }
}

export function compileCollect(reads: Reads, readings: Readings): Collect {
  const at = (kind: keyof Reads, name: string) => readings.numberOf(kind, name)
  const traits = reads.traits.filter(nameable).map(path => ({ n: at('traits', path), path, read: traitReader(path) }))
  const context = reads.context
    .map(path => ({ n: at('context', path), path, steps: splitPath(path) }))
    .filter(({ steps }) => isOfVisit(steps))
  const signals = reads.signals.filter(nameable).map(event => ({ n: at('signals', event), event }))
  const facts = reads.facts.filter(({ name }) => nameable(name)).map(fact => ({ n: at('facts', fact.name), ...fact }))
  return (subject, into, taken) => {
    for (const { n, path, read } of traits) {
      if (taken[n] === 1) continue
      taken[n] = 1
      const value = read(subject.profile)
      if (value !== undefined) into.traits[path] = value
    }
    for (const { n, event } of signals) {
      if (taken[n] === 1) continue
      taken[n] = 1
      const times = pastTimes(subject.profile, event, subject.now)
      if (times.length > 0) into.signals[event] = times
    }
    for (const { n, path, steps } of context) {
      if (taken[n] === 1) continue
      taken[n] = 1
      const value = valueAt(subject.context, steps)
      if (value !== undefined) into.context[path] = value
    }
    for (const { n, name, read } of facts) {
      if (taken[n] === 1) continue
      taken[n] = 1
      const value = read(subject)
      if (value !== undefined) into.facts[name] = value
    }
  }
}

/** The one name that assigning to a plain object would misread. */
function nameable(name: string): boolean {
  return name !== '__proto__'
}

function pastTimes(profile: Pick<Profile, 'signals'>, event: string, now: number): number[] {
  const past: number[] = []
  for (const [at] of timesOf(profile, event)) if (at <= now) past.push(at)
  return past
}
