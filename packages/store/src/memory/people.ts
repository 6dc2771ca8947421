import type { Account } from '@espalier/core/account'
import { isMerged, type MergedProfile, type Profile } from '@espalier/core/profile'
import type { Applied, Apply, Row } from '@espalier/core/stream'
import { HORIZON } from '../horizon.ts'
import type { CommitBatch, Located, PeopleStore, Timer } from '../port.ts'
import { importKey, WorkingPeople } from '../working.ts'

interface Workspace {
  readonly links: Map<string, string>
  readonly profiles: Map<string, Profile | MergedProfile>
  readonly accounts: Map<string, Account>
  readonly messages: Map<string, number>
  readonly imports: Set<string>
}

export class MemoryPeople implements PeopleStore {
  readonly #workspaces = new Map<string, Workspace>()
  readonly #apply: Apply
  readonly #newId: () => string
  readonly #ship: (rows: readonly Row[], now: number) => void

  /** `ship` takes the rows into the outbox, or throws when they do not fit. */
  constructor(apply: Apply, newId: () => string, ship: (rows: readonly Row[], now: number) => void) {
    this.#apply = apply
    this.#newId = newId
    this.#ship = ship
  }

  async commit({ workspace, entries, now, plan, consent, identity }: CommitBatch): Promise<readonly Applied[]> {
    const state = this.#workspace(workspace)
    const people = new WorkingPeople({
      link: identifier => state.links.get(identifier),
      profile: id => copy(state.profiles.get(id)),
      account: id => copy(state.accounts.get(id)),
      seen: (messageId, received) => received - (state.messages.get(messageId) ?? -Infinity) <= HORIZON.ageMs,
      imported: (file, row) => state.imports.has(importKey(file, row)),
    })
    const { applied, rows } = this.#apply(people, entries, {
      workspace,
      now,
      newId: this.#newId,
      plan,
      ...(consent && { consent }),
      ...(identity && { identity }),
    })
    this.#ship(rows, now)
    for (const [identifier, source] of people.links) setOrDelete(state.links, identifier, source)
    for (const [id, profile] of people.profiles) setOrDelete(state.profiles, id, copy(profile))
    for (const [id, account] of people.accounts) setOrDelete(state.accounts, id, copy(account))
    for (const [messageId, received] of people.messages) state.messages.set(messageId, received)
    for (const key of people.imports.keys()) state.imports.add(key)
    return applied
  }

  async get(workspace: string, id: string): Promise<Profile | undefined> {
    return copy(this.#person(workspace, id))
  }

  async find(workspace: string, identifier: string): Promise<Profile | undefined> {
    return this.locateSync(workspace, identifier)?.profile
  }

  async locate(workspace: string, identifier: string): Promise<Located | undefined> {
    return this.locateSync(workspace, identifier)
  }

  locateSync(workspace: string, identifier: string): Located | undefined {
    const source = this.#workspaces.get(workspace)?.links.get(identifier)
    const profile = source === undefined ? undefined : copy(this.#person(workspace, source))
    return source === undefined || profile === undefined ? undefined : { profile, source }
  }

  async accounts(workspace: string, ids: readonly string[]): Promise<Account[]> {
    return this.accountsSync(workspace, ids)
  }

  accountsSync(workspace: string, ids: readonly string[]): Account[] {
    const known = this.#workspaces.get(workspace)?.accounts
    return ids.flatMap(id => copy(known?.get(id)) ?? [])
  }

  async page(workspace: string, after: string | undefined, limit: number): Promise<Profile[]> {
    return this.#people(workspace)
      .filter(person => after === undefined || person.id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(person => structuredClone(person))
  }

  async *everyone(workspace: string): AsyncGenerator<readonly string[]> {
    yield this.#people(workspace).map(({ id }) => id)
  }

  async count(workspace: string): Promise<number> {
    return this.#people(workspace).length
  }

  async due(workspace: string, now: number, limit: number): Promise<readonly Timer[]> {
    const due = this.#timers(workspace).filter(timer => timer.due <= now)
    return due.sort((a, b) => a.due - b.due || (a.profile < b.profile ? -1 : 1)).slice(0, limit)
  }

  async nextDue(workspace: string, after = -Infinity): Promise<number | undefined> {
    const times = this.#timers(workspace).map(({ due }) => due)
    const next = times.filter(due => due > after).reduce((a, b) => Math.min(a, b), Infinity)
    return next === Infinity ? undefined : next
  }

  #timers(workspace: string): Timer[] {
    return this.#people(workspace).flatMap(({ id, due }) => (due === undefined ? [] : [{ profile: id, due }]))
  }

  #people(workspace: string): Profile[] {
    return [...(this.#workspaces.get(workspace)?.profiles.values() ?? [])].filter(
      (profile): profile is Profile => !isMerged(profile),
    )
  }

  #person(workspace: string, id: string): Profile | undefined {
    const profiles = this.#workspaces.get(workspace)?.profiles
    const profile = profiles?.get(id)
    if (profile === undefined || !isMerged(profile)) return profile
    const person = profiles?.get(profile.mergedInto)
    return person === undefined || isMerged(person) ? undefined : person
  }

  #workspace(name: string): Workspace {
    const known = this.#workspaces.get(name)
    if (known) return known
    const made: Workspace = {
      links: new Map(),
      profiles: new Map(),
      accounts: new Map(),
      messages: new Map(),
      imports: new Set(),
    }
    this.#workspaces.set(name, made)
    return made
  }
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

function copy<T>(value: T | undefined): T | undefined {
  return value === undefined ? undefined : structuredClone(value)
}
