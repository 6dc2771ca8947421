import type { KeptTable } from '@espalier/core/consent'
import type { Database } from '../client/database.ts'
import { mutate } from './mutation.ts'
import { purge } from './purge.ts'

export interface ExpiryQuestion {
  readonly workspace: string
  readonly table: KeptTable
  /** Rows timed before it go, epoch milliseconds. */
  readonly before: number
}

/** Removes a workspace's rows that are too old, from the files too; answers how many. Nothing is rewritten where none are. */
export async function expire(database: Database, { workspace, table, before }: ExpiryQuestion): Promise<number> {
  const due = `workspace = {workspace:String} AND timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC')`
  const params = { workspace, before }
  const [found] = await database.rows<{ n: number }>(`SELECT toUInt32(count()) AS n FROM ${table} WHERE ${due}`, params)
  if (found === undefined || found.n === 0) return 0
  await mutate(database, table, `DELETE WHERE ${due}`, params)
  await purge(database, table)
  return found.n
}
