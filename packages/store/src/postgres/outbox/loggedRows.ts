import type { Row } from '@espalier/core/stream'
import { StoreError } from '../../errors.ts'
import type { Database } from '../database.ts'
import { addRows } from './rows.ts'

/** What may have been committed, and nobody was told. */
interface Doubt {
  readonly rows: readonly Row[]
  readonly transaction: string
}

/**
 * Adds logged rows, once (R3): nothing tells them from others, so where the connection broke while they were committed, PostgreSQL is
 * asked what became of that before they are added again. What changes somebody is known by its messageId instead.
 */
export class LoggedRows {
  readonly #database: Database
  readonly #clock: () => number
  #doubt: Doubt | undefined

  constructor(database: Database, clock: () => number) {
    this.#database = database
    this.#clock = clock
  }

  /** Durable at return. One call at a time; after a failure it is given the same rows again. */
  async add(rows: readonly Row[]): Promise<void> {
    if (this.#doubt?.rows !== rows || !(await this.#isCommitted(this.#doubt.transaction))) {
      await this.#database.transaction(async tx => {
        const [[own]] = await Promise.all([
          tx.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id', [], 'outbox.transaction'),
          addRows(tx, rows, this.#clock()),
        ])
        // It is committed next.
        this.#doubt = { rows, transaction: own!.id }
      })
    }
    this.#doubt = undefined
  }

  async #isCommitted(transaction: string): Promise<boolean> {
    const [row] = await this.#database.query<{ status: string | null }>(
      'SELECT pg_xact_status($1::xid8) AS status',
      [transaction],
      'outbox.status',
    )
    // Its connection is gone for us, and PostgreSQL has not noticed.
    if (row?.status === 'in progress') {
      throw new StoreError('unavailable', 'PostgreSQL does not say yet whether logged rows were committed.')
    }
    return row?.status === 'committed'
  }
}
