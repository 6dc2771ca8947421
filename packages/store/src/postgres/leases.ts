import { latestEnd } from '../leaseTime.ts'
import type { LeaseStore } from '../port.ts'
import type { Database } from './database.ts'

export class PostgresLeases implements LeaseStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async acquire(name: string, holder: string, now: number, ttlMs: number): Promise<boolean> {
    const got = await this.#database.change(
      `INSERT INTO espalier.leases AS held (name, holder, until) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
       WHERE held.holder = excluded.holder OR held.until <= $4 OR held.until > $5`,
      [name, holder, now + ttlMs, now, latestEnd(now, ttlMs)],
      'leases.acquire',
    )
    return got > 0
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#database.change('DELETE FROM espalier.leases WHERE name = $1 AND holder = $2', [name, holder])
  }
}
