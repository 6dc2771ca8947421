import { randomBytes } from 'node:crypto'
import type { Apply } from '@espalier/core/stream'
import { StoreError } from '../errors.ts'
import type { Store } from '../port.ts'
import { PostgresCatalog } from './catalog.ts'
import { Commits } from './commit/commits.ts'
import { PostgresCounters } from './counters.ts'
import { Database } from './database.ts'
import { PostgresDefinitions } from './definitions.ts'
import { PostgresKeys } from './keys.ts'
import { PostgresLeases } from './leases.ts'
import { Maintenance } from './maintenance.ts'
import { MessageIds } from './messageIds.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { PostgresOutbox } from './outbox/outbox.ts'
import { OutboxRoom } from './outbox/room.ts'
import { PostgresPeople } from './people.ts'
import { scrubDatabase } from './scrub.ts'

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; all tables are in its schema `espalier`. */
  readonly url: string
  readonly apply: Apply
  /** Makes ids of new profiles (UUIDv7). */
  readonly newId: () => string
  /** Most connections of this node. Default 10; PostgreSQL's `max_connections` has to allow that for every node. */
  readonly connections?: number
  /** Most bytes that may wait for the warehouse; beyond, commits are refused with `full`. Default 20 GB. */
  readonly maxOutboxBytes?: number
  /** Times of background work and of logged rows. Default `Date.now`. */
  readonly clock?: () => number
}

/** Transactions at once: while one is applied here, PostgreSQL works on the other. More make them smaller, not faster. */
const CONCURRENCY = 2

/** Opens the database, bringing its schema to this version's first. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const clock = options.clock ?? Date.now
  const database = new Database({ url: options.url, connections: options.connections ?? 10 })
  const messageIds = new MessageIds(database)
  try {
    await migrate(database)
    await messageIds.start(clock())
  } catch (error) {
    await database.close()
    throw error
  }
  const room = new OutboxRoom(database, { maxBytes: options.maxOutboxBytes ?? 20e9, clock })
  const outbox = new PostgresOutbox(database, room, clock)
  const { apply, newId } = options
  const commits = new Commits(database, { room, apply, newId, concurrency: CONCURRENCY })
  const leases = new PostgresLeases(database)
  const maintenance = new Maintenance({ leases, messageIds, clock })
  return {
    people: new PostgresPeople(database, commits),
    outbox,
    definitions: new PostgresDefinitions(database),
    catalog: new PostgresCatalog(database),
    records: new PostgresCatalog(database, 'records'),
    counters: new PostgresCounters(database),
    keys: new PostgresKeys(database),
    leases,
    concurrency: CONCURRENCY,
    masterSecret: () => masterSecret(database),
    async stats() {
      const [server] = await database.query<{ version: string; bytes: number; fsync: string }>(
        `SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes,
           current_setting('fsync') AS fsync`,
      )
      const { rows, bytes, oldest } = await outbox.depth()
      const { total, idle, waiting } = database.connections
      return {
        engine: 'postgres',
        serverVersion: server?.version ?? '',
        schemaVersion: await schemaVersion(database),
        databaseBytes: server?.bytes ?? 0,
        fsync: server?.fsync ?? '',
        outboxRows: rows,
        outboxBytes: bytes,
        outboxOldest: oldest ?? 0,
        logBuffered: outbox.buffered,
        messageIdsSince: (await messageIds.since()) ?? 0,
        connections: total,
        connectionsIdle: idle,
        connectionsAwaited: waiting,
        maintenanceFailure: maintenance.failure,
      }
    },
    async check() {
      const [server] = await database.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby')
      if (server?.standby) throw new StoreError('unavailable', 'This PostgreSQL is a standby: it only reads.')
      await room.assert()
    },
    async backup() {
      throw new StoreError(
        'unsupported',
        'Back up PostgreSQL with its own tools: pg_dump, or a base backup with its log.',
      )
    },
    async scrub() {
      await outbox.flush()
      return scrubDatabase(database, options.url)
    },
    async close() {
      await maintenance.stop()
      await commits.idle()
      await outbox.close().finally(() => database.close())
    },
  }
}

async function masterSecret(database: Database): Promise<Uint8Array> {
  await database.change('INSERT INTO espalier.instance (master_secret) VALUES ($1) ON CONFLICT DO NOTHING', [
    randomBytes(32),
  ])
  const [row] = await database.query<{ master_secret: Buffer }>('SELECT master_secret FROM espalier.instance')
  return new Uint8Array(row?.master_secret ?? [])
}
