import type { Store } from '@espalier/store'
import { type Owner, type Warehouse, WarehouseError } from '@espalier/warehouse'
import { deriveKey } from './secrets.ts'
import { FIRST_WORKSPACE } from './workspace.ts'

const NOTE = 'warehouse'
/** Stands for a warehouse that nobody has signed. */
const UNSIGNED = ''

/** What the store knows of its warehouse. */
interface Note {
  /** Rows were on their way to it: from then on one that nobody has signed lacks something. */
  readonly shipped: boolean
  /** Owners in whose place an operator has put this installation; until it has signed everywhere. */
  readonly accepted?: readonly string[]
}

export const BOND_MEND =
  'Stop, put back the warehouse that belongs to this store (its folder from the backup the store is from, or its URL), and start again. Where it is lost for good, `espalier warehouse accept` begins history anew with this one.'

/**
 * Holds a store and its warehouse together: the installation signs the warehouse, and remembers that it has shipped. A warehouse
 * that was lost, and somebody else's, are noticed before anything is written to them or read from them as if it were all there is.
 * The installation's id comes from the master secret: every node has the same, and a copy of the store brings it along.
 */
export class WarehouseBond {
  readonly #store: Pick<Store, 'masterSecret' | 'records'>
  readonly #now: () => number
  #shipped: Promise<void> | undefined
  #strangers: readonly Owner[] = []

  constructor(store: Pick<Store, 'masterSecret' | 'records'>, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /**
   * Throws `foreign` where the warehouse is not this store's. Signs it where nobody has and nothing was shipped yet, as is so after an
   * upgrade. May break off anywhere: the note that it was accepted goes only when everything is signed.
   */
  async confirm(warehouse: Pick<Warehouse, 'owners' | 'sign'>): Promise<void> {
    const id = deriveKey(await this.#store.masterSecret(), 'installation', '').toString('hex')
    const owners = await warehouse.owners()
    const { shipped, accepted = [] } = await this.#read()
    const strangers = owners.filter(
      owner => owner.id !== id && (owner.id !== undefined || shipped) && !accepted.includes(owner.id ?? UNSIGNED),
    )
    this.#strangers = strangers
    const [first] = strangers
    if (first !== undefined) {
      const what =
        first.id === undefined
          ? 'has none of the rows that this store has shipped'
          : 'belongs to another installation of Espalier'
      throw new WarehouseError('foreign', `${first.where} ${what}. Nothing is shipped to it: rows wait in the outbox.`)
    }
    if (owners.some(owner => owner.id !== id)) await warehouse.sign(id)
    // As it is now: while this node was signing, another may have begun to ship.
    if (accepted.length > 0) await this.#write({ shipped: (await this.#read()).shipped })
  }

  /** Remembers, before the first row goes, that rows are shipped. */
  shipping(): Promise<void> {
    this.#shipped ??= this.#noteShipped().catch(error => {
      this.#shipped = undefined
      throw error
    })
    return this.#shipped
  }

  /** The operator says that the warehouse that was refused is this store's from now on; false where none was refused. */
  async accept(): Promise<boolean> {
    if (this.#strangers.length === 0) return false
    const { shipped } = await this.#read()
    await this.#write({ shipped, accepted: this.#strangers.map(({ id }) => id ?? UNSIGNED) })
    return true
  }

  async #noteShipped(): Promise<void> {
    const note = await this.#read()
    if (!note.shipped) await this.#write({ ...note, shipped: true })
  }

  async #read(): Promise<Note> {
    const [item] = await this.#store.records.get(FIRST_WORKSPACE, [NOTE])
    return item === undefined ? { shipped: false } : (item.body as unknown as Note)
  }

  async #write(note: Note): Promise<void> {
    await this.#store.records.put(FIRST_WORKSPACE, [{ id: NOTE, updated: this.#now(), body: { ...note } }])
  }
}
