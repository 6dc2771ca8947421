import type { JsonObject } from '@espalier/core'
import type { Table } from '@espalier/core/stream'
import type { Database, Params } from '../client/database.ts'
import type { Column } from '../schema/table.ts'
import { tables } from '../schema/tables.ts'

export interface PersonQuestion {
  readonly workspace: string
  readonly sources: readonly string[]
}

/** Rows of one page: some megabytes. */
const PAGE_ROWS = 2_000

/** Text that holds an object. */
const OBJECTS = new Set(['properties', 'context', 'inputs'])

/** What tells two rows of one time apart. */
const KEYS: Readonly<Record<Table, { readonly time: string; readonly id: string }>> = {
  events: { time: 'timestamp', id: 'message_id' },
  decisions: { time: 'timestamp', id: 'request_id' },
  exposures: { time: 'timestamp', id: 'message_id' },
  identity_links: { time: 'at', id: 'source' },
}

/** Everything a table holds under these sources, oldest first, page by page, all columns as they are. */
export async function* person(
  database: Database,
  { workspace, sources, table }: PersonQuestion & { readonly table: Table },
  pageRows = PAGE_ROWS,
): AsyncIterable<JsonObject[]> {
  const { columns, person: named = [] } = schemaOf(table)
  const { time, id } = KEYS[table]
  const shown = columns.filter(({ name, materialized }) => name !== 'position' && materialized === undefined)
  const theirs = named.map(name => `${name} IN {sources:Array(String)}`).join(' OR ')
  // Rows that agree in time and id (parts of one request) are on one page, however many they are.
  const query = (after: string) => `SELECT ${shown.map(select).join(', ')} FROM ${table} AS r
    WHERE workspace = {workspace:String} AND (${theirs})${after}
    ORDER BY r.${time}, r.${id} LIMIT {limit:UInt32} WITH TIES`
  let params: Params = { workspace, sources: [...sources], limit: pageRows }
  let after = ''
  for (;;) {
    const rows = await database.rows<JsonObject>(query(after), params)
    if (rows.length > 0) yield rows.map(objectsOf)
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageRows) return
    after = ` AND (r.${time}, r.${id}) > (fromUnixTimestamp64Milli({time:Int64}, 'UTC'), {id:String})`
    params = { ...params, time: last[time], id: last[id] }
  }
}

/** How many rows each table holds under these sources. */
export async function personSize(
  database: Database,
  { workspace, sources }: PersonQuestion,
): Promise<Record<Table, number>> {
  const sizes: Record<Table, number> = { events: 0, decisions: 0, exposures: 0, identity_links: 0 }
  for (const table of Object.keys(sizes) as Table[]) {
    const theirs = (schemaOf(table).person ?? []).map(name => `${name} IN {sources:Array(String)}`).join(' OR ')
    const [row] = await database.rows<{ n: number }>(
      `SELECT toUInt32(count()) AS n FROM ${table} WHERE workspace = {workspace:String} AND (${theirs})`,
      { workspace, sources: [...sources] },
    )
    sizes[table] = row?.n ?? 0
  }
  return sizes
}

function schemaOf(table: Table) {
  return tables.find(({ name }) => name === table)!
}

function select({ name, type }: Column): string {
  const quoted = name.includes('.') ? `r.\`${name}\`` : `r.${name}`
  return type.startsWith('DateTime64') ? `toUnixTimestamp64Milli(${quoted}) AS ${name}` : `${quoted} AS \`${name}\``
}

function objectsOf(row: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      OBJECTS.has(name) && typeof value === 'string' ? (value === '' ? {} : JSON.parse(value)) : value,
    ]),
  )
}
