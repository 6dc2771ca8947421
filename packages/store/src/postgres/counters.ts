import type { CounterStore, Share } from '../port.ts'
import type { Database, Queries } from './database.ts'

/** Of each counter what is confirmed for good and what is held at `now`, and whether the key has something of it. */
const STATES = `SELECT
  coalesce((SELECT confirmed FROM espalier.counters c WHERE c.workspace = $1 AND c.counter = asked.counter), 0)
  + coalesce((SELECT sum(n) FROM espalier.reservations r
      WHERE r.workspace = $1 AND r.counter = asked.counter AND NOT r.confirmed AND (r.expires IS NULL OR r.expires > $3)), 0)::bigint AS used,
  EXISTS (SELECT FROM espalier.reservations r
      WHERE r.workspace = $1 AND r.counter = asked.counter AND r.key = $4) AS mine
  FROM unnest($2::text[]) WITH ORDINALITY AS asked (counter, place) ORDER BY place`

export class PostgresCounters implements CounterStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async reserve(workspace: string, key: string, shares: readonly Share[], now: number): Promise<boolean> {
    if (shares.length === 0) return true
    const counters = shares.map(({ counter }) => counter)
    return this.#database.transaction(async tx => {
      await lock(tx, workspace, counters)
      await tx.change(
        `DELETE FROM espalier.reservations
         WHERE workspace = $1 AND counter = ANY ($2::text[]) AND NOT confirmed AND expires <= $3`,
        [workspace, counters, now],
        'counters.expire',
      )
      const states = await tx.query<{ used: number; mine: boolean }>(
        STATES,
        [workspace, counters, now, key],
        'counters.states',
      )
      if (shares.some(({ n, limit }, i) => !states[i]!.mine && states[i]!.used + n > limit)) return false
      await tx.change(
        `INSERT INTO espalier.reservations AS had (workspace, counter, key, n, expires)
         SELECT $1, counter, $2, n, expires FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS asked (counter, n, expires)
         ON CONFLICT (workspace, counter, key) DO UPDATE
         SET expires = CASE WHEN had.expires > excluded.expires THEN had.expires
           WHEN had.expires IS NULL THEN NULL ELSE excluded.expires END`,
        [workspace, key, counters, shares.map(({ n }) => n), shares.map(({ expires }) => expires ?? null)],
        'counters.reserve',
      )
      return true
    })
  }

  async confirm(workspace: string, key: string, counters: readonly string[], now: number): Promise<boolean> {
    if (counters.length === 0) return false
    return this.#database.transaction(async tx => {
      await lock(tx, workspace, counters)
      const mine = await tx.query<{ counter: string; n: number; confirmed: boolean }>(
        `SELECT counter, n, confirmed FROM espalier.reservations
         WHERE workspace = $1 AND counter = ANY ($2::text[]) AND key = $3 AND (confirmed OR expires IS NULL OR expires > $4)`,
        [workspace, counters, key, now],
        'counters.confirmable',
      )
      const open = mine.filter(({ confirmed }) => !confirmed)
      if (open.length === 0) return mine.length > 0
      await tx.change(
        'UPDATE espalier.reservations SET confirmed = true WHERE workspace = $1 AND counter = ANY ($2::text[]) AND key = $3',
        [workspace, open.map(({ counter }) => counter), key],
        'counters.confirm',
      )
      await tx.change(
        `UPDATE espalier.counters SET confirmed = confirmed + n
         FROM unnest($2::text[], $3::bigint[]) AS final (name, n) WHERE workspace = $1 AND counter = name`,
        [workspace, open.map(({ counter }) => counter), open.map(({ n }) => n)],
        'counters.add',
      )
      return true
    })
  }

  async release(workspace: string, key: string, counters: readonly string[]): Promise<boolean> {
    if (counters.length === 0) return false
    return this.#database.transaction(async tx => {
      await lock(tx, workspace, counters)
      const released = await tx.change(
        `DELETE FROM espalier.reservations
         WHERE workspace = $1 AND counter = ANY ($2::text[]) AND key = $3 AND NOT confirmed`,
        [workspace, counters, key],
        'counters.release',
      )
      return released > 0
    })
  }

  async used(workspace: string, counter: string, now: number): Promise<number> {
    const values = [workspace, [counter], now, '']
    const [state] = await this.#database.query<{ used: number }>(STATES, values, 'counters.states')
    return state?.used ?? 0
  }

  async held(
    workspace: string,
    asked: readonly { readonly counter: string; readonly key: string }[],
    now: number,
  ): Promise<readonly boolean[]> {
    if (asked.length === 0) return []
    const rows = await this.#database.query<{ held: boolean }>(
      `SELECT EXISTS (SELECT FROM espalier.reservations r
         WHERE r.workspace = $1 AND r.counter = asked.counter AND r.key = asked.key
           AND (r.confirmed OR r.expires IS NULL OR r.expires > $4)) AS held
       FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS asked (counter, key, place) ORDER BY place`,
      [workspace, asked.map(({ counter }) => counter), asked.map(({ key }) => key), now],
      'counters.held',
    )
    return rows.map(({ held }) => held)
  }
}

/** Whoever changes counters has their rows, in one order; the others wait. */
async function lock(tx: Queries, workspace: string, counters: readonly string[]): Promise<void> {
  await tx.change(
    `INSERT INTO espalier.counters (workspace, counter) SELECT $1, counter FROM unnest($2::text[]) AS counter
     ON CONFLICT (workspace, counter) DO UPDATE SET counter = excluded.counter`,
    [workspace, [...counters].sort()],
    'counters.lock',
  )
}
