import { createHash, randomBytes } from 'node:crypto'
import { type Database, open, type RootDatabase } from 'lmdb'
import { environmentOptions, TABLE_OPTIONS } from '../checkpoint/tables.js'
import { storeError } from '../journal/problems.ts'

const TABLES = ['secrets', 'ledger', 'definitions', 'versions', 'catalog', 'counters', 'keys'] as const
export type ControlTable = (typeof TABLES)[number]

/**
 * What changes seldom and by itself: definitions, catalog, counters, keys, the outbox's ledger. An environment of its own,
 * so that nothing here waits for a checkpoint. Values are JSON.
 */
export class ControlDb {
  readonly #root: RootDatabase
  readonly #tables: Record<ControlTable, Database<Buffer, Uint8Array>>

  constructor(path: string) {
    this.#root = open(environmentOptions(path))
    const tables = TABLES.map(name => [name, this.#root.openDB<Buffer, Uint8Array>(name, TABLE_OPTIONS)])
    this.#tables = Object.fromEntries(tables) as Record<ControlTable, Database<Buffer, Uint8Array>>
  }

  get<T>(table: ControlTable, key: Uint8Array): T | undefined {
    const bytes = this.#tables[table].getBinary(key)
    return bytes && (JSON.parse(bytes.toString()) as T)
  }

  /** Values with keys from `start` up to but not including `end`, in order. */
  range<T>(table: ControlTable, start: Uint8Array, end: Uint8Array, options: RangeOptions = {}): T[] {
    return Array.from(this.#tables[table].getRange({ start, end, ...options }), ({ value }) =>
      JSON.parse(value.toString()),
    )
  }

  count(table: ControlTable, start: Uint8Array, end: Uint8Array): number {
    return this.#tables[table].getKeysCount({ start, end })
  }

  /**
   * Reads and writes that nothing comes between, durable at return. `work` must not throw after it has written: what it
   * wrote by then would stay.
   */
  async transaction<T>(work: (writer: ControlWriter) => T): Promise<T> {
    const writer: ControlWriter = {
      put: (table, key, value) => void this.#tables[table].put(key, Buffer.from(JSON.stringify(value))),
      remove: (table, key) => void this.#tables[table].remove(key),
    }
    let outcome: { value: T } | { error: unknown } | undefined
    try {
      await this.#root.transaction(() => {
        try {
          outcome = { value: work(writer) }
        } catch (error) {
          outcome = { error }
        }
      })
    } catch (error) {
      throw storeError(error)
    }
    if (outcome && 'value' in outcome) return outcome.value
    throw outcome?.error
  }

  /** 32 bytes made when the folder was, the same for ever. */
  async secret(name: string): Promise<Uint8Array> {
    const key = controlKey(name)
    const known = this.get<string>('secrets', key)
    if (known !== undefined) return Buffer.from(known, 'base64')
    const made = await this.transaction(({ put }) => {
      const secret = this.get<string>('secrets', key) ?? randomBytes(32).toString('base64')
      put('secrets', key, secret)
      return secret
    })
    return Buffer.from(made, 'base64')
  }

  backup(directory: string): Promise<void> {
    return this.#root.backup(directory, false)
  }

  close(): Promise<void> {
    return this.#root.close()
  }
}

export interface ControlWriter {
  put(table: ControlTable, key: Uint8Array, value: unknown): void
  remove(table: ControlTable, key: Uint8Array): void
}

export interface RangeOptions {
  readonly limit?: number
  readonly reverse?: boolean
}

/**
 * A key of several parts, ordered by the first, then the second…: each part is ended by 0, a 0 within becomes 0 255, so
 * that no two keys are confused. Numbers sort by value (not negative).
 */
export function controlKey(...parts: (string | number)[]): Buffer {
  return Buffer.concat(
    parts.map(part => {
      if (typeof part === 'number') {
        const bytes = Buffer.alloc(8)
        bytes.writeDoubleBE(part)
        return bytes
      }
      const text = part.length > LONGEST ? `${part.slice(0, KEPT)}${digest(part)}` : part
      return Buffer.from(`${text.replaceAll('\0', '\0\u{ff}')}\0`)
    }),
  )
}

/** LMDB takes keys up to 1978 bytes: of a longer text the beginning and a digest. */
const LONGEST = 200
const KEPT = 100

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The end of the range of keys that begin with these parts. */
export function after(...parts: (string | number)[]): Buffer {
  return Buffer.concat([controlKey(...parts), Buffer.of(0xff)])
}
