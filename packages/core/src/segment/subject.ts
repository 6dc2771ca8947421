import type { JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { knownZone } from '../time/zone.ts'

/** What a condition is asked about: a person, the context of the moment, and the moment. */
export interface Subject {
  readonly profile: Considered
  /** What the caller of the decision sent. */
  readonly context: JsonObject
  /** Epoch milliseconds. Events timed later do not count yet. */
  readonly now: number
  /** The person's accounts, where a condition asks for them. */
  readonly accounts?: readonly ConsideredAccount[]
  /** What was found of this person at this instant already: what several conditions have in common is worked out once. */
  readonly known?: Known
}

/** The person's time zone: as the caller says, else as last heard of; undefined where neither is one. */
export function zoneOfPerson({ context, profile }: Pick<Subject, 'context' | 'profile'>): string | undefined {
  return knownZone(context.timezone) ?? knownZone(profile.timezone)
}

export interface Known {
  readonly now: number
  /** By what was asked. */
  readonly found: Map<object, unknown>
}

/** What is `asked` of a subject: as it is known already, or worked out. */
export function once<T extends object>({ known, now }: Subject, asked: object, work: () => T): T {
  // The same person at another instant is another subject.
  if (known === undefined || known.now !== now) return work()
  let found = known.found.get(asked) as T | undefined
  if (found === undefined) {
    found = work()
    known.found.set(asked, found)
  }
  return found
}

/** What conditions look at of a person; what is left out is as of somebody of whom nothing is known. */
export type Considered = Pick<Profile, 'traits' | 'signals'> &
  Partial<Omit<Profile, 'traits' | 'signals' | 'id' | 'version' | 'bucketKey' | 'identifiers' | 'sources'>>

export interface ConsideredAccount {
  readonly id: string
  readonly traits: Profile['traits']
  /** For each condition on anyone of it, by its text: until when somebody fulfils it, epoch milliseconds; absent: nobody. */
  readonly holding: Readonly<Record<string, number>>
}

/** Truth with expiry (R5). */
export interface Truth {
  readonly value: boolean
  /**
   * The earliest instant at which the value may change without a new event, epoch milliseconds: up to just before it the
   * value is the same. Infinity: only an event, another context or another definition can change it.
   */
  readonly until: number
}
