import { columnList, sortAndSettings, type TableSchema } from './table.ts'
import { migrations, tables } from './tables.ts'

export interface ClusterOptions {
  /** Name of the cluster in the servers' configuration. */
  readonly cluster: string
  readonly database: string
}

/**
 * Statements for a cluster, from the same tables: each has replicas that deduplicate through Keeper (`…_local`, which is
 * written to directly on the shard of the row's profile) and a `Distributed` table in front of them under the plain name, which
 * the queries read. Parsed by the engine in a test, not yet run on a cluster.
 */
export function clusterDdl(options: ClusterOptions): string[] {
  const on = `ON CLUSTER ${quote(options.cluster)}`
  return [
    `CREATE DATABASE IF NOT EXISTS ${quote(options.database)} ${on}`,
    ...[migrations, ...tables].flatMap(table => [replicated(table, options, on), distributed(table, options, on)]),
  ]
}

function replicated(table: TableSchema, options: ClusterOptions, on: string): string {
  const keeper = `'/clickhouse/tables/{shard}/${options.database}/${table.name}', '{replica}'`
  const engine =
    table.engine.kind === 'rows'
      ? `ReplicatedMergeTree(${keeper})`
      : `ReplicatedReplacingMergeTree(${keeper}, ${table.engine.version})`
  return [
    `CREATE TABLE IF NOT EXISTS ${quote(options.database)}.${table.name}_local ${on}`,
    columnList(table),
    `ENGINE = ${engine}`,
    ...sortAndSettings(table, { replicated_deduplication_window: table.deduplicationWindow }),
  ].join('\n')
}

function distributed(table: TableSchema, options: ClusterOptions, on: string): string {
  const { cluster, database } = options
  return [
    `CREATE TABLE IF NOT EXISTS ${quote(database)}.${table.name} ${on}`,
    columnList(table),
    `ENGINE = Distributed(${text(cluster)}, ${text(database)}, '${table.name}_local', cityHash64(${table.shardBy}))`,
  ].join('\n')
}

const quote = (name: string) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
