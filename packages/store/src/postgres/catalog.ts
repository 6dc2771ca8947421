import type { CatalogItem, CatalogStore } from '../port.ts'
import type { Database } from './database.ts'

/** The items of the catalog, or what the server remembers. */
export class PostgresCatalog implements CatalogStore {
  readonly #database: Database
  readonly #table: 'catalog' | 'records'

  constructor(database: Database, table: 'catalog' | 'records' = 'catalog') {
    this.#database = database
    this.#table = table
  }

  async put(workspace: string, items: readonly CatalogItem[]): Promise<void> {
    // The last of an id wins; by id, so that two puts never wait for each other in a circle.
    const rows = [...new Map(items.map(item => [item.id, item])).values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    if (rows.length === 0) return
    await this.#database.change(
      `INSERT INTO espalier.${this.#table} (workspace, id, updated, body)
       SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::json[])
       ON CONFLICT (workspace, id) DO UPDATE SET updated = excluded.updated, body = excluded.body`,
      [workspace, rows.map(row => row.id), rows.map(row => row.updated), rows.map(row => JSON.stringify(row.body))],
    )
  }

  async get(workspace: string, ids: readonly string[]): Promise<CatalogItem[]> {
    return this.#database.query(
      `SELECT id, updated, body FROM espalier.${this.#table} WHERE workspace = $1 AND id = ANY ($2::text[])`,
      [workspace, ids],
      `${this.#table}.get`,
    )
  }

  async remove(workspace: string, ids: readonly string[]): Promise<void> {
    await this.#database.change(`DELETE FROM espalier.${this.#table} WHERE workspace = $1 AND id = ANY ($2::text[])`, [
      workspace,
      ids,
    ])
  }

  async page(workspace: string, after: string | undefined, limit: number): Promise<CatalogItem[]> {
    return this.#database.query(
      `SELECT id, updated, body FROM espalier.${this.#table} WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [workspace, after ?? '', limit],
    )
  }

  async count(workspace: string): Promise<number> {
    const [row] = await this.#database.query<{ items: number }>(
      `SELECT count(*) AS items FROM espalier.${this.#table} WHERE workspace = $1`,
      [workspace],
    )
    return row?.items ?? 0
  }
}
