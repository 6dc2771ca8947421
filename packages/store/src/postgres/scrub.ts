import pg from 'pg'
import { StoreError } from '../errors.ts'
import type { ScrubReport } from '../port.ts'
import type { Database } from './database.ts'
import { asStoreError } from './failures.ts'

/** What is changed or deleted, and says something of somebody. */
const TABLES = ['profiles', 'accounts', 'identifiers', 'outbox', 'outbox_batches', 'records', 'catalog', 'reservations']

/** How often, and how long apart, it is tried to get past transactions that are still open. */
const ATTEMPTS = 20
const PAUSE_MS = 500

const ELSEWHERE = [
  'Dumps and base backups that were taken before hold what the database held then.',
  'The write-ahead log, and its archive and standbys where there are any, hold it until they have gone on.',
]

/**
 * Writes the tables anew (`VACUUM FULL`), each under its own lock: who wants it meanwhile waits. On a connection without
 * bounds of time, since it takes as long as there are people.
 */
export async function scrubDatabase(database: Database, url: string): Promise<ScrubReport> {
  const last = await lastRow(database)
  const bytesBefore = await bytesOf(database)
  const client = new pg.Client({ connectionString: url, application_name: 'espalier scrub' })
  const elsewhere = [...ELSEWHERE]
  try {
    await client.connect()
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0')
    for (const table of TABLES) await rewrite(client, table)
    // Samples of keys. Where that is not ours to do, PostgreSQL says so and does nothing.
    await client.query('VACUUM FULL pg_catalog.pg_statistic')
    // The files of before are emptied when a table is written anew, and deleted at the next checkpoint.
    await client.query('CHECKPOINT').catch(() => undefined)
  } catch (error) {
    throw asStoreError(error)
  } finally {
    await client.end().catch(() => undefined)
  }
  const [row] = await database.query<{ rows: number }>(
    'SELECT coalesce(sum(rows), 0)::bigint AS rows FROM espalier.outbox WHERE id <= $1',
    [last],
  )
  return { pendingRows: row?.rows ?? 0, bytesBefore, bytesAfter: await bytesOf(database), elsewhere }
}

/** Versions of rows that some open transaction can still see are taken over: then it is done again. */
async function rewrite(client: pg.Client, table: string): Promise<void> {
  let kept = 0
  const listen = ({ detail }: { detail?: string | undefined }) => {
    // "N dead row versions cannot be removed yet", in whatever language.
    kept += Number.parseInt(/^\D*(\d+)/.exec(detail ?? '')?.[1] ?? '0', 10)
  }
  client.on('notice', listen)
  try {
    for (let attempt = 1; ; attempt++) {
      kept = 0
      await client.query(`VACUUM (FULL, VERBOSE, ANALYZE) espalier.${table}`)
      if (kept === 0) return
      if (attempt === ATTEMPTS) {
        const message = `A transaction that began before keeps ${kept} deleted rows of ${table}: end it and scrub again.`
        throw new StoreError('unavailable', message)
      }
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  } finally {
    client.off('notice', listen)
  }
}

async function lastRow(database: Database): Promise<number> {
  const [row] = await database.query<{ last: number }>('SELECT coalesce(max(id), 0) AS last FROM espalier.outbox')
  return row?.last ?? 0
}

async function bytesOf(database: Database): Promise<number> {
  const [row] = await database.query<{ bytes: number }>(
    `SELECT sum(pg_total_relation_size(('espalier.' || name)::regclass))::bigint AS bytes FROM unnest($1::text[]) AS name`,
    [TABLES],
  )
  return row?.bytes ?? 0
}
