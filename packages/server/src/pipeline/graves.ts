import { identifierOf } from '@espalier/core/identity'
import type { Store } from '@espalier/store'
import { deriveKey, Hmac } from '../secrets.ts'
import { isBelieved } from './believed.ts'

/** Where it is noted until when there are tombstones in a workspace. */
const GRAVES = 'graves'

interface Known {
  /** Until when there are tombstones, epoch milliseconds; 0: there are none. */
  readonly until: number
  readonly read: number
}

/**
 * Where an erasure of an identifier leaves its tombstone: a hash under the master secret, which tells nobody without the secret
 * whose it is. Made for events only where somebody was erased in the workspace.
 */
export class Graves {
  readonly #store: Pick<Store, 'records'>
  readonly #masterSecret: Uint8Array
  readonly #now: () => number
  /** Other nodes may erase somebody, too. */
  readonly #shared: boolean
  readonly #keys = new Map<string, Hmac>()
  readonly #known = new Map<string, Known>()

  constructor(parts: { store: Pick<Store, 'records'>; masterSecret: Uint8Array; now: () => number; shared: boolean }) {
    this.#store = parts.store
    this.#masterSecret = parts.masterSecret
    this.#now = parts.now
    this.#shared = parts.shared
  }

  /** Before `at` is asked. A promise only where the store has to be asked. */
  ready(workspace: string): undefined | Promise<unknown> {
    const known = this.#known.get(workspace)
    if (known !== undefined && (!this.#shared || isBelieved(known.read, this.#now()))) return undefined
    return this.#read(workspace)
  }

  /** The tombstones these identifiers would have; undefined where nobody was erased. */
  at(workspace: string, identifiers: () => readonly string[]): readonly string[] | undefined {
    const { until } = this.#known.get(workspace) ?? { until: 0 }
    return until <= this.#now() ? undefined : identifiers().map(identifier => this.of(workspace, identifier))
  }

  of(workspace: string, identifier: string): string {
    let key = this.#keys.get(workspace)
    if (key === undefined) {
      key = new Hmac(deriveKey(this.#masterSecret, 'grave', workspace))
      this.#keys.set(workspace, key)
    }
    return identifierOf('grave', key.of(Buffer.from(identifier)).toString('base64url', 0, 16))
  }

  /** There are tombstones from now on. False: this node knew, and others do since a while. */
  async dig(workspace: string, until: number): Promise<boolean> {
    const before = await this.#read(workspace)
    if (before.until >= until) return false
    await this.#store.records.put(workspace, [{ id: GRAVES, updated: this.#now(), body: { until } }])
    this.#known.set(workspace, { until, read: this.#now() })
    return before.until <= this.#now()
  }

  async #read(workspace: string): Promise<Known> {
    const read = this.#now()
    const [noted] = await this.#store.records.get(workspace, [GRAVES])
    const known = { until: noted === undefined ? 0 : Number(noted.body.until), read }
    this.#known.set(workspace, known)
    return known
  }
}
