import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { checkBatch } from './client/batch.ts'
import { Database } from './client/database.ts'
import { Gate } from './client/gate.ts'
import { readSettings, type Settings } from './client/settings.ts'
import { backupEngine } from './engine/backup.ts'
import { Engine, EngineConnection } from './engine/index.ts'
import { WarehouseError } from './errors.ts'
import { type Location, type Resolved, resolveOptions, type Server, type WarehouseOptions } from './options.ts'
import { activity } from './queries/activity.ts'
import { crossings, overlaps, segmentSample } from './queries/crossings.ts'
import { drawnAnew } from './queries/drawnAnew.ts'
import { evidenceCells } from './queries/evidence/cells.ts'
import { evidenceDays } from './queries/evidence/days.ts'
import { identityLinks } from './queries/identityLinks.ts'
import { impact, impacts } from './queries/impact.ts'
import { log } from './queries/log.ts'
import { logSize } from './queries/logSize.ts'
import { pastEvents } from './queries/pastEvents.ts'
import { person, personSize } from './queries/person.ts'
import { policyRows } from './queries/policyRows.ts'
import { policyTraining } from './queries/policyTraining.ts'
import { programme } from './queries/programme/programme.ts'
import { putSpend } from './queries/putSpend.ts'
import { quotes } from './queries/quotes.ts'
import { putRates } from './queries/rates.ts'
import { rewardDelays } from './queries/rewardDelays.ts'
import { rhythm } from './queries/rhythm.ts'
import { heldOutArms, segmentArms } from './queries/segmentArms.ts'
import { segmentHistory, segmentMembers, segmentOverlap, segmentSize } from './queries/segments.ts'
import { tableStats } from './queries/stats.ts'
import { summary } from './queries/summary.ts'
import { timeline } from './queries/timeline.ts'
import { visitorDays } from './queries/visitorDays.ts'
import { whatIfSums } from './queries/whatIf.ts'
import { erase } from './removal/erase.ts'
import { expire } from './removal/expire.ts'
import { shardDatabase } from './schema/cluster.ts'
import { migrate } from './schema/migrate.ts'
import { ownerOf, sign } from './schema/owner.ts'
import { applyRetention } from './schema/retention.ts'
import type { Shard } from './shards/schema.ts'
import { openShards, type ShardedWork } from './shards/shards.ts'
import type { InsertBatch, Warehouse } from './warehouse.ts'

/**
 * Opens the warehouse and brings its schema up to date. Embedded, it starts the engine in a child process. Throws
 * `WarehouseError`: `in-use`, `newer-version`, `unavailable`, `denied`.
 */
export async function openWarehouse(location: Location, options: WarehouseOptions = {}): Promise<Warehouse> {
  const resolved = resolveOptions(location, options)
  const { database, engine, path, shards } = await openLocation(location, resolved)
  let work: ShardedWork | undefined
  try {
    if (shards === undefined) await migrate(database)
    else work = await openShards({ where: WHERE, database }, shards)
    for (const one of shards ?? [{ database }]) await applyRetention(one.database, resolved.retention)
  } catch (error) {
    for (const one of [{ database }, ...(shards ?? [])]) await one.database.close()
    throw error
  }
  const warehouse: Warehouse = {
    insert: batch => insert(database, batch),
    impact: question => impact(database, question),
    impacts: question => impacts(database, question),
    segmentArms: question => segmentArms(database, question),
    heldOutArms: question => heldOutArms(database, question),
    activity: question => activity(database, question),
    programme: question => programme(database, question),
    evidenceCells: question => evidenceCells(database, question),
    evidenceDays: question => evidenceDays(database, question),
    visitorDays: question => visitorDays(database, question),
    policyTraining: question => policyTraining(database, question),
    policyRows: question => policyRows(database, question),
    rewardDelays: question => rewardDelays(database, question),
    drawnAnew: question => drawnAnew(database, question),
    whatIfSums: question => whatIfSums(database, question),
    timeline: question => timeline(database, question),
    quotes: question => quotes(database, question),
    log: question => log(database, question),
    logSize: question => logSize(database, question),
    identityLinks: question => identityLinks(database, question),
    summary: question => summary(database, question),
    pastEvents: question => pastEvents(database, question),
    crossings: question => crossings(database, question),
    segmentSample: (workspace, segment, limit) => segmentSample(database, workspace, segment, limit),
    rhythm: (workspace, event) => rhythm(database, workspace, event),
    overlaps: (workspace, segment) => overlaps(database, workspace, segment),
    person: question => person(database, question),
    personSize: question => personSize(database, question),
    erase: question => erase(database, question),
    expire: question => expire(database, question),
    segmentSize: question => segmentSize(database, question),
    segmentOverlap: question => segmentOverlap(database, question),
    segmentMembers: question => segmentMembers(database, question),
    segmentHistory: question => segmentHistory(database, question),
    putRates: (workspace, rates) => putRates(database, workspace, rates),
    putSpend: (workspace, rows) => putSpend(database, workspace, rows),
    owners: async () => [{ where: WHERE, id: await ownerOf(database) }],
    sign: installation => sign(database, installation),
    backup: async directory => {
      if (engine === undefined || path === undefined) {
        throw new WarehouseError('unsupported', 'A ClickHouse server is backed up with its own BACKUP statement.')
      }
      await database.alone(() => backupEngine(engine, path, directory))
    },
    check: () => database.check(),
    stats: async () => ({
      ...(await tableStats(database)),
      ...(engine === undefined
        ? {}
        : {
            'engine.pid': engine.stats.pid,
            'engine.restarts': engine.stats.restarts,
            'engine.underWay': engine.stats.underWay,
          }),
      'waiting.queries': database.waiting.queries,
      'waiting.inserts': database.waiting.inserts,
    }),
    close: () => database.close(),
  }
  return { ...warehouse, ...work }
}

/** Names it in messages. */
const WHERE = 'The warehouse'

interface Opened {
  readonly database: Database
  /** Of a cluster. */
  readonly shards?: readonly Shard[]
  readonly engine?: Engine
  readonly path?: string
}

/** Seconds a query that ran into its bound has to say so, before its engine is taken for dead. */
const GRACE_MS = 30_000

function openLocation(location: Location, options: Resolved): Promise<Opened> {
  if ('embedded' in location) return openEmbedded(location.embedded.path, options)
  return location.shards === undefined
    ? openRemote(location, options)
    : openCluster({ ...location, shards: location.shards }, options)
}

async function openEmbedded(path: string, options: Resolved): Promise<Opened> {
  const engine = new Engine({
    path,
    database: 'espalier',
    memory: options.memory,
    patience: options.queryTimeoutMs + GRACE_MS,
    onEvent: options.onEvent,
  })
  await engine.start()
  const client = createClient({ connection: new EngineConnection(engine) })
  return { database: databaseOf(client, options, 1), engine, path }
}

type RemoteLocation = Extract<Location, { url: string }>

async function openRemote(location: RemoteLocation, options: Resolved): Promise<Opened> {
  const { url, username = 'default', password = '', database = 'espalier' } = location
  const common = { url, username, password, request_timeout: options.queryTimeoutMs + GRACE_MS, log: quiet }
  const setup = createClient({ ...common, database: 'default' })
  closeAt(options.signal, setup)
  try {
    await databaseOf(setup, options, 1).command(`CREATE DATABASE IF NOT EXISTS \`${identifier(database)}\``)
  } finally {
    await setup.close()
  }
  return { database: remoteDatabase({ url, username, password }, database, options) }
}

/** Nothing is made here: on a cluster that is done once for all of its servers, by `clusterDdl`. */
async function openCluster(
  { database = 'espalier', shards, ...front }: RemoteLocation & { readonly shards: readonly Server[] },
  options: Resolved,
): Promise<Opened> {
  // Tables in joins are distributed as well: what is joined is gathered once and sent to each shard.
  const settings = { distributed_product_mode: 'global' }
  return {
    database: remoteDatabase(front, identifier(database), options, settings),
    shards: shards.map((server, index) => ({
      where: `Shard ${index + 1} (${server.url})`,
      database: remoteDatabase(server, shardDatabase(database), options),
    })),
  }
}

function remoteDatabase(server: Server, database: string, options: Resolved, settings: Settings = {}): Database {
  const { url, username = 'default', password = '' } = server
  const client = createClient({
    url,
    username,
    password,
    database,
    request_timeout: options.queryTimeoutMs + GRACE_MS,
    max_open_connections: options.queries + INSERTS,
    compression: { request: true },
    log: quiet,
  })
  closeAt(options.signal, client)
  return databaseOf(client, options, INSERTS, settings)
}

/** What a closed client has under way fails at once. */
function closeAt(signal: AbortSignal | undefined, client: ReturnType<typeof createClient>): void {
  signal?.addEventListener('abort', () => void client.close().catch(() => undefined), { once: true })
}

/** The client's errors are thrown; what they mean to the log is for the caller to say. */
const quiet = { level: ClickHouseLogLevel.OFF }

/** Inserts under way at once to a server. */
const INSERTS = 4

function databaseOf(
  client: ReturnType<typeof createClient>,
  options: Resolved,
  inserts: number,
  settings: Settings = {},
): Database {
  return new Database({
    client,
    settings: {
      ...readSettings({
        threads: options.threads,
        queryMemory: Math.floor(options.memory * 0.6),
        queryTimeout: Math.ceil(options.queryTimeoutMs / 1000),
      }),
      ...settings,
    },
    reads: new Gate('queries', { running: options.queries, waiting: options.waiting }),
    writes: new Gate('inserts', { running: inserts, waiting: options.waiting }),
  })
}

function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new WarehouseError('invalid', `"${name}" is no name for a database: letters, digits and underscores only.`)
  }
  return name
}

async function insert(database: Database, batch: InsertBatch): Promise<void> {
  checkBatch(batch)
  await database.insert(batch.table, batch.body, batch.token)
}
