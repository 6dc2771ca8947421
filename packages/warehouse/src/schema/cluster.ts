import { columnList, columnText, sortAndSettings, type TableSchema } from './table.ts'
import { layout, migrations, tables } from './tables.ts'

export interface ClusterOptions {
  /** Name of the cluster in the servers' configuration. */
  readonly cluster: string
  readonly database: string
}

/** Where the rows of a shard are; the `Distributed` tables over all shards are in the database itself. */
export const shardDatabase = (database: string) => `${database}_shard`

/**
 * Statements for a cluster, from the same tables: each shard has replicas that deduplicate through Keeper in a database of its own
 * (`…_shard`), which rows are written to directly, and before them `Distributed` tables, which the queries read. They may run
 * again, and after an upgrade add what is new. Parsed by the engine in a test, not yet run on a cluster.
 */
export function clusterDdl(options: ClusterOptions): string[] {
  const on = `ON CLUSTER ${quote(options.cluster)}`
  const shard = shardDatabase(options.database)
  const all = [migrations, ...tables]
  return [
    ...[shard, options.database].map(name => `CREATE DATABASE IF NOT EXISTS ${quote(name)} ${on}`),
    ...[layout, ...all].map(table => replicated(table, shard, on)),
    ...all.map(table => distributed(table, options, on)),
    ...all.map(table => changedSettings(table, shard, on)),
    ...[shard, options.database].flatMap(name => all.flatMap(table => newColumns(table, name, on))),
  ]
}

function replicated(table: TableSchema, database: string, on: string): string {
  const keeper = `${text(`/clickhouse/tables/{shard}/${database}/${table.name}`)}, '{replica}'`
  const engine =
    table.engine.kind === 'rows'
      ? `ReplicatedMergeTree(${keeper})`
      : `ReplicatedReplacingMergeTree(${keeper}, ${table.engine.version})`
  return [
    `CREATE TABLE IF NOT EXISTS ${quote(database)}.${table.name} ${on}`,
    columnList(table),
    `ENGINE = ${engine}`,
    ...sortAndSettings(table, deduplication(table)),
  ].join('\n')
}

/**
 * Inserted parts are remembered by their number alone, as on one node (R3). By itself a replicated table forgets them after an hour, and
 * a batch is repeated for as long as one of its shards is down.
 */
const deduplication = (table: TableSchema) => ({
  replicated_deduplication_window: table.deduplicationWindow,
  replicated_deduplication_window_seconds: TEN_YEARS,
})
const TEN_YEARS = 10 * 365 * 86_400

function changedSettings(table: TableSchema, database: string, on: string): string {
  const settings = Object.entries(deduplication(table)).map(([name, value]) => `${name} = ${value}`)
  return `ALTER TABLE ${quote(database)}.${table.name} ${on} MODIFY SETTING ${settings.join(', ')}`
}

function distributed(table: TableSchema, { cluster, database }: ClusterOptions, on: string): string {
  return [
    `CREATE TABLE IF NOT EXISTS ${quote(database)}.${table.name} ${on}`,
    columnList(table),
    `ENGINE = Distributed(${text(cluster)}, ${text(shardDatabase(database))}, ${text(table.name)}, ${shardingKey(table)})`,
  ].join('\n')
}

/** Modulo the number of shards it is a row's shard: `shardOf` says the same of the text. */
export const shardingKey = (table: TableSchema) => `cityHash64(${table.shardBy})`

function newColumns(table: TableSchema, database: string, on: string): string[] {
  return table.columns
    .filter(({ name }) => !table.orderBy.includes(name))
    .map(column => `ALTER TABLE ${quote(database)}.${table.name} ${on} ADD COLUMN IF NOT EXISTS ${columnText(column)}`)
}

const quote = (name: string) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
