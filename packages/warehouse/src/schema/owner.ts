import type { Database } from '../client/database.ts'

/**
 * Number under which `migrations` says whose rows these are. No migration has it, and since it is a row of a table that is there
 * already, no cluster has to be given another one for it.
 */
const OWNER = 0

/** Who signed last; undefined where nobody has. */
export async function ownerOf(database: Database): Promise<string | undefined> {
  const [row] = await database.rows<{ id: string; signed: number }>(
    'SELECT argMax(name, applied) AS id, count() AS signed FROM migrations WHERE version = {owner:UInt32}',
    { owner: OWNER },
  )
  return row === undefined || Number(row.signed) === 0 ? undefined : row.id
}

/** Later than whoever signed before, whatever the clocks say. */
export function sign(database: Database, installation: string): Promise<void> {
  return database.command(
    `INSERT INTO migrations (version, name, applied)
    SELECT {owner:UInt32}, {installation:String}, greatest(now64(3, 'UTC'), addMilliseconds(max(applied), 1))
    FROM migrations WHERE version = {owner:UInt32}`,
    { owner: OWNER, installation },
  )
}
