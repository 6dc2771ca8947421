import type { ApiKey, KeyStore } from '@espalier/store'
import { Problem } from '../problem.ts'
import { hashKey, sameText } from '../secrets.ts'

/** How long a key read from the store is believed: a revocation is effective on all nodes within this. */
const BELIEVED_MS = 1000
/** Beyond this many different keys in a second the oldest are read again (R11). */
const MAX_CACHED = 10_000

/** Finds whose key it is. Only hashes are looked up, kept and compared. */
export class KeyRing {
  readonly #store: KeyStore
  readonly #now: () => number
  readonly #known = new Map<string, { readonly key: ApiKey | undefined; readonly read: number }>()

  constructor(store: KeyStore, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /** The key, not revoked. Throws `unknown_key`. */
  async find(text: string): Promise<ApiKey> {
    const hash = hashKey(text)
    const known = this.#known.get(hash)
    const fresh = known !== undefined && this.#now() - known.read < BELIEVED_MS
    const key = fresh ? known.key : await this.#read(hash)
    if (key === undefined || key.revoked !== undefined) {
      throw new Problem('unknown_key', 'This key is not known, or was revoked.')
    }
    return key
  }

  /** A key of this node was revoked or made: believe nothing older. */
  forget(): void {
    this.#known.clear()
  }

  async #read(hash: string): Promise<ApiKey | undefined> {
    const read = this.#now()
    const found = await this.#store.byHash(hash)
    const key = found !== undefined && sameText(found.hash, hash) ? found : undefined
    this.#known.delete(hash)
    this.#known.set(hash, { key, read })
    if (this.#known.size > MAX_CACHED) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest)
        break
      }
    }
    return key
  }
}
