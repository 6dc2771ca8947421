import type { Account } from '@espalier/core/account'
import type { MergedProfile, Profile } from '@espalier/core/profile'
import type { People } from '@espalier/core/stream'
import { hashed } from '../dedup/hash.ts'
import { IdTable } from '../dedup/idTable.ts'
import { accountKey, isAccount, isPerson, type StoredProfile } from './codec.ts'
import { chunkKey, hasRow, withRows } from './imports.ts'
import { GONE, type Gone } from './layers.ts'
import type { WorkspaceState } from './workspaceState.ts'

/**
 * What the commits of one cycle change in one workspace, layered over the durable state; nobody else sees it before it is
 * published. A batch that fails is taken back with `undo`.
 */
export class Draft implements People {
  readonly #state: WorkspaceState
  /** Replays take in what was taken in: what is remembered is not asked for. */
  readonly #replaying: boolean
  readonly #profiles = new Map<string, StoredProfile | Gone>()
  readonly #links = new Map<string, string | Gone>()
  /** Durable links that were asked for, and those that there are not: each is asked for several times an event. */
  readonly #settled = new Map<string, string | Gone>()
  readonly #imports = new Map<string, Set<number>>()
  /** Ids that came into being in this cycle: nothing durable has them. */
  readonly #created = new Set<string>()
  #ids = new IdTable()
  /** Triples of high half, low half and received time. */
  #idList: number[] = []
  #batch = emptyBatch()

  constructor(state: WorkspaceState, replaying: boolean) {
    this.#state = state
    this.#replaying = replaying
  }

  link(identifier: string): string | undefined {
    const link = this.#links.get(identifier) ?? this.#settled.get(identifier) ?? this.#settle(identifier)
    return link === GONE ? undefined : link
  }

  /** Nobody else changes the durable state in a cycle: one answer holds for all of it. */
  #settle(identifier: string): string | Gone {
    const link = this.#state.links.get(identifier) ?? GONE
    this.#settled.set(identifier, link)
    return link
  }

  setLink(identifier: string, source: string): void {
    this.#changeLink(identifier, source)
  }

  unlink(identifier: string): void {
    this.#changeLink(identifier, GONE)
  }

  profile(id: string): Profile | MergedProfile | undefined {
    const stored = this.#stored(id)
    return stored === undefined || isAccount(stored) ? undefined : stored
  }

  account(id: string): Account | undefined {
    const stored = this.#stored(accountKey(id))
    return stored !== undefined && isAccount(stored) ? stored.account : undefined
  }

  putAccount(account: Account): void {
    const id = accountKey(account.id)
    this.#changeProfile(id, { id, account })
  }

  removeAccount(id: string): void {
    this.#changeProfile(accountKey(id), GONE)
  }

  put(profile: Profile | MergedProfile): void {
    this.#changeProfile(profile.id, profile)
  }

  remove(id: string): void {
    this.#changeProfile(id, GONE)
  }

  seen(messageId: string, received: number): boolean {
    if (this.#state.dedup.has(messageId) && !this.#replaying) return true
    const { hi, lo } = hashed
    if (!this.#ids.add(hi, lo)) return !this.#replaying
    this.#idList.push(hi, lo, received)
    return false
  }

  imported(file: string, row: number): boolean {
    const key = chunkKey(file, row)
    let rows = this.#imports.get(key)
    if (!this.#replaying && (rows?.has(row) || hasRow(this.#state.imports.get(key), row))) return true
    if (!rows) {
      rows = new Set()
      this.#imports.set(key, rows)
    }
    rows.add(row)
    this.#batch.imports.push([key, row])
    return false
  }

  created(id: string): void {
    this.#created.add(id)
  }

  begin(): void {
    this.#batch = emptyBatch()
    this.#batch.ids = this.#idList.length
  }

  /** Something was written since `begin`. */
  get hasChanged(): boolean {
    const { profiles, links, imports, ids } = this.#batch
    return profiles.length + links.length + imports.length > 0 || this.#idList.length > ids
  }

  /** Everything since `begin` is taken back. */
  undo(): void {
    const { profiles, links, imports, ids } = this.#batch
    for (const [id, before] of profiles.reverse()) restore(this.#profiles, id, before)
    for (const [identifier, before] of links.reverse()) restore(this.#links, identifier, before)
    for (const [key, row] of imports) this.#imports.get(key)?.delete(row)
    this.#idList.length = ids
    this.#ids = new IdTable()
    for (let i = 0; i < ids; i += 3) this.#ids.add(this.#idList[i]!, this.#idList[i + 1]!)
    this.#batch = emptyBatch()
  }

  /** It is durable: everybody may see it. */
  publish(): void {
    const state = this.#state
    for (const [id, profile] of this.#profiles) {
      const before = this.#created.has(id) ? undefined : state.profiles.get(id)
      state.people += countOf(profile) - countOf(before)
      const [was, due] = [dueOf(before), dueOf(profile)]
      if (was !== due) state.timers.set(id, was, due)
      state.profiles.set(id, profile)
    }
    for (const [identifier, source] of this.#links) state.links.set(identifier, source)
    for (const [key, rows] of this.#imports) {
      if (rows.size > 0) state.imports.set(key, withRows(state.imports.get(key), rows))
    }
    const ids = this.#idList
    for (let i = 0; i < ids.length; i += 3) state.dedup.add(ids[i]!, ids[i + 1]!, ids[i + 2]!)
  }

  #stored(id: string): StoredProfile | undefined {
    const stored = this.#profiles.get(id) ?? this.#state.profiles.get(id)
    return stored === GONE ? undefined : stored
  }

  #changeProfile(id: string, profile: StoredProfile | Gone): void {
    this.#batch.profiles.push([id, this.#profiles.get(id)])
    this.#profiles.set(id, profile)
  }

  #changeLink(identifier: string, source: string | Gone): void {
    this.#batch.links.push([identifier, this.#links.get(identifier)])
    this.#links.set(identifier, source)
  }
}

interface Batch {
  readonly profiles: [string, StoredProfile | Gone | undefined][]
  readonly links: [string, string | Gone | undefined][]
  readonly imports: [string, number][]
  ids: number
}

function emptyBatch(): Batch {
  return { profiles: [], links: [], imports: [], ids: 0 }
}

function restore<V>(map: Map<string, V>, key: string, before: V | undefined): void {
  if (before === undefined) map.delete(key)
  else map.set(key, before)
}

function dueOf(profile: StoredProfile | Gone | undefined): number | undefined {
  return profile === undefined || profile === GONE || !isPerson(profile) ? undefined : profile.due
}

function countOf(profile: StoredProfile | Gone | undefined): number {
  return profile === undefined || profile === GONE || !isPerson(profile) ? 0 : 1
}
