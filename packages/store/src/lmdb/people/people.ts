import type { Account } from '@espalier/core/account'
import type { Profile } from '@espalier/core/profile'
import type { Applied } from '@espalier/core/stream'
import type { CommitBatch, Located, PeopleStore, Timer } from '../../port.ts'
import type { CheckpointDb } from '../checkpoint/db.ts'
import { isPerson, type StoredProfile } from './codec.ts'
import { GONE } from './layers.ts'
import type { PeopleState } from './state.ts'
import type { WorkspaceState } from './workspaceState.ts'

/** Ids in one page of everyone. */
const EVERYONE = 1000

/** Reads from the cache or the memory-mapped checkpoint; commits through the journal. */
export class LmdbPeople implements PeopleStore {
  readonly #state: PeopleState
  readonly #db: CheckpointDb
  readonly #commit: (batch: CommitBatch) => Promise<readonly Applied[]>

  constructor(state: PeopleState, db: CheckpointDb, commit: (batch: CommitBatch) => Promise<readonly Applied[]>) {
    this.#state = state
    this.#db = db
    this.#commit = commit
  }

  commit(batch: CommitBatch): Promise<readonly Applied[]> {
    return this.#commit(batch)
  }

  async get(workspace: string, id: string): Promise<Profile | undefined> {
    return this.#state.get(workspace)?.person(id)
  }

  async find(workspace: string, identifier: string): Promise<Profile | undefined> {
    return this.locateSync(workspace, identifier)?.profile
  }

  async locate(workspace: string, identifier: string): Promise<Located | undefined> {
    return this.locateSync(workspace, identifier)
  }

  locateSync(workspace: string, identifier: string): Located | undefined {
    return this.#state.get(workspace)?.locate(identifier)
  }

  async accounts(workspace: string, ids: readonly string[]): Promise<Account[]> {
    return this.accountsSync(workspace, ids)
  }

  accountsSync(workspace: string, ids: readonly string[]): Account[] {
    const state = this.#state.get(workspace)
    return ids.flatMap(id => state?.account(id) ?? [])
  }

  async page(workspace: string, after: string | undefined, limit: number): Promise<Profile[]> {
    const state = this.#state.get(workspace)
    const people: Profile[] = []
    for (let from = after; state && people.length < limit; ) {
      const { profiles, last } = this.#stored(state, from, limit)
      people.push(...profiles.filter(isPerson))
      if (last === undefined) break
      from = last
    }
    return people.slice(0, limit)
  }

  async *everyone(workspace: string): AsyncGenerator<readonly string[]> {
    const state = this.#state.get(workspace)
    if (state === undefined) return
    const last = this.#db.lastProfileId(state.number)
    // What the checkpoint has of somebody who changed may no longer be so.
    const changed = new Set<string>()
    const ids: string[] = []
    for (const [id, profile] of state.profiles.changed()) {
      changed.add(id)
      if (profile !== GONE && isPerson(profile)) ids.push(id)
    }
    for (let at = 0; at < ids.length; at += EVERYONE) yield ids.slice(at, at + EVERYONE)
    let after: string | undefined
    while (last !== undefined && (after === undefined || after < last)) {
      const page = this.#db.peopleAfter(state.number, after, EVERYONE)
      if (page.last === undefined) return
      yield page.people.filter(id => id <= last && !changed.has(id))
      after = page.last
    }
  }

  async count(workspace: string): Promise<number> {
    return this.#state.get(workspace)?.people ?? 0
  }

  async due(workspace: string, now: number, limit: number): Promise<readonly Timer[]> {
    return this.#state.get(workspace)?.timers.due(now, limit) ?? []
  }

  async nextDue(workspace: string, after = -Infinity): Promise<number | undefined> {
    return this.#state.get(workspace)?.timers.next(after)
  }

  /** The next stored profiles by id, the checkpoint's with the changes since; `last`: there may be more after it. */
  #stored(
    state: WorkspaceState,
    after: string | undefined,
    limit: number,
  ): { profiles: StoredProfile[]; last: string | undefined } {
    const found = new Map<string, StoredProfile>()
    const settled = this.#db.profilesAfter(state.number, after, limit)
    // Beyond the checkpoint's last one of a full page, changes belong to later pages.
    const last = settled.length < limit ? undefined : settled.at(-1)!.id
    for (const profile of settled) found.set(profile.id, profile)
    for (const [id, profile] of state.profiles.changed()) {
      if ((after !== undefined && id <= after) || (last !== undefined && id > last)) continue
      if (profile === GONE) found.delete(id)
      else found.set(id, profile)
    }
    const profiles = [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    return { profiles, last }
  }
}
