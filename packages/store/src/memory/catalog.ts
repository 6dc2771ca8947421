import type { CatalogItem, CatalogStore } from '../port.ts'

export class MemoryCatalog implements CatalogStore {
  readonly #workspaces = new Map<string, Map<string, CatalogItem>>()

  async put(workspace: string, items: readonly CatalogItem[]): Promise<void> {
    const all = this.#workspaces.get(workspace) ?? new Map()
    this.#workspaces.set(workspace, all)
    for (const item of items) all.set(item.id, structuredClone(item))
  }

  async get(workspace: string, ids: readonly string[]): Promise<CatalogItem[]> {
    const all = this.#workspaces.get(workspace)
    return ids.flatMap(id => all?.get(id) ?? []).map(item => structuredClone(item))
  }

  async remove(workspace: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#workspaces.get(workspace)?.delete(id)
  }

  async page(workspace: string, after: string | undefined, limit: number): Promise<CatalogItem[]> {
    return [...(this.#workspaces.get(workspace)?.values() ?? [])]
      .filter(item => after === undefined || item.id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(item => structuredClone(item))
  }

  async count(workspace: string): Promise<number> {
    return this.#workspaces.get(workspace)?.size ?? 0
  }
}
