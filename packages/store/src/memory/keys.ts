import type { ApiKey, KeyStore } from '../port.ts'

export class MemoryKeys implements KeyStore {
  readonly #keys = new Map<string, ApiKey>()

  async put(key: ApiKey): Promise<void> {
    this.#keys.set(key.id, { ...key })
  }

  async byHash(hash: string): Promise<ApiKey | undefined> {
    return this.#sorted().find(key => key.hash === hash)
  }

  async list(workspace: string): Promise<ApiKey[]> {
    return this.#sorted().filter(key => key.workspace === workspace)
  }

  async revoke(workspace: string, id: string, now: number): Promise<boolean> {
    const key = this.#keys.get(id)
    if (key?.workspace !== workspace) return false
    this.#keys.set(id, { ...key, revoked: key.revoked ?? now })
    return true
  }

  async workspaces(): Promise<string[]> {
    return [...new Set(this.#sorted().map(key => key.workspace))]
  }

  #sorted(): ApiKey[] {
    return [...this.#keys.values()]
      .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
      .map(key => ({ ...key }))
  }
}
