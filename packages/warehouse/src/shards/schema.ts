import type { Database } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'
import { recordVersion } from '../schema/migrate.ts'
import type { TableSchema } from '../schema/table.ts'

/** One of several servers; `where` names it in errors. */
export interface Shard {
  readonly where: string
  readonly database: Database
}

/**
 * Throws `invalid` where a table or column of this version is missing. On a cluster tables are made by whoever runs it, with the
 * statements of `clusterDdl`.
 */
export async function checkSchema({ where, database }: Shard, tables: readonly TableSchema[]): Promise<void> {
  const rows = await database.rows<{ place: string }>(
    "SELECT concat(table, '.', name) AS place FROM system.columns WHERE database = currentDatabase()",
  )
  const present = new Set(rows.map(({ place }) => place))
  const missing = tables
    .flatMap(table => table.columns.map(column => `${table.name}.${column.name}`))
    .find(place => !present.has(place))
  if (missing === undefined) return
  throw new WarehouseError(
    'invalid',
    `${where} has no ${missing}. Run this version's statements for the cluster (docs/guides/scaling.md), then start again.`,
  )
}

/**
 * Remembers on each shard which one of how many it is, at its first use, and throws `invalid` where it is another one now: rows that
 * are divided otherwise would be taken in twice, or not at all.
 */
export async function checkLayout(shards: readonly Shard[]): Promise<void> {
  for (const [index, { where, database }] of shards.entries()) {
    const asked = { shard: index + 1, shards: shards.length }
    if ((await layouts(database)).length === 0) {
      await database.command('INSERT INTO layout (shard, shards) SELECT {shard:UInt32}, {shards:UInt32}', asked)
    }
    // Asked again, as another node may have written another list meanwhile.
    for (const { shard, shards: of } of await layouts(database)) {
      if (shard === asked.shard && of === asked.shards) continue
      throw new WarehouseError(
        'invalid',
        `${where} is shard ${shard} of ${of}, and is listed as ${asked.shard} of ${asked.shards}. List the shards in the order they were first listed in; their number cannot change.`,
      )
    }
    await recordVersion(database)
  }
}

function layouts(database: Database): Promise<{ shard: number; shards: number }[]> {
  return database.rows('SELECT DISTINCT shard, shards FROM layout')
}
