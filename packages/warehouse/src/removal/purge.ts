import type { Database } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'

/** A partition that nothing is ever in. */
const NO_PARTITION = 190001
/** A query that reads a replaced part keeps it; queries end within their own bound. */
const TRIES = { times: 60, pauseMs: 500 }

/**
 * Removes from the disk what merges and mutations have replaced, which the engine would keep for another eight minutes or more.
 * Dropping a partition removes such parts on the way, at once where their lifetime is 0. Parts somebody put aside (`detached`)
 * go as well.
 */
export async function purge(database: Database, table: string): Promise<void> {
  await database.command(`ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 0`)
  try {
    for (let tries = 0; ; tries++) {
      await database.command(`ALTER TABLE ${table} DROP PARTITION ${NO_PARTITION}`)
      const left = await inactiveParts(database, table)
      if (left === 0) break
      if (tries >= TRIES.times) {
        throw new WarehouseError('busy', `${left} replaced parts of ${table} are still being read. Try again later.`)
      }
      await new Promise(resolve => setTimeout(resolve, TRIES.pauseMs))
    }
    await dropDetached(database, table)
  } finally {
    await database.command(`ALTER TABLE ${table} RESET SETTING old_parts_lifetime`)
  }
}

async function inactiveParts(database: Database, table: string): Promise<number> {
  const [row] = await database.rows<{ parts: number }>(
    `SELECT toUInt32(count()) AS parts FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND NOT active`,
    { table },
  )
  return row?.parts ?? 0
}

async function dropDetached(database: Database, table: string): Promise<void> {
  const parts = await database.rows<{ name: string }>(
    'SELECT name FROM system.detached_parts WHERE database = currentDatabase() AND table = {table:String}',
    { table },
  )
  for (const { name } of parts) {
    const quoted = `'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    await database.command(`ALTER TABLE ${table} DROP DETACHED PART ${quoted} SETTINGS allow_drop_detached = 1`)
  }
}
