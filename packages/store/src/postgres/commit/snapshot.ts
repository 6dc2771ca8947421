import type { MergedProfile, Profile } from '@espalier/core/profile'
import { importKey, type PeopleState } from '../../working.ts'
import { decodeProfile, textKey } from '../blobs.ts'
import type { Queries } from '../database.ts'
import { Again } from '../failures.ts'
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
  readonly #profiles = new Map<string, Profile | MergedProfile>()
  readonly #links = new Map<string, string>()
  readonly #messages = new Set<string>()
  readonly #imports = new Set<string>()
  readonly #references: References

  private constructor(references: References) {
    this.#references = references
  }

  /** The statement order matters: what is read after the locks is what the holder before us left. */
  static async lock(tx: Queries, workspace: string, references: References): Promise<Snapshot> {
    const snapshot = new Snapshot(references)
    const ids = await snapshot.#readLinks(tx, workspace)
    await snapshot.#lockProfiles(tx, workspace, new Set([...ids, ...references.profiles]))
    await snapshot.#readMessages(tx, workspace)
    await snapshot.#readImports(tx, workspace)
    return snapshot
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

  seen(messageId: string): boolean {
    if (!this.#references.messages.has(messageId)) this.#missing(this.#references.messages, messageId)
    return this.#messages.has(textKey(messageId))
  }

  imported(file: string, row: number): boolean {
    return this.#imports.has(importKey(file, row))
  }

  /** The batch is about somebody its identifiers did not name: done again with them locked in order too. */
  #missing(known: Set<string>, one: string): never {
    known.add(one)
    throw new Again('More people are concerned than were locked.')
  }

  /** Reads where the identifiers lead, and gives all profiles on the way. */
  async #readLinks(tx: Queries, workspace: string): Promise<Set<string>> {
    const byKey = new Map([...this.#references.identifiers].map(identifier => [uuid(textKey(identifier)), identifier]))
    const rows = await tx.query<{ identifier: string; source: string; merged_into: string | null }>(
      `SELECT link.identifier, link.source, own.merged_into
       FROM espalier.identifiers link
       JOIN espalier.profiles own ON own.workspace = link.workspace AND own.id = link.source
       WHERE link.workspace = $1 AND link.identifier = ANY ($2::uuid[])`,
      [workspace, [...byKey.keys()]],
      'commit.links',
    )
    const ids = new Set<string>()
    for (const { identifier, source, merged_into } of rows) {
      this.#links.set(byKey.get(identifier) ?? '', source)
      ids.add(source)
      if (merged_into !== null) ids.add(merged_into)
    }
    return ids
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
      // Merged while we waited for the lock: the person is somebody we did not lock.
      if (merged_into !== null && !ids.has(merged_into)) this.#missing(this.#references.profiles, merged_into)
    }
  }

  async #readMessages(tx: Queries, workspace: string): Promise<void> {
    if (this.#references.messages.size === 0) return
    const rows = await tx.query<{ id: string }>(
      'SELECT id FROM espalier.message_ids WHERE workspace = $1 AND id = ANY ($2::uuid[])',
      [workspace, [...this.#references.messages].map(textKey)],
      'commit.messages',
    )
    for (const { id } of rows) this.#messages.add(id.replaceAll('-', ''))
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

/** As PostgreSQL writes a uuid. */
function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
