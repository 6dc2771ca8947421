import type { Database } from '../client/database.ts'
import type { TableSchema } from './table.ts'
import { decisions, events, exposures } from './tables.ts'

/**
 * After how many days rows go, counted from their timestamp; without a number they stay for ever. Rows go by whole months
 * (a part goes when its last row is due), so that expiry costs no rewriting. Impact reports over expired exposures or events
 * are reports over what is left.
 */
export interface Retention {
  readonly events?: number
  readonly decisions?: number
  readonly exposures?: number
}

const expiring = { events, decisions, exposures } satisfies Record<keyof Retention, TableSchema>

/** Makes the tables' TTLs what the options say; tables that agree already are left alone. */
export async function applyRetention(database: Database, retention: Retention): Promise<void> {
  const present = await database.rows<{ name: string; definition: string }>(
    'SELECT name, create_table_query AS definition FROM system.tables WHERE database = currentDatabase()',
  )
  for (const [name, table] of Object.entries(expiring) as [keyof Retention, TableSchema][]) {
    const days = retention[name]
    const now = ttlOf(present.find(row => row.name === name)?.definition ?? '')
    if (now === days) continue
    await database.command(
      days === undefined
        ? `ALTER TABLE ${name} REMOVE TTL`
        : `ALTER TABLE ${name} MODIFY TTL ${ttl(table, days)} SETTINGS materialize_ttl_after_modify = 1`,
    )
    if (days !== undefined) await database.command(`ALTER TABLE ${name} MODIFY SETTING ttl_only_drop_parts = 1`)
  }
}

const ttl = (table: TableSchema, days: number) => `toDateTime(${table.expiresBy}) + toIntervalDay(${days})`

/** The days a table's own definition states, as the engine writes it. */
function ttlOf(definition: string): number | undefined {
  const match = /TTL\s+toDateTime\([^)]*\)\s*\+\s*(?:toIntervalDay\((\d+)\)|INTERVAL (\d+) DAY)/i.exec(definition)
  return match ? Number(match[1] ?? match[2]) : undefined
}
