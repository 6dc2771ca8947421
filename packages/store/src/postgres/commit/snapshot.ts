import type { Account } from '@espalier/core/account'
import { isMerged, type MergedProfile, type Profile } from '@espalier/core/profile'
import { importKey, type PeopleState } from '../../working.ts'
import { decodeProfile, plainArray, TextKeys } from '../blobs.ts'
import type { Queries } from '../database.ts'
import { Again } from '../failures.ts'
import { type LockedAccount, lockAccounts } from './accounts.ts'
import type { References } from './references.ts'

interface LockedRow {
  readonly id: string
  readonly version: number
  readonly merged_into: string | null
  readonly body: Buffer | null
}

/**
 * The state a batch is applied to, locked until the transaction ends (R1): the profiles all its identifiers lead to, in
 * key order, so that batches wait for each other and never in a circle.
 */
export class Snapshot implements PeopleState {
  /** Version of each profile as locked. */
  readonly versions = new Map<string, number>()
  /** Those that are there, as locked. */
  accounts: ReadonlyMap<string, LockedAccount> = new Map()
  readonly #profiles = new Map<string, Profile | MergedProfile>()
  readonly #links = new Map<string, string>()
  readonly #messages = new Set<string>()
  readonly #imports = new Set<string>()
  readonly #keys = new TextKeys()
  readonly #references: References

  private constructor(references: References) {
    this.#references = references
  }

  /**
   * The order of the statements matters: what is read after the profiles are ours is what their holder before us left. Identifiers
   * that nobody has are not locked: whoever links one second, in this process or another, finds that out when it is written.
   */
  static async lock(tx: Queries, workspace: string, references: References): Promise<Snapshot> {
    const snapshot = new Snapshot(references)
    const [linked, merged] = await Promise.all([
      snapshot.#readLinks(tx, workspace),
      snapshot.#readMerged(tx, workspace),
    ])
    await Promise.all([
      snapshot.#lockProfiles(tx, workspace, new Set([...references.profiles, ...linked, ...merged])),
      snapshot.#readMessages(tx, workspace),
      snapshot.#readImports(tx, workspace),
    ])
    await snapshot.#assertLinks(tx, workspace)
    await snapshot.#lockAccounts(tx, workspace)
    return snapshot
  }

  /** Where identifiers lead that somebody has. */
  get links(): ReadonlyMap<string, string> {
    return this.#links
  }

  /** Looked up, and nobody had it: whoever links it meanwhile holds it under a lock that is not ours. */
  isFree(identifier: string): boolean {
    return this.#references.identifiers.has(identifier) && !this.#links.has(identifier)
  }

  /** The key of an identifier or a messageId. */
  keyOf(text: string): string {
    return this.#keys.of(text)
  }

  link(identifier: string): string | undefined {
    if (!this.#references.identifiers.has(identifier)) this.#missing(this.#references.identifiers, identifier)
    return this.#links.get(identifier)
  }

  profile(id: string): Profile | MergedProfile | undefined {
    const profile = this.#profiles.get(id)
    if (!profile && !this.#references.profiles.has(id)) this.#missing(this.#references.profiles, id)
    return profile
  }

  account(id: string): Account | undefined {
    const account = this.accounts.get(id)
    if (!account && !this.#references.accounts.has(id)) {
      // Whoever asks for one that the batch does not name asks for all of somebody, and of the next as well.
      this.#references.accounts.add(id)
      this.#references.asksAccounts = true
      throw new Again('More accounts are concerned than were locked.')
    }
    return account?.body
  }

  seen(messageId: string): boolean {
    if (!this.#references.messages.has(messageId)) this.#missing(this.#references.messages, messageId)
    return this.#messages.has(this.keyOf(messageId))
  }

  imported(file: string, row: number): boolean {
    return this.#imports.has(importKey(file, row))
  }

  /**
   * The batch is about somebody who was not locked: their profile was merged into another while we waited for its lock, or
   * no identifier named them. Done again with them locked too, in order; and with all that is theirs, since who asks for one of
   * somebody's many identifiers or sources will ask for the others, and who asks for a member of an account for its members.
   */
  #missing(known: Set<string>, one: string): never {
    known.add(one)
    const { profiles, identifiers } = this.#references
    const people = [...this.#profiles.values()].flatMap(profile => (isMerged(profile) ? [] : profile))
    this.#addWith(people, {
      asksFor: person => person.sources.includes(one) || person.identifiers.includes(one),
      lacks: person =>
        !person.sources.every(source => profiles.has(source)) ||
        !person.identifiers.every(identifier => identifiers.has(identifier)),
      add(person) {
        for (const source of person.sources) profiles.add(source)
        for (const identifier of person.identifiers) identifiers.add(identifier)
      },
    })
    const accounts = Array.from(this.accounts.values(), ({ body }) => body)
    this.#addWith(accounts, {
      asksFor: account => account.members.includes(one),
      lacks: account => !account.members.every(member => profiles.has(member) || this.#profiles.has(member)),
      add(account) {
        for (const member of account.members) profiles.add(member)
      },
    })
    throw new Again('More people are concerned than were locked.')
  }

  /**
   * Adds what belongs to whatever is asked for, and with each time what belongs to twice as many others: a batch may concern any
   * number of them, but is not done again as often.
   */
  #addWith<T>(
    all: readonly T[],
    { asksFor, lacks, add }: { asksFor: (one: T) => boolean; lacks: (one: T) => boolean; add: (one: T) => void },
  ): void {
    const asked = all.filter(asksFor)
    if (asked.length === 0) return
    const further = all.filter(one => !asked.includes(one) && lacks(one))
    for (const one of [...asked, ...further.slice(0, this.#references.further)]) add(one)
    this.#references.further *= 2
  }

  /** Reads where identifiers lead; gives all profiles on the way. */
  async #readLinks(tx: Queries, workspace: string): Promise<ReadonlySet<string>> {
    const ids = new Set<string>()
    const { identifiers } = this.#references
    if (identifiers.size === 0) return ids
    const byKey = new Map([...identifiers].map(identifier => [this.keyOf(identifier), identifier]))
    const rows = await tx.query<{ identifier: string; source: string; merged_into: string | null }>(
      `SELECT link.identifier, link.source, own.merged_into
       FROM espalier.identifiers link
       JOIN espalier.profiles own ON own.workspace = link.workspace AND own.id = link.source
       WHERE link.workspace = $1 AND link.identifier = ANY ($2::uuid[])`,
      [workspace, plainArray([...byKey.keys()])],
      'commit.links',
    )
    for (const { identifier, source, merged_into } of rows) {
      this.#links.set(byKey.get(identifier) ?? '', source)
      ids.add(source)
      if (merged_into !== null) ids.add(merged_into)
    }
    return ids
  }

  /** Reads who the sources are that the batch names as such. */
  async #readMerged(tx: Queries, workspace: string): Promise<readonly string[]> {
    const { profiles } = this.#references
    if (profiles.size === 0) return []
    const rows = await tx.query<{ merged_into: string | null }>(
      'SELECT merged_into FROM espalier.profiles WHERE workspace = $1 AND id = ANY ($2::text[])',
      [workspace, [...profiles]],
      'commit.merged',
    )
    return rows.flatMap(({ merged_into }) => merged_into ?? [])
  }

  async #lockProfiles(tx: Queries, workspace: string, ids: ReadonlySet<string>): Promise<void> {
    if (ids.size === 0) return
    const rows = await tx.query<LockedRow>(
      `SELECT id, version, merged_into, body FROM espalier.profiles
       WHERE workspace = $1 AND id = ANY ($2::text[]) ORDER BY id FOR UPDATE`,
      [workspace, [...ids]],
      'commit.lock',
    )
    for (const { id, version, merged_into, body } of rows) {
      this.versions.set(id, version)
      if (merged_into !== null) this.#profiles.set(id, { id, mergedInto: merged_into })
      else if (body) this.#profiles.set(id, decodeProfile(body))
    }
  }

  /** Of the people concerned, where conditions look at them; that more of them are asked for is remembered. */
  async #lockAccounts(tx: Queries, workspace: string): Promise<void> {
    const { accounts, asksAccounts } = this.#references
    if (asksAccounts) {
      for (const profile of this.#profiles.values()) {
        if (!isMerged(profile)) for (const id of Object.keys(profile.accounts)) accounts.add(id)
      }
    }
    this.accounts = await lockAccounts(tx, workspace, accounts)
  }

  /**
   * A link stays while its person is locked. While we waited for that lock it may have been moved or taken away: then the person
   * is gone or has the identifier no more.
   */
  async #assertLinks(tx: Queries, workspace: string): Promise<void> {
    const doubtful = [...this.#links].filter(([identifier, source]) => !this.#has(source, identifier))
    if (doubtful.length === 0) return
    const now = await tx.query<{ identifier: string; source: string }>(
      'SELECT identifier, source FROM espalier.identifiers WHERE workspace = $1 AND identifier = ANY ($2::uuid[])',
      [workspace, plainArray(doubtful.map(([identifier]) => this.keyOf(identifier)))],
      'commit.links.again',
    )
    const sources = new Map(now.map(({ identifier, source }) => [identifier, source]))
    if (doubtful.every(([identifier, source]) => sources.get(this.keyOf(identifier)) === source)) return
    throw new Again('A link changed meanwhile.')
  }

  #has(source: string, identifier: string): boolean {
    const own = this.#profiles.get(source)
    const person = own && isMerged(own) ? this.#profiles.get(own.mergedInto) : own
    return person !== undefined && !isMerged(person) && person.identifiers.includes(identifier)
  }

  async #readMessages(tx: Queries, workspace: string): Promise<void> {
    if (this.#references.messages.size === 0) return
    const rows = await tx.query<{ id: string }>(
      'SELECT id FROM espalier.message_ids WHERE workspace = $1 AND id = ANY ($2::uuid[])',
      [workspace, plainArray(Array.from(this.#references.messages, id => this.keyOf(id)))],
      'commit.messages',
    )
    for (const { id } of rows) this.#messages.add(id)
  }

  async #readImports(tx: Queries, workspace: string): Promise<void> {
    if (this.#references.imports.length === 0) return
    const rows = await tx.query<{ file: string; row: number }>(
      `SELECT asked.file, asked.row FROM unnest($2::text[], $3::bigint[]) asked (file, row)
       JOIN espalier.import_files files ON files.workspace = $1 AND files.file = asked.file
       JOIN espalier.imported_rows done ON done.file = files.id AND done.row = asked.row`,
      [workspace, this.#references.imports.map(one => one.file), this.#references.imports.map(one => one.row)],
      'commit.imports',
    )
    for (const { file, row } of rows) this.#imports.add(importKey(file, row))
  }
}
