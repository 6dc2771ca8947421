import type { Json } from '../json.ts'
import type { Aggregate } from './aggregate.ts'
import { type CompiledAggregate, compileAggregate } from './compileAggregate.ts'
import { LOOKED_AT, type Told } from './leaf.ts'
import { once, type Subject } from './subject.ts'

/** A value made from events, as conditions ask for it. */
export interface SharedAggregate {
  readonly compiled: CompiledAggregate
  readonly read: (subject: Subject) => Json | undefined
  /** As `CompiledAggregate.later`, up to the greatest number that anybody compares it with. */
  readonly later: (subject: Subject, told: Told) => void
}

interface Made {
  readonly aggregate: SharedAggregate
  often: boolean
  /** All numbers beyond it are alike to all who compare it. */
  greatest: number
}

/** Aggregates of one language: one that several conditions compare is made once, and worked out once of a subject that remembers. */
export class Aggregates {
  readonly #zone: string
  readonly #made = new Map<string, Made>()

  constructor(zone: string) {
    this.#zone = zone
  }

  /** `greatest`: all numbers beyond it are alike to who asks. */
  of(aggregate: Aggregate, greatest: number): SharedAggregate {
    const text = JSON.stringify(aggregate)
    const before = this.#made.get(text)
    if (before !== undefined) {
      before.often = true
      before.greatest = Math.max(before.greatest, greatest)
      return before.aggregate
    }
    const compiled = compileAggregate(aggregate, this.#zone)
    const { read, later } = compiled
    const value = (subject: Subject) => ({ value: read(subject.profile, subject.now) })
    const shared: SharedAggregate = {
      compiled,
      read: subject => (made.often ? once(subject, value, () => value(subject)).value : value(subject).value),
      later: (subject, told) => {
        if (!made.often) return later(subject.profile, subject.now, told, made.greatest)
        const changes = once(subject, shared, () => changesOf(compiled, subject, made.greatest))
        for (const [at, then] of changes) if (told(at, then)) return
      },
    }
    const made: Made = { aggregate: shared, often: false, greatest }
    this.#made.set(text, made)
    return shared
  }
}

/** What it will be without an event, as far ahead as anybody looks. */
function changesOf(
  { later }: CompiledAggregate,
  { profile, now }: Subject,
  greatest: number,
): readonly [number, Json | undefined][] {
  const changes: [number, Json | undefined][] = []
  later(profile, now, (at, value) => changes.push([at, value]) === LOOKED_AT, greatest)
  return changes
}
