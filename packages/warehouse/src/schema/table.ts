/**
 * A table as data, from which the statements for one node and for a cluster are made. `engine` is the merge behaviour:
 * `rows` keeps every row, `latest` keeps of rows with one sort key the one with the greatest `version` column.
 */
export interface TableSchema {
  readonly name: string
  readonly columns: readonly Column[]
  readonly engine: { readonly kind: 'rows' } | { readonly kind: 'latest'; readonly version: string }
  /** Expression that splits the table into partitions; without it there is one. */
  readonly partitionBy?: string
  readonly orderBy: readonly string[]
  /** Column whose hash names the shard. */
  readonly shardBy: string
  /** Columns that name a source profile: rows go with the person (erasure). Absent: the table is about nobody. */
  readonly person?: readonly string[]
  /** Time column that a retention counts from; without it rows stay for ever. */
  readonly expiresBy?: string
  /** How many inserted parts are remembered by their token; 0: repeated inserts are taken in again. */
  readonly deduplicationWindow: number
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly codec?: string
  /** Expression for rows that do not bring it. */
  readonly default?: string
  /** Expression over the other columns that it always is: kept with the row, never brought by it, and no part of `SELECT *`. */
  readonly materialized?: string
}

/**
 * At least ten times what can be unacknowledged at once (R3): a shipper has at most some hundreds of batches under way, and
 * remembering a part costs about 100 bytes.
 */
export const DEDUPLICATION_WINDOW = 10_000

/** Every acknowledged insert, and every merge that replaces its part, is on the disk before it is answered (R2). */
const durable = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  min_rows_to_fsync_after_merge: 1,
}

/** Statement that makes the table on one node. */
export function createTable(table: TableSchema): string {
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name}`,
    columnList(table),
    `ENGINE = ${table.engine.kind === 'rows' ? 'MergeTree' : `ReplacingMergeTree(${table.engine.version})`}`,
    ...sortAndSettings(table, { non_replicated_deduplication_window: table.deduplicationWindow }),
  ].join('\n')
}

export function columnList(table: TableSchema): string {
  return `(\n${table.columns.map(column => `  ${columnText(column)}`).join(',\n')}\n)`
}

export function columnText(column: Column): string {
  return [
    `\`${column.name}\` ${column.type}`,
    ...(column.default === undefined ? [] : [`DEFAULT ${column.default}`]),
    ...(column.materialized === undefined ? [] : [`MATERIALIZED ${column.materialized}`]),
    ...(column.codec === undefined ? [] : [`CODEC(${column.codec})`]),
  ].join(' ')
}

export function sortAndSettings(table: TableSchema, window: Record<string, number>): string[] {
  const settings = { ...durable, ...window }
  return [
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `ORDER BY (${table.orderBy.join(', ')})`,
    `SETTINGS ${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ')}`,
  ]
}

/** Times are milliseconds in UTC; neighbours in a sorted part differ by little. */
export const time = (name: string): Column => ({ name, type: "DateTime64(3, 'UTC')", codec: 'Delta, ZSTD(1)' })
/** Text of which there are few different values. */
export const word = (name: string): Column => ({ name, type: 'LowCardinality(String)' })
/** With LZ4 an insert and its merges cost a tenth less work, and an event takes 100 bytes on the disk instead of 65. */
export const text = (name: string): Column => ({ name, type: 'String', codec: 'ZSTD(1)' })
/**
 * A JSON object as it came. Text, not the JSON type: that takes in half as many rows a second (23,000 instead of 43,000 on the
 * 2-core machine), splits numbers by type, so that a sum over a path misses the whole ones, and does not give back what came.
 */
export const json = (name: string): Column => ({ name, type: 'String', codec: 'ZSTD(1)' })
