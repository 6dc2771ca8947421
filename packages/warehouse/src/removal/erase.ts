import type { Table } from '@espalier/core/stream'
import type { Database } from '../client/database.ts'
import type { TableSchema } from '../schema/table.ts'
import { tables } from '../schema/tables.ts'
import { mutate } from './mutation.ts'
import { purge } from './purge.ts'

export interface ErasureQuestion {
  readonly workspace: string
  /** Every source profile of the people who are erased. */
  readonly sources: readonly string[]
  /** Their identifiers, which others' links may name. */
  readonly identifiers: readonly string[]
}

/** Rows removed, by table. */
export type Removed = Partial<Record<Table, number>>

/** Source profiles in one statement: its text stays some 40 KB. */
const AT_ONCE = 1_000

/**
 * Removes every row that is filed under these sources, and what other people's links say of their identifiers, from the files
 * too. Tables that hold nothing of them are left alone. May be repeated.
 */
export async function erase(
  database: Database,
  { workspace, sources, identifiers }: ErasureQuestion,
): Promise<Removed> {
  const removed: Record<string, number> = {}
  for (const table of tables.filter(hasPeople)) {
    removed[table.name] = await removeFrom(database, table, workspace, sources)
  }
  await forgetEvidence(database, workspace, identifiers)
  // Also what an attempt before this one has replaced.
  for (const table of tables.filter(hasPeople)) await purge(database, table.name)
  return removed
}

function hasPeople(table: TableSchema): table is TableSchema & { readonly person: readonly string[] } {
  return table.person !== undefined
}

async function removeFrom(
  database: Database,
  table: TableSchema & { readonly person: readonly string[] },
  workspace: string,
  sources: readonly string[],
): Promise<number> {
  let rows = 0
  for (let from = 0; from < sources.length; from += AT_ONCE) {
    const params = { workspace, sources: sources.slice(from, from + AT_ONCE) }
    const theirs = `workspace = {workspace:String} AND (${table.person.map(one => `${one} IN {sources:Array(String)}`).join(' OR ')})`
    const [found] = await database.rows<{ n: number }>(
      `SELECT toUInt32(count()) AS n FROM ${table.name} WHERE ${theirs}`,
      params,
    )
    if (found === undefined || found.n === 0) continue
    rows += found.n
    await mutate(database, table.name, `DELETE WHERE ${theirs}`, params)
  }
  return rows
}

/** The rows are found first, so that no statement that is kept names an identifier. */
async function forgetEvidence(database: Database, workspace: string, identifiers: readonly string[]): Promise<void> {
  const rows = await database.rows<{ source: string; at: number }>(
    `SELECT source, toUnixTimestamp64Milli(l.at) AS at FROM identity_links AS l
    WHERE workspace = {workspace:String} AND evidence != '' AND evidence IN {identifiers:Array(String)}`,
    { workspace, identifiers: [...identifiers] },
  )
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE)
    const params = { workspace, sources: some.map(row => row.source), times: some.map(row => row.at) }
    const theirs = `workspace = {workspace:String} AND source IN {sources:Array(String)}
      AND toUnixTimestamp64Milli(at) IN {times:Array(Int64)}`
    await mutate(database, 'identity_links', `UPDATE evidence = '' WHERE ${theirs}`, params)
  }
}
