import { randomUUID } from 'node:crypto'
import type { LeaseStore } from '../port.ts'
import type { MessageIds } from './messageIds.ts'

const EVERY_MS = 60_000
const LEASE = 'store:maintenance'

/** Keeps the deduplication horizon, on one node at a time. */
export class Maintenance {
  readonly #leases: LeaseStore
  readonly #messageIds: MessageIds
  readonly #clock: () => number
  readonly #holder = randomUUID()
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> = Promise.resolve()
  #failure = ''

  constructor(options: { leases: LeaseStore; messageIds: MessageIds; clock: () => number }) {
    this.#leases = options.leases
    this.#messageIds = options.messageIds
    this.#clock = options.clock
    this.#timer = setInterval(() => {
      this.#running = this.#run()
    }, EVERY_MS).unref()
  }

  /** Why it failed last time, '' when it did not: it is tried again a minute later. */
  get failure(): string {
    return this.#failure
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      const now = this.#clock()
      if (!(await this.#leases.acquire(LEASE, this.#holder, now, 10 * EVERY_MS))) return
      await this.#messageIds.maintain(now)
      await this.#leases.release(LEASE, this.#holder)
      this.#failure = ''
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error)
    }
  }
}
