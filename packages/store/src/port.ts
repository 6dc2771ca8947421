import type { Account } from '@espalier/core/account'
import type { Definition, DefinitionChange, PublishedSet } from '@espalier/core/definition'
import type { Profile } from '@espalier/core/profile'
import type { Applied, ApplyContext, Entry, Row, Table } from '@espalier/core/stream'

/**
 * Operational state, in domain terms. Two adapters for use (`lmdb`, `postgres`) and one for tests (`memory`), held to the
 * same contract by `contract.ts`. Every method is scoped to a workspace; times are epoch milliseconds and arguments.
 * Where an adapter cannot do its work it throws a `StoreError` (see `errors.ts`): nothing is half done.
 */
export interface Store {
  readonly people: PeopleStore
  readonly outbox: Outbox
  readonly definitions: DefinitionStore
  readonly catalog: CatalogStore
  /** What the server has to remember of its own work, such as erasures and their receipts; kept as catalog items are. */
  readonly records: CatalogStore
  readonly counters: CounterStore
  readonly keys: KeyStore
  readonly leases: LeaseStore
  /** A secret of 32 bytes, made once and the same on all nodes: signs decision ids, links and user hashes. */
  masterSecret(): Promise<Uint8Array>
  /** How many commits may usefully be under way at once: 1 where a single writer groups them, more for PostgreSQL. */
  readonly concurrency: number
  /** What a support engineer asks for: sizes, versions, backlog. Plain data. */
  stats(): Promise<Record<string, number | string>>
  /** Throws `StoreError` when commits would fail now. */
  check(): Promise<void>
  /** Writes a consistent copy into an empty folder while commits go on; the copy opens as a store. Not for PostgreSQL (use pg_dump): `unsupported`. */
  backup(directory: string, progress?: (done: number, total: number) => void): Promise<void>
  /**
   * After it no byte is left, in any file of the store, of what was taken away, replaced or shipped before it began: journal and
   * tables are written anew. Rows that still wait for the warehouse stay, so ship them first. Commits go on meanwhile (with
   * PostgreSQL they wait); it takes time and room in proportion to what is kept.
   */
  scrub(): Promise<ScrubReport>
  /** Finishes what is under way, makes everything durable, closes. */
  close(): Promise<void>
}

export interface ScrubReport {
  /** Rows from before it began that still wait for the warehouse: not 0, and the scrub is to be repeated when they are shipped. */
  readonly pendingRows: number
  /** Size of what was written anew, in bytes. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Where else copies may be, beyond the store's reach: a sentence each. */
  readonly elsewhere: readonly string[]
}

export interface CommitBatch {
  readonly workspace: string
  readonly entries: readonly Entry[]
  readonly now: number
  readonly plan: ApplyContext['plan']
  /** What may be stored of whom (R8); absent: everything. */
  readonly consent?: ApplyContext['consent']
  /** The kinds of identifier of this moment; absent: users and devices. */
  readonly identity?: ApplyContext['identity']
}

/** Who an identifier leads to. */
export interface Located {
  /** The person, merges followed. */
  readonly profile: Profile
  /** The source profile the identifier is linked to: what comes in with it is filed under that for ever. */
  readonly source: string
}

/** The one timer of a person: `Profile.due` (R5). */
export interface Timer {
  /** The person's id. */
  readonly profile: string
  readonly due: number
}

export interface PeopleStore {
  /**
   * Applies the entries in order through `core/stream` to one consistent state, and resolves once the new profiles, links,
   * remembered messageIds and outbox rows are durable together (R1, R2, R3). Rejects with nothing changed.
   */
  commit(batch: CommitBatch): Promise<readonly Applied[]>
  /** The person an id leads to, merges followed. As of the last commit (R4). */
  get(workspace: string, id: string): Promise<Profile | undefined>
  /** The person an identifier (`kind:value`) leads to. */
  find(workspace: string, identifier: string): Promise<Profile | undefined>
  /** As `find`, and the source: one look-up gives both. */
  locate(workspace: string, identifier: string): Promise<Located | undefined>
  /** Synchronous `locate` where the state is at hand in memory or a mapped file; undefined: not supported, use `locate`. */
  locateSync?(workspace: string, identifier: string): Located | undefined
  /** Those of these companies that are known, by group id. As of the last commit. */
  accounts(workspace: string, ids: readonly string[]): Promise<Account[]>
  /** Synchronous `accounts`, as `locateSync`. */
  accountsSync?(workspace: string, ids: readonly string[]): Account[]
  /** People by id ascending after `after`, at most `limit`; for exports and snapshots. */
  page(workspace: string, after: string | undefined, limit: number): Promise<Profile[]>
  /**
   * Ids of all people there are when it begins, in pages, in any order. Some may lead to a person who is given as well. Who comes
   * meanwhile may be left out, so that it ends however many come.
   */
  everyone(workspace: string): AsyncIterable<readonly string[]>
  count(workspace: string): Promise<number>
  /** Timers due at `now` or before it, the earliest first, those of one instant by id; at most `limit`. As of the last commit. */
  due(workspace: string, now: number, limit: number): Promise<readonly Timer[]>
  /** The earliest instant of all timers, or of those after `after`; undefined: there is none. Cheap enough to ask often. */
  nextDue(workspace: string, after?: number): Promise<number | undefined>
}

/**
 * Rows on their way to the warehouse. A claimed batch is durable and immutable: `claim` gives the same bytes under the
 * same token until `settle`, also after a crash (*Exactly once into the warehouse*).
 */
export interface Outbox {
  /**
   * Adds rows that change nobody (plain decisions): durable within a second, not at return. Bounded: beyond the bound it
   * returns false and the caller counts the loss.
   */
  log(rows: readonly Row[]): boolean
  /** Settled when everything logged so far is durable. */
  flush(): Promise<void>
  /**
   * The oldest unsettled batches nobody else holds, the holder's own included; holds them for `leaseMs`, as leases are held. New ones have at
   * most `maxRows` rows, of one table and partition, and together about `CLAIM_BYTES`. Empty when there is nothing.
   */
  claim(options: {
    now: number
    leaseMs: number
    holder: string
    maxRows: number
    maxBatches: number
  }): Promise<ShipBatch[]>
  /** The warehouse has it, durably. Again, or of a token nobody knows: changes nothing. */
  settle(token: string): Promise<void>
  depth(): Promise<{ rows: number; bytes: number; oldest: number | undefined }>
  /** The end of all durable rows there are now, whoever added them and whatever their clocks say; `passed` understands it. */
  mark(): Promise<string>
  /** Whether everything before a mark is settled. */
  passed(mark: string): Promise<boolean>
}

export interface ShipBatch {
  /** The insert's deduplication token. */
  readonly token: string
  readonly table: Table
  readonly partition: number
  readonly rows: number
  /** JSONEachRow, one line a row, each ended by a line feed. Valid until the batch is settled. */
  readonly body: Uint8Array
}

export interface DefinitionStore {
  /** A number that grows with every publication; cheap enough to ask every second. */
  version(workspace: string): Promise<number>
  current(workspace: string): Promise<PublishedSet>
  /** All or nothing; `expected` given and passed by: `StoreError` `conflict`. Unchanged bodies make no new version (R9). */
  publish(
    workspace: string,
    changes: readonly DefinitionChange[],
    options: { now: number; author: string; expected?: number },
  ): Promise<PublishedSet>
  /** Versions of one definition, newest first. */
  history(workspace: string, kind: string, key: string): Promise<Definition[]>
}

export interface CatalogItem {
  readonly id: string
  readonly updated: number
  /** title, price, currency, cost, stock, image, url, categories, attributes… as `core/definition` describes. */
  readonly body: Record<string, unknown>
}

export interface CatalogStore {
  put(workspace: string, items: readonly CatalogItem[]): Promise<void>
  get(workspace: string, ids: readonly string[]): Promise<CatalogItem[]>
  remove(workspace: string, ids: readonly string[]): Promise<void>
  page(workspace: string, after: string | undefined, limit: number): Promise<CatalogItem[]>
  count(workspace: string): Promise<number>
}

/** What is to be taken of a counter. */
export interface Share {
  readonly counter: string
  readonly n: number
  readonly limit: number
  /** Absent: never. */
  readonly expires?: number
}

/** Counters across people: budget, stock, codes. What somebody has of a counter is under a key; counters that are named together are different ones. */
export interface CounterStore {
  /**
   * Takes all of these shares under `key`, durably before it answers, or none of them: whether it did. What the key has already is
   * not taken again; each share lasts until the later of what was asked for. A share past `expires` that was not confirmed is free again. A
   * refusal changes nothing and is not remembered.
   */
  reserve(workspace: string, key: string, shares: readonly Share[], now: number): Promise<boolean>
  /** Makes what the key has of these counters final together, so that it is not released; again: true. False when it has none of them (any more). */
  confirm(workspace: string, key: string, counters: readonly string[], now: number): Promise<boolean>
  /** Gives back together what the key has of these counters and is not confirmed; false when there is none. */
  release(workspace: string, key: string, counters: readonly string[]): Promise<boolean>
  used(workspace: string, counter: string, now: number): Promise<number>
  /** Of each of these whether its key has something of its counter. */
  held(
    workspace: string,
    asked: readonly { readonly counter: string; readonly key: string }[],
    now: number,
  ): Promise<readonly boolean[]>
}

export interface ApiKey {
  readonly id: string
  readonly workspace: string
  /** `analyst`: reads, and sees nothing that is personal. */
  readonly kind: 'write' | 'secret' | 'analyst'
  /** SHA-256 of the key, hex: the key itself is never stored. */
  readonly hash: string
  readonly label: string
  readonly created: number
  readonly revoked?: number
}

export interface KeyStore {
  put(key: ApiKey): Promise<void>
  byHash(hash: string): Promise<ApiKey | undefined>
  /** Oldest first, revoked ones included. */
  list(workspace: string): Promise<ApiKey[]>
  /** False when the workspace has no such key. A key revoked before keeps its time. */
  revoke(workspace: string, id: string, now: number): Promise<boolean>
  /** Those that have keys, the first made first. */
  workspaces(): Promise<string[]>
}

export interface LeaseStore {
  /**
   * True when `holder` has the lease until `now + ttlMs`; a holder may renew its own. One that would last for longer than twice `ttlMs`
   * was taken under a clock that was ahead, and is free.
   */
  acquire(name: string, holder: string, now: number, ttlMs: number): Promise<boolean>
  release(name: string, holder: string): Promise<void>
}
