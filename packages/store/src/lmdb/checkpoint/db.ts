import type { IdentityRules } from '@espalier/core/identity'
import type { PlanSource } from '@espalier/core/plan'
import { type Database, open, type RootDatabase } from 'lmdb'
import { StoreError } from '../../errors.ts'
import type { Timer } from '../../port.ts'
import type { RunEntry } from '../dedup/run.ts'
import { environmentOptions, TABLE_OPTIONS } from '../environment/options.js'
import type { Position } from '../journal/position.ts'
import { AFTER_ACCOUNTS, accountKey, decodeProfile, holdsPerson, type StoredProfile } from '../people/codec.ts'
import { keyAfterInstant, keyOf, lookUpKey, textOf, timerKey, timerOf } from './keys.ts'

export const CHECKPOINT_TABLES = ['meta', 'profiles', 'links', 'imports', 'timers'] as const
export type CheckpointTable = (typeof CHECKPOINT_TABLES)[number]

/** Where a checkpoint says what it is, in the table `meta`. */
export const META_KEY = Buffer.from('checkpoint')

/** What the tables are the state of. */
export interface CheckpointMeta {
  /** All frames before it are in the tables, none after it. */
  readonly position: Position
  readonly at: number
  /** `FRAME_FORMAT` of whoever made the people; absent: from before it was noted. */
  readonly format?: number
  readonly workspaces: readonly {
    readonly name: string
    readonly number: number
    readonly people: number
    readonly runs: readonly RunEntry[]
  }[]
  /** Number in the name of the next run file. */
  readonly nextRun: number
  /** What the commits after it go by until they say otherwise. Absent: they say all of it themselves. */
  readonly rules?: readonly RulesSaid[]
}

/** What the commits of a workspace depend on, as the last of them said it. */
export interface RulesSaid {
  readonly workspace: string
  readonly plan: PlanSource
  readonly identity?: IdentityRules
}

/** Reads the last checkpoint. It is only ever written by the thread of `environment/writer.js`, one transaction a checkpoint. */
export class CheckpointDb {
  readonly #path: string
  #root: RootDatabase
  #tables: Tables
  #isClosed = false

  constructor(path: string) {
    this.#path = path
    this.#root = open(environmentOptions(path))
    this.#tables = openTables(this.#root)
  }

  /** Reads come from what is at its path now. */
  async reopen(): Promise<void> {
    const before = this.#root
    this.#root = open(environmentOptions(this.#path))
    this.#tables = openTables(this.#root)
    await before.close()
  }

  meta(): CheckpointMeta | undefined {
    const bytes = this.#tables.meta.getBinary(META_KEY)
    return bytes && (JSON.parse(bytes.toString()) as CheckpointMeta)
  }

  /** Reads see the newest checkpoint from here on. */
  refresh(): void {
    this.#root.resetReadTxn()
  }

  profile(workspace: number, id: string): StoredProfile | undefined {
    const bytes = this.#read(this.#tables.profiles, lookUpKey(workspace, id))
    return bytes && decodeProfile(bytes)
  }

  link(workspace: number, identifier: string): string | undefined {
    const bytes = this.#read(this.#tables.links, lookUpKey(workspace, identifier))
    return bytes?.toString('utf8', 0, bytes.length)
  }

  importChunk(workspace: number, key: string): Uint8Array | undefined {
    const bytes = this.#read(this.#tables.imports, lookUpKey(workspace, key))
    // The buffer is longer than what was read into it, and used again.
    return bytes && new Uint8Array(bytes.subarray(0, bytes.length))
  }

  /** Up to `limit` profiles by id, from the first after `after` on. */
  profilesAfter(workspace: number, after: string | undefined, limit: number): StoredProfile[] {
    if (this.#isClosed) throw closed()
    const start = after === undefined ? keyOf(workspace, '') : Buffer.concat([keyOf(workspace, after), Buffer.of(0)])
    const range = this.#tables.profiles.getRange({ start, end: keyOf(workspace + 1, ''), limit })
    return Array.from(range, ({ value }) => decodeProfile(value as Buffer))
  }

  /** The ids of the people among the first `limit` profiles after `after`, and the last of these; undefined: there is none. */
  peopleAfter(
    workspace: number,
    after: string | undefined,
    limit: number,
  ): { readonly people: string[]; readonly last: string | undefined } {
    if (this.#isClosed) throw closed()
    const start = after === undefined ? keyOf(workspace, '') : Buffer.concat([keyOf(workspace, after), Buffer.of(0)])
    const people: string[] = []
    let last: string | undefined
    for (const { key, value } of this.#tables.profiles.getRange({ start, end: keyOf(workspace + 1, ''), limit })) {
      last = textOf(key as Buffer)
      if (holdsPerson(value as Buffer)) people.push(last)
    }
    return { people, last }
  }

  /** The last id of a profile that is not an account's. */
  lastProfileId(workspace: number): string | undefined {
    if (this.#isClosed) throw closed()
    const ranges = [
      { start: keyOf(workspace + 1, ''), end: keyOf(workspace, AFTER_ACCOUNTS) },
      { start: keyOf(workspace, accountKey('')), end: keyOf(workspace, '') },
    ]
    for (const range of ranges) {
      for (const key of this.#tables.profiles.getKeys({ ...range, reverse: true, limit: 1 })) return textOf(key)
    }
    return undefined
  }

  /** Timers in order: from `from` on, or all of those after an instant. Nothing else may be read until the last was taken. */
  *timers(workspace: number, from: Timer | { readonly after: number }): Generator<Timer> {
    if (this.#isClosed) throw closed()
    const start = 'after' in from ? keyAfterInstant(workspace, from.after) : timerKey(workspace, from.due, from.profile)
    for (const key of this.#tables.timers.getKeys({ start, end: keyOf(workspace + 1, '') })) yield timerOf(key)
  }

  backup(directory: string): Promise<void> {
    return this.#root.backup(directory, false)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#root.close()
  }

  /** The bytes are valid until the next read. */
  #read(table: Database<Buffer, Uint8Array>, key: Buffer): Buffer | undefined {
    if (this.#isClosed) throw closed()
    return table.getBinaryFast(key) as Buffer | undefined
  }
}

type Tables = Record<CheckpointTable, Database<Buffer, Uint8Array>>

function openTables(root: RootDatabase): Tables {
  const tables = CHECKPOINT_TABLES.map(name => [name, root.openDB<Buffer, Uint8Array>(name, TABLE_OPTIONS)])
  return Object.fromEntries(tables) as Tables
}

function closed(): StoreError {
  return new StoreError('unavailable', 'The store is closed.')
}
