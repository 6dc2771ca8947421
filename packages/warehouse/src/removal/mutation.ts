import type { Database, Params } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'

/** How often a running mutation is asked for. */
const LOOK_MS = { first: 20, most: 2_000 }

/**
 * Changes the rows of a table by `ALTER TABLE … DELETE | UPDATE … WHERE`, and returns when every part is rewritten. The engine
 * keeps the text of the last such statements in its folder, so there must be nothing personal in it. The same again does no
 * harm; one that a restart interrupted goes on by itself, and asking again waits for it.
 */
export async function mutate(database: Database, table: string, change: string, params: Params): Promise<void> {
  const [own] = await database.rows<{ engine: string }>(
    'SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
    { table },
  )
  if (own?.engine === 'Distributed') {
    const message = `${table} is distributed over a cluster: rows are removed on its shards. List them in ESPALIER_WAREHOUSE_SHARDS.`
    throw new WarehouseError('unsupported', message)
  }
  // Not waited for in the statement: it may take longer than a statement may.
  await database.command(`ALTER TABLE ${table} ${change} SETTINGS mutations_sync = 0`, params)
  await finished(database, table)
}

async function finished(database: Database, table: string): Promise<void> {
  for (let pause = LOOK_MS.first; ; pause = Math.min(pause * 2, LOOK_MS.most)) {
    const [left] = await database.rows<{ unfinished: number; failure: string }>(
      `SELECT toUInt32(count()) AS unfinished, max(latest_fail_reason) AS failure FROM system.mutations
      WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done`,
      { table },
    )
    if (left === undefined || left.unfinished === 0) return
    if (left.failure !== '') throw new WarehouseError('failed', `Rows of ${table} cannot be removed: ${left.failure}`)
    await new Promise(resolve => setTimeout(resolve, pause))
  }
}
