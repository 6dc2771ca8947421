import { WarehouseError } from '../errors.ts'

/**
 * Lets at most `running` pieces of work run at once and at most `waiting` wait, in order of arrival; more are refused with
 * `busy` (R11). `close` lets what runs finish and holds what comes, until `open`.
 */
export class Gate {
  readonly #name: string
  readonly #running: number
  readonly #waiting: number
  readonly #queue: (() => void)[] = []
  readonly #idle: (() => void)[] = []
  #active = 0
  #closed = false

  constructor(name: string, limits: { running: number; waiting: number }) {
    this.#name = name
    this.#running = limits.running
    this.#waiting = limits.waiting
  }

  get waiting(): number {
    return this.#queue.length
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#active -= 1
      this.#next()
    }
  }

  /** Settled when nothing runs any more; nothing new begins until `open`. */
  close(): Promise<void> {
    this.#closed = true
    if (this.#active === 0) return Promise.resolve()
    return new Promise(resolve => this.#idle.push(resolve))
  }

  open(): void {
    this.#closed = false
    while (this.#active < this.#running && this.#queue.length > 0) this.#next()
  }

  #enter(): Promise<void> {
    if (!this.#closed && this.#active < this.#running) {
      this.#active += 1
      return Promise.resolve()
    }
    if (this.#queue.length >= this.#waiting) {
      return Promise.reject(
        new WarehouseError(
          'busy',
          `${this.#queue.length} ${this.#name} wait for the warehouse already. Try again later.`,
        ),
      )
    }
    return new Promise(resolve => this.#queue.push(resolve))
  }

  #next(): void {
    if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve()
    if (this.#closed || this.#active >= this.#running) return
    const begin = this.#queue.shift()
    if (begin === undefined) return
    this.#active += 1
    begin()
  }
}
