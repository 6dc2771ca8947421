import type { CatalogItem, CatalogStore } from '../../port.ts'
import type { ControlDb } from './db.ts'
import { after, controlKey } from './key.ts'

/** Items under (workspace, id): those of the catalog, or what the server remembers. */
export class LmdbCatalog implements CatalogStore {
  readonly #db: ControlDb
  readonly #table: 'catalog' | 'records'

  constructor(db: ControlDb, table: 'catalog' | 'records' = 'catalog') {
    this.#db = db
    this.#table = table
  }

  async put(workspace: string, items: readonly CatalogItem[]): Promise<void> {
    await this.#db.transaction(transaction => {
      for (const { id, updated, body } of items) {
        transaction.put(this.#table, controlKey(workspace, id), { id, updated, body })
      }
    })
  }

  async get(workspace: string, ids: readonly string[]): Promise<CatalogItem[]> {
    return ids.flatMap(id => this.#db.get<CatalogItem>(this.#table, controlKey(workspace, id)) ?? [])
  }

  async remove(workspace: string, ids: readonly string[]): Promise<void> {
    await this.#db.transaction(transaction => {
      for (const id of ids) transaction.remove(this.#table, controlKey(workspace, id))
    })
  }

  async page(workspace: string, from: string | undefined, limit: number): Promise<CatalogItem[]> {
    const start = from === undefined ? controlKey(workspace) : after(workspace, from)
    return this.#db.range(this.#table, start, after(workspace), { limit })
  }

  async count(workspace: string): Promise<number> {
    return this.#db.count(this.#table, controlKey(workspace), after(workspace))
  }
}
