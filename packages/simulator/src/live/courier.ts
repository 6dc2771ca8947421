import type { Item } from '../item.ts'

/** Carries events of many shoppers together, so that not each needs its own request. */
export class Courier {
  readonly #deliver: (items: readonly Item[]) => Promise<unknown>
  readonly #size: number
  #items: Item[] = []

  constructor(deliver: (items: readonly Item[]) => Promise<unknown>, size = 100) {
    this.#deliver = deliver
    this.#size = size
  }

  /** Waits for the delivery when it fills a batch. */
  async send(items: readonly Item[]): Promise<void> {
    this.#items.push(...items)
    if (this.#items.length >= this.#size) await this.flush()
  }

  async flush(): Promise<void> {
    const items = this.#items
    this.#items = []
    if (items.length > 0) await this.#deliver(items)
  }
}
