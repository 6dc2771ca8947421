import type { ApiKey, KeyStore } from '@espalier/store'
import { Problem } from '../problem.ts'
import { hashKey, sameText } from '../secrets.ts'
import { isBelieved } from './believed.ts'

/** Beyond this many different keys in a second the oldest are read again (R11). */
const MAX_CACHED = 10_000

/** Finds whose key it is. Only hashes are looked up, kept and compared; a connection's last key is known while it is open. */
export class KeyRing {
  readonly #store: KeyStore
  readonly #now: () => number
  readonly #known = new Map<string, { readonly key: ApiKey | undefined; readonly read: number }>()
  /** What the last request of a connection brought: the next one nearly always brings the same. */
  readonly #brought = new WeakMap<object, { readonly text: string; readonly hash: string }>()

  constructor(store: KeyStore, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /** The key, not revoked; a promise only where the store has to be asked. Throws `unknown_key`. */
  find(text: string, connection?: object): ApiKey | Promise<ApiKey> {
    const hash = connection === undefined ? hashKey(text) : this.#hashOf(text, connection)
    const known = this.#known.get(hash)
    const fresh = known !== undefined && isBelieved(known.read, this.#now())
    return fresh ? valid(known.key) : this.#read(hash).then(valid)
  }

  #hashOf(text: string, connection: object): string {
    const last = this.#brought.get(connection)
    if (last?.text === text) return last.hash
    const hash = hashKey(text)
    this.#brought.set(connection, { text, hash })
    return hash
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

function valid(key: ApiKey | undefined): ApiKey {
  if (key !== undefined && key.revoked === undefined) return key
  throw new Problem('unknown_key', 'This key is not known, or was revoked.')
}
