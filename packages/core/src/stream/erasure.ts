import { isMerged } from '../profile/profile.ts'
import type { ApplyContext } from './context.ts'
import type { Drafts } from './drafts.ts'
import type { Applied } from './entry.ts'
import type { People } from './people.ts'

/**
 * A person is taken away (R8): profile, sources, identifiers, all of it, in one commit. What stays are tombstones: keyed hashes of
 * the identifiers, which keep out what happened before and arrives late.
 */
export interface Erase {
  readonly kind: 'erase'
  /** Any source profile of theirs. */
  readonly profile: string
  /** The person's version when their identifiers were read; another one: `conflict`. Absent: whatever it is. */
  readonly version?: number
  /** Of each identifier, as `EventEntry.tombstones` has them. They say nothing to whoever lacks the key. */
  readonly tombstones: readonly string[]
  /** What happened up to then stays out, epoch milliseconds. */
  readonly at: number
  /** For so long, epoch milliseconds. */
  readonly until: number
}

/** Tombstones are taken away whose time is over. */
export interface Unbury {
  readonly kind: 'unbury'
  readonly tombstones: readonly string[]
}

/** What a tombstone's profile is merged into: nobody, and what there is to know. */
const MARK = 'erased:'

/**
 * Takes people away, and knows who was. A tombstone is a link like any other, to a profile that is merged into nobody, so that
 * every store keeps it as it keeps people.
 */
export class Erasures {
  readonly #people: People
  readonly #drafts: Drafts
  readonly #context: ApplyContext

  constructor(people: People, drafts: Drafts, context: ApplyContext) {
    this.#people = people
    this.#drafts = drafts
    this.#context = context
  }

  /** `duplicate` where there is nobody: they are gone. */
  erase({ profile, version, tombstones, at, until }: Erase): Applied {
    const person = this.#drafts.person(profile)
    if (person === undefined) return { outcome: 'duplicate' }
    if (version !== undefined && version !== person.version) return { outcome: 'conflict' }
    for (const identifier of person.identifiers) {
      // One that more people use than may is its own by now.
      const source = this.#people.link(identifier)
      if (source !== undefined && person.sources.includes(source)) this.#people.unlink(identifier)
    }
    for (const source of new Set([person.id, ...person.sources])) this.#drafts.remove(source)
    const tomb = this.#context.newId()
    this.#drafts.redirect(tomb, `${MARK}${at}:${until}`)
    for (const tombstone of tombstones) this.#people.setLink(tombstone, tomb)
    return { outcome: 'stored', profile: person.id, source: person.id }
  }

  unbury({ tombstones }: Unbury): Applied {
    for (const tombstone of tombstones) {
      const tomb = this.#people.link(tombstone)
      const until = this.#tomb(tombstone)?.until
      if (tomb === undefined || until === undefined || until > this.#context.now) continue
      this.#people.unlink(tombstone)
      this.#drafts.remove(tomb)
    }
    return { outcome: 'stored' }
  }

  /** Whether something that happened at `timestamp` is about somebody who was erased since. */
  keepsOut(tombstones: readonly string[] | undefined, timestamp: number): boolean {
    return tombstones?.some(tombstone => this.#isLate(tombstone, timestamp)) ?? false
  }

  #isLate(tombstone: string, timestamp: number): boolean {
    const tomb = this.#tomb(tombstone)
    return tomb !== undefined && timestamp <= tomb.at && this.#context.now < tomb.until
  }

  #tomb(tombstone: string): { at: number; until: number } | undefined {
    const tomb = this.#people.link(tombstone)
    const found = tomb === undefined ? undefined : this.#drafts.stored(tomb)
    if (found === undefined || !isMerged(found) || !found.mergedInto.startsWith(MARK)) return undefined
    const [at = 0, until = 0] = found.mergedInto.slice(MARK.length).split(':').map(Number)
    return { at, until }
  }
}
