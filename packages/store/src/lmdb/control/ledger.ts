import type { Position } from '../journal/position.ts'
import type { BatchRecord } from '../outbox/batch.ts'
import type { OutboxLedger } from '../outbox/outbox.ts'
import type { ControlDb } from './db.ts'
import { after, controlKey } from './key.ts'

interface Entry extends BatchRecord {
  readonly number: number
}

const CURSOR = controlKey('cursor')

/** Batches in the order they were made, and up to where rows are in batches. */
export class LmdbLedger implements OutboxLedger {
  readonly #db: ControlDb
  readonly #start: Position
  readonly #numbers = new Map<string, number>()
  #next = 1

  /** `start`: where the rows of a new folder begin. */
  constructor(db: ControlDb, start: Position) {
    this.#db = db
    this.#start = start
  }

  load(): { cursor: Position; batches: BatchRecord[] } {
    const batches = this.#db.range<Entry>('ledger', controlKey('batch'), after('batch'))
    for (const { token, number } of batches) {
      this.#numbers.set(token, number)
      this.#next = number + 1
    }
    return { cursor: this.#db.get<Position>('ledger', CURSOR) ?? this.#start, batches }
  }

  async assigned(cursor: Position, batches: readonly BatchRecord[]): Promise<void> {
    const entries = batches.map((batch, i): Entry => ({ ...batch, number: this.#next + i }))
    await this.#db.transaction(transaction => {
      for (const entry of entries) transaction.put('ledger', controlKey('batch', entry.number), entry)
      transaction.put('ledger', CURSOR, cursor)
    })
    for (const { token, number } of entries) this.#numbers.set(token, number)
    this.#next += entries.length
  }

  async settled(token: string): Promise<void> {
    const number = this.#numbers.get(token)
    if (number === undefined) return
    await this.#db.transaction(transaction => transaction.remove('ledger', controlKey('batch', number)))
    this.#numbers.delete(token)
  }
}
