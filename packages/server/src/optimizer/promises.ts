import type { Promised } from '@espalier/core/optimizer'
import type { CatalogItem, Store } from '@espalier/store'

/** When the optimizer looked last, and what it listed, the most urgent first. */
export interface Look {
  readonly day: number
  readonly at: number
  readonly order: readonly string[]
  /** How many experiences it looked at. */
  readonly experiences: number
}

const LOOK = 'next'
const PREFIX = 'next:'
/** After every id that begins with the prefix. */
const END = 'next;'
const PAGE = 500

/** The optimizer's record as the store keeps it: a line an item, and the last look. Whoever writes holds the lease. */
export class Promises {
  readonly #store: Pick<Store, 'records'>

  constructor(store: Pick<Store, 'records'>) {
    this.#store = store
  }

  async look(workspace: string): Promise<Look | undefined> {
    const [item] = await this.#store.records.get(workspace, [LOOK])
    return item && (item.body as unknown as Look)
  }

  async all(workspace: string): Promise<Promised[]> {
    const found: Promised[] = []
    for (let after = PREFIX; ; ) {
      const page = await this.#store.records.page(workspace, after, PAGE)
      found.push(...page.filter(({ id }) => id > PREFIX && id < END).map(({ body }) => body as unknown as Promised))
      const last = page.at(-1)
      if (page.length < PAGE || last === undefined || last.id >= END) return found
      after = last.id
    }
  }

  /** What changed between two states of the record; the look last, so that it never lists what is not there. */
  async save(
    workspace: string,
    before: readonly Promised[],
    after: readonly Promised[],
    now: number,
    look?: Look,
  ): Promise<void> {
    const old = new Map(before.map(one => [one.id, one]))
    const kept = new Set(after.map(({ id }) => id))
    const changed = after.filter(one => old.get(one.id) !== one)
    const item = (id: string, body: object): CatalogItem => ({ id, updated: now, body: body as CatalogItem['body'] })
    if (changed.length > 0)
      await this.#store.records.put(
        workspace,
        changed.map(one => item(PREFIX + one.id, one)),
      )
    if (look !== undefined) await this.#store.records.put(workspace, [item(LOOK, look)])
    const gone = before.filter(({ id }) => !kept.has(id)).map(({ id }) => PREFIX + id)
    if (gone.length > 0) await this.#store.records.remove(workspace, gone)
  }
}
