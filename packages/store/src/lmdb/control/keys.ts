import type { ApiKey, KeyStore } from '../../port.ts'
import type { ControlDb } from './db.ts'
import { after, controlKey } from './key.ts'

/** Keys under (id), and the id under (hash). There are few. */
export class LmdbKeys implements KeyStore {
  readonly #db: ControlDb

  constructor(db: ControlDb) {
    this.#db = db
  }

  async put(key: ApiKey): Promise<void> {
    await this.#db.transaction(transaction => {
      transaction.put('keys', controlKey('id', key.id), key)
      transaction.put('keys', controlKey('hash', key.hash), key.id)
    })
  }

  async byHash(hash: string): Promise<ApiKey | undefined> {
    const id = this.#db.get<string>('keys', controlKey('hash', hash))
    return id === undefined ? undefined : this.#db.get('keys', controlKey('id', id))
  }

  async list(workspace: string): Promise<ApiKey[]> {
    return this.#all().filter(key => key.workspace === workspace)
  }

  revoke(workspace: string, id: string, now: number): Promise<boolean> {
    return this.#db.transaction(transaction => {
      const key = transaction.get<ApiKey>('keys', controlKey('id', id))
      if (key?.workspace !== workspace) return false
      transaction.put('keys', controlKey('id', id), { ...key, revoked: key.revoked ?? now })
      return true
    })
  }

  async workspaces(): Promise<string[]> {
    return [...new Set(this.#all().map(key => key.workspace))]
  }

  /** Oldest first. */
  #all(): ApiKey[] {
    const keys = this.#db.range<ApiKey>('keys', controlKey('id'), after('id'))
    return keys.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
  }
}
