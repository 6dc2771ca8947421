import type { Database } from '../client/database.ts'

/** Rows, bytes on the disk and parts of each table, and the engine's version. */
export async function tableStats(database: Database): Promise<Record<string, number | string>> {
  const rows = await database.rows<{ table: string; rows: number; bytes: number; parts: number }>(
    `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts
    FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table ORDER BY table`,
  )
  const [engine] = await database.rows<{ version: string; schema: number }>(
    'SELECT version() AS version, (SELECT max(version) FROM migrations) AS schema',
  )
  return Object.fromEntries([
    ['version', engine?.version ?? ''],
    ['schema', engine?.schema ?? 0],
    ...rows.flatMap(row => [
      [`${row.table}.rows`, row.rows],
      [`${row.table}.bytes`, row.bytes],
      [`${row.table}.parts`, row.parts],
    ]),
  ])
}
