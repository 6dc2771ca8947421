import { randomBytes } from 'node:crypto'
import { type Database, open, type RootDatabase } from 'lmdb'
import { StoreError } from '../../errors.ts'
import { ChunkWriter } from '../environment/chunks.ts'
import { environmentOptions, TABLE_OPTIONS } from '../environment/options.js'
import { replaceFolder } from '../environment/replace.ts'
import { WriterThread } from '../environment/thread.ts'
import { controlKey } from './key.ts'
import { ControlTransaction, Writes } from './transaction.ts'

const TABLES = ['secrets', 'ledger', 'definitions', 'versions', 'catalog', 'records', 'counters', 'keys'] as const
export type ControlTable = (typeof TABLES)[number]

/** What can be asked, of what is durable or of a transaction under way. */
export interface ControlReader {
  get<T>(table: ControlTable, key: Buffer): T | undefined
  /** Values with keys from `start` up to but not including `end`, in order. */
  range<T>(table: ControlTable, start: Buffer, end: Buffer, options?: RangeOptions): T[]
}

export interface RangeOptions {
  readonly limit?: number
  /** From the last on. */
  readonly reverse?: boolean
}

type Tables = Record<ControlTable, Database<Buffer, Uint8Array>>

function openTables(root: RootDatabase): Tables {
  const tables = TABLES.map(name => [name, root.openDB<Buffer, Uint8Array>(name, TABLE_OPTIONS)])
  return Object.fromEntries(tables) as Tables
}

interface Waiting {
  /** Answers what to do when it is durable. */
  readonly work: (transaction: ControlTransaction) => () => void
  readonly reject: (error: unknown) => void
}

/**
 * What changes seldom and by itself: definitions, catalog, counters, keys, the outbox's ledger. An environment and a writer
 * of its own, so that nothing here waits for a checkpoint. Values are JSON.
 */
export class ControlDb implements ControlReader {
  readonly #path: string
  #root: RootDatabase
  #tables: Tables
  readonly #thread: WriterThread
  #waiting: Waiting[] = []
  #isRunning = false
  #isClosed = false
  #run: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
    this.#root = open(environmentOptions(path))
    this.#tables = openTables(this.#root)
    this.#thread = new WriterThread(path, TABLES)
  }

  get<T>(table: ControlTable, key: Buffer): T | undefined {
    const bytes = this.#table(table).getBinary(key)
    return bytes && (JSON.parse(bytes.toString()) as T)
  }

  range<T>(table: ControlTable, start: Buffer, end: Buffer, { limit, reverse = false }: RangeOptions = {}): T[] {
    return Array.from(this.entries(table, start, end, reverse, limit), ({ value }) => JSON.parse(value.toString()))
  }

  /** Keys and values as bytes, valid until the next one. */
  entries(
    table: ControlTable,
    start: Buffer,
    end: Buffer,
    reverse: boolean,
    limit: number | undefined,
  ): Iterable<{ key: Uint8Array; value: Uint8Array }> {
    const bounds = reverse ? { start: end, end: start, reverse } : { start, end }
    return this.#table(table).getRange({ ...bounds, ...(limit === undefined ? {} : { limit }) })
  }

  count(table: ControlTable, start: Buffer, end: Buffer): number {
    return this.#table(table).getKeysCount({ start, end })
  }

  /** Reads and writes that nothing comes between; durable at return. When `work` throws, nothing is written. */
  transaction<T>(work: (transaction: ControlTransaction) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        work: transaction => {
          const value = work(transaction)
          return () => resolve(value)
        },
        reject,
      })
      if (!this.#isRunning) this.#run = this.#writeAll()
    })
  }

  #table(name: ControlTable): Database<Buffer, Uint8Array> {
    if (this.#isClosed) throw new StoreError('unavailable', 'The store is closed.')
    return this.#tables[name]
  }

  /** Those that wait are written together. */
  async #writeAll(): Promise<void> {
    this.#isRunning = true
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting.splice(0)
      const writes = new Writes()
      const done: (() => void)[] = []
      for (const { work, reject } of waiting) {
        const transaction = new ControlTransaction(this, writes)
        try {
          done.push(work(transaction))
          transaction.keep()
        } catch (error) {
          reject(error)
        }
      }
      try {
        await this.#write(writes)
        for (const resolve of done) resolve()
      } catch (error) {
        for (const { reject } of waiting) reject(error)
      }
    }
    this.#isRunning = false
  }

  async #write(writes: Writes): Promise<void> {
    if (writes.isEmpty) return
    const chunks = new ChunkWriter(TABLES, bytes => this.#thread.chunk(bytes))
    for (const { table, key, value } of writes)
      chunks.add(table, key, value === undefined ? undefined : Buffer.from(value))
    chunks.flush()
    await this.#thread.commit()
    this.#root.resetReadTxn()
  }

  /** Writes all of it anew: nothing of what was replaced or removed is left. What is to be written waits meanwhile. */
  async rewrite(): Promise<void> {
    while (this.#isRunning) await this.#run?.catch(() => undefined)
    this.#isRunning = true
    const done = this.#rewrite()
    this.#run = done
      .catch(() => undefined)
      .then(() => {
        this.#isRunning = false
        if (this.#waiting.length > 0) this.#run = this.#writeAll()
      })
    return done
  }

  async #rewrite(): Promise<void> {
    const fill = (fresh: string) => this.#thread.rewrite(fresh)
    await replaceFolder(this.#path, fill, async () => {
      const before = this.#root
      this.#root = open(environmentOptions(this.#path))
      this.#tables = openTables(this.#root)
      await before.close()
    })
  }

  /** 32 bytes made when the folder was, the same for ever. */
  async secret(name: string): Promise<Uint8Array> {
    const key = controlKey(name)
    const known = this.get<string>('secrets', key)
    if (known !== undefined) return Buffer.from(known, 'base64')
    const made = await this.transaction(transaction => {
      const secret = transaction.get<string>('secrets', key) ?? randomBytes(32).toString('base64')
      transaction.put('secrets', key, secret)
      return secret
    })
    return Buffer.from(made, 'base64')
  }

  backup(directory: string): Promise<void> {
    return this.#root.backup(directory, false)
  }

  async close(): Promise<void> {
    while (this.#isRunning) await this.#run
    this.#isClosed = true
    await this.#thread.close()
    await this.#root.close()
  }
}
