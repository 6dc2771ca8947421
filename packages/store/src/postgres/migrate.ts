import { StoreError } from '../errors.ts'
import type { Database } from './database.ts'
import { initial } from './migrations/001-initial.ts'
import { timers } from './migrations/002-timers.ts'
import { records } from './migrations/003-records.ts'
import { packedOutbox } from './migrations/004-packed-outbox.ts'
import { unsampledBodies } from './migrations/005-unsampled-bodies.ts'
import { accounts } from './migrations/006-accounts.ts'

/** In order; a published one never changes. The number of a migration is its place, from 1. */
const MIGRATIONS: readonly string[] = [initial, timers, records, packedOutbox, unsampledBodies, accounts]

/** Brings the schema to this version's. Nodes that start at once do it in turn; a newer schema is refused. */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async tx => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('espalier:migrate'))`)
    await tx.query('CREATE SCHEMA IF NOT EXISTS espalier')
    await tx.query(
      'CREATE TABLE IF NOT EXISTS espalier.migrations (version integer PRIMARY KEY, applied timestamptz NOT NULL)',
    )
    const version = await schemaVersion(tx)
    if (version > MIGRATIONS.length) {
      throw new StoreError(
        'newer-version',
        `The database has schema version ${version}, this program knows ${MIGRATIONS.length}: start a newer version of it.`,
      )
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue
      await tx.query(sql)
      await tx.query('INSERT INTO espalier.migrations VALUES ($1, now())', [index + 1])
    }
  })
}

export async function schemaVersion(database: Pick<Database, 'query'>): Promise<number> {
  const [row] = await database.query<{ version: number }>(
    'SELECT coalesce(max(version), 0) AS version FROM espalier.migrations',
  )
  return row?.version ?? 0
}
