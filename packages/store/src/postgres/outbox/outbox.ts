import type { Row } from '@espalier/core/stream'
import type { Outbox, ShipBatch } from '../../port.ts'
import type { Database } from '../database.ts'
import { type ClaimOptions, claim } from './claim.ts'
import { LogBuffer } from './logBuffer.ts'
import { LoggedRows } from './loggedRows.ts'
import { type Depth, type OutboxRoom, readDepth } from './room.ts'

const LOG = { maxRows: 50_000, maxLength: 64_000_000, delayMs: 200 }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export class PostgresOutbox implements Outbox {
  readonly #database: Database
  readonly #room: OutboxRoom
  readonly #buffer: LogBuffer

  constructor(database: Database, room: OutboxRoom, clock: () => number) {
    this.#database = database
    this.#room = room
    const logged = new LoggedRows(database, clock)
    this.#buffer = new LogBuffer(rows => logged.add(rows), LOG)
  }

  /** Rows that are in memory only. */
  get buffered(): number {
    return this.#buffer.rows
  }

  log(rows: readonly Row[]): boolean {
    return !this.#room.full && this.#buffer.add(rows)
  }

  flush(): Promise<void> {
    return this.#buffer.flush()
  }

  claim(options: ClaimOptions): Promise<ShipBatch[]> {
    return claim(this.#database, options)
  }

  async settle(token: string): Promise<void> {
    if (!UUID.test(token)) return
    await this.#database.query(
      `WITH batch AS (DELETE FROM espalier.outbox_batches WHERE token = $1)
       DELETE FROM espalier.outbox WHERE batch = $1`,
      [token],
      'outbox.settle',
    )
  }

  depth(): Promise<Depth> {
    return readDepth(this.#database)
  }

  /** Ids are given in the order that rows are added; what is committed later with a lower one was not there yet. */
  async mark(): Promise<string> {
    const [row] = await this.#database.query<{ id: string }>(
      'SELECT coalesce(max(id), 0)::text AS id FROM espalier.outbox',
      [],
      'outbox.mark',
    )
    return row?.id ?? '0'
  }

  async passed(mark: string): Promise<boolean> {
    const left = await this.#database.query(
      'SELECT FROM espalier.outbox WHERE id <= $1::bigint LIMIT 1',
      [mark],
      'outbox.passed',
    )
    return left.length === 0
  }

  async close(): Promise<void> {
    this.#buffer.stop()
    await this.#buffer.flush()
  }
}
