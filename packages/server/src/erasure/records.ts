import type { CatalogItem, Store } from '@espalier/store'
import type { ErasureRecord } from './record.ts'

const PREFIX = 'erasure:'
/** After every id that begins with the prefix. */
const END = 'erasure;'
const PAGE = 500

/** Erasures as the store keeps them, in the order in which they were asked for. */
export class ErasureRecords {
  readonly #store: Pick<Store, 'records'>
  readonly #now: () => number

  constructor(store: Pick<Store, 'records'>, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /** Durable at return. */
  async put(record: ErasureRecord): Promise<void> {
    const body = record as unknown as CatalogItem['body']
    await this.#store.records.put(record.workspace, [{ id: PREFIX + record.id, updated: this.#now(), body }])
  }

  async get(workspace: string, id: string): Promise<ErasureRecord | undefined> {
    const [item] = await this.#store.records.get(workspace, [PREFIX + id])
    return item && recordOf(item)
  }

  /** Oldest first, after `after`, at most `limit`. */
  async page(workspace: string, after: string | undefined, limit: number): Promise<ErasureRecord[]> {
    const items = await this.#store.records.page(workspace, PREFIX + (after ?? ''), limit)
    return items.filter(({ id }) => id < END).map(recordOf)
  }

  async *all(workspace: string): AsyncIterable<ErasureRecord> {
    for (let after: string | undefined; ; ) {
      const page = await this.page(workspace, after, PAGE)
      yield* page
      if (page.length < PAGE) return
      after = page.at(-1)?.id
    }
  }
}

function recordOf({ body }: CatalogItem): ErasureRecord {
  return body as unknown as ErasureRecord
}
