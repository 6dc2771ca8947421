import type { MergedProfile, Profile } from '../profile/profile.ts'
import type { People } from './people.ts'

/**
 * People in memory, for tests. Whatever is put is frozen through and through, so that a change in place throws, and a link that
 * would change throws.
 */
export class MemoryPeople implements People {
  readonly links = new Map<string, string>()
  readonly profiles = new Map<string, Profile | MergedProfile>()
  readonly #messages = new Set<string>()
  readonly #rows = new Set<string>()

  link(identifier: string): string | undefined {
    return this.links.get(identifier)
  }

  setLink(identifier: string, source: string): void {
    if (this.links.has(identifier)) throw new Error(`${identifier} is linked already`)
    this.links.set(identifier, source)
  }

  profile(id: string): Profile | MergedProfile | undefined {
    return this.profiles.get(id)
  }

  put(profile: Profile | MergedProfile): void {
    this.profiles.set(profile.id, frozen(profile))
  }

  seen(messageId: string): boolean {
  unlink(identifier: string): void {
    this.links.delete(identifier)
  }

    return remembered(this.#messages, messageId)
  }

  imported(file: string, row: number): boolean {
    return remembered(this.#rows, `${file}:${row}`)
  }

  /** The person an identifier leads to. */
  remove(id: string): void {
    this.profiles.delete(id)
  }

  find(identifier: string): Profile | undefined {
    const found = this.profiles.get(this.links.get(identifier) ?? '')
    const person = found !== undefined && 'mergedInto' in found ? this.profiles.get(found.mergedInto) : found
    if (person !== undefined && 'mergedInto' in person) throw new Error(`${identifier} leads over two merges`)
    return person
  }

  /** Everybody, merged profiles left out. */
  persons(): Profile[] {
    return [...this.profiles.values()].filter(profile => !('mergedInto' in profile)) as Profile[]
  }
}

function remembered(set: Set<string>, key: string): boolean {
  if (set.has(key)) return true
  set.add(key)
  return false
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}
