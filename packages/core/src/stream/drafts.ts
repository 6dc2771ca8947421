import { isMerged, type MergedProfile, type Profile } from '../profile/profile.ts'
import type { People } from './people.ts'

/** The profiles a batch works on: copied from the store before the first change, put back once at the end. */
export class Drafts {
  readonly #people: People
  /** Undefined: taken away. */
  readonly #drafts = new Map<string, Profile | MergedProfile | undefined>()

  constructor(people: People) {
    this.#people = people
  }

  /** The person a source leads to; undefined where there is no such source. Only to be read. */
  person(source: string): Profile | undefined {
    const found = this.stored(source)
    return found !== undefined && isMerged(found) ? this.person(found.mergedInto) : found
  }

  /** What stands under an id. */
  stored(id: string): Profile | MergedProfile | undefined {
    return this.#drafts.has(id) ? this.#drafts.get(id) : this.#people.profile(id)
  }

  /** The person a source of this state leads to. */
  known(source: string): Profile {
    const person = this.person(source)
    if (person === undefined) throw new Error(`The source profile ${source} leads to nobody: the state is damaged.`)
    return person
  }

  /** The batch's own copy of the person a source leads to: its fields may be set, what they hold may not be changed in place. */
  draft(source: string): Profile {
    const person = this.known(source)
    return this.#drafts.get(person.id) === person ? person : this.add({ ...person, version: person.version + 1 })
  }

  /** A new person, or one in place of its draft. The batch's own from now on. */
  add(profile: Profile): Profile {
    this.#drafts.set(profile.id, profile)
    return profile
  }

  /** `id` is another person's source from now on. */
  redirect(id: string, mergedInto: string): void {
    this.#drafts.set(id, { id, mergedInto })
  }

  /** Nothing stands under the id any more. */
  remove(id: string): void {
    this.#drafts.set(id, undefined)
  }

  finish(): void {
    for (const [id, profile] of this.#drafts) {
      if (profile === undefined) this.#people.remove(id)
      else this.#people.put(profile)
    }
  }
}
