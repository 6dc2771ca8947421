import type { CounterStore } from '../port.ts'
import type { Database, Queries } from './database.ts'

/** What is confirmed for good, and what is held at `now`. */
const USED = `SELECT
  coalesce((SELECT confirmed FROM espalier.counters WHERE workspace = $1 AND counter = $2), 0)
  + coalesce((SELECT sum(n) FROM espalier.reservations
      WHERE workspace = $1 AND counter = $2 AND NOT confirmed AND (expires IS NULL OR expires > $3)), 0)::bigint AS used`

export class PostgresCounters implements CounterStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async reserve(
    workspace: string,
    counter: string,
    { key, n, limit, now, expires }: { key: string; n: number; limit: number; now: number; expires?: number },
  ): Promise<{ granted: boolean; used: number }> {
    return this.#database.transaction(async tx => {
      await lock(tx, workspace, counter)
      await tx.change(
        `DELETE FROM espalier.reservations
         WHERE workspace = $1 AND counter = $2 AND NOT confirmed AND expires <= $3`,
        [workspace, counter, now],
        'counters.expire',
      )
      const used = await readUsed(tx, workspace, counter, now)
      const mine = await tx.change(
        `UPDATE espalier.reservations SET expires = CASE WHEN expires < $4 THEN $4 WHEN $4 IS NULL THEN NULL ELSE expires END
         WHERE workspace = $1 AND counter = $2 AND key = $3`,
        [workspace, counter, key, expires ?? null],
        'counters.mine',
      )
      if (mine > 0) return { granted: true, used }
      if (used + n > limit) return { granted: false, used }
      await tx.change(
        'INSERT INTO espalier.reservations (workspace, counter, key, n, expires) VALUES ($1, $2, $3, $4, $5)',
        [workspace, counter, key, n, expires ?? null],
        'counters.reserve',
      )
      return { granted: true, used: used + n }
    })
  }

  async confirm(workspace: string, counter: string, key: string, now: number): Promise<boolean> {
    return this.#database.transaction(async tx => {
      await lock(tx, workspace, counter)
      const [mine] = await tx.query<{ n: number; confirmed: boolean }>(
        `SELECT n, confirmed FROM espalier.reservations
         WHERE workspace = $1 AND counter = $2 AND key = $3 AND (confirmed OR expires IS NULL OR expires > $4)`,
        [workspace, counter, key, now],
        'counters.confirmable',
      )
      if (!mine) return false
      if (mine.confirmed) return true
      await tx.change(
        'UPDATE espalier.reservations SET confirmed = true WHERE workspace = $1 AND counter = $2 AND key = $3',
        [workspace, counter, key],
        'counters.confirm',
      )
      await tx.change(
        'UPDATE espalier.counters SET confirmed = confirmed + $3 WHERE workspace = $1 AND counter = $2',
        [workspace, counter, mine.n],
        'counters.add',
      )
      return true
    })
  }

  async release(workspace: string, counter: string, key: string): Promise<boolean> {
    const released = await this.#database.change(
      `DELETE FROM espalier.reservations
       WHERE workspace = $1 AND counter = $2 AND key = $3 AND NOT confirmed`,
      [workspace, counter, key],
    )
    return released > 0
  }

  async used(workspace: string, counter: string, now: number): Promise<number> {
    return readUsed(this.#database, workspace, counter, now)
  }

  async held(workspace: string, counter: string, keys: readonly string[], now: number): Promise<string | undefined> {
    const [first] = await this.#database.query<{ key: string }>(
      `SELECT key FROM espalier.reservations
       WHERE workspace = $1 AND counter = $2 AND key = ANY ($3::text[]) AND (confirmed OR expires IS NULL OR expires > $4)
       ORDER BY array_position($3::text[], key) LIMIT 1`,
      [workspace, counter, keys, now],
      'counters.held',
    )
    return first?.key
  }
}

/** Whoever changes a counter has its row; the others wait. */
async function lock(tx: Queries, workspace: string, counter: string): Promise<void> {
  await tx.change(
    `INSERT INTO espalier.counters (workspace, counter) VALUES ($1, $2)
     ON CONFLICT (workspace, counter) DO UPDATE SET counter = excluded.counter`,
    [workspace, counter],
    'counters.lock',
  )
}

async function readUsed(queries: Queries, workspace: string, counter: string, now: number): Promise<number> {
  const [row] = await queries.query<{ used: number }>(USED, [workspace, counter, now], 'counters.used')
  return row?.used ?? 0
}
