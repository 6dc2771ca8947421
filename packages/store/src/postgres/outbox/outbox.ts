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

  async close(): Promise<void> {
    this.#buffer.stop()
    await this.#buffer.flush()
  }
}
