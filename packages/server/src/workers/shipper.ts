import { maskText } from '@espalier/core/consent'
import type { Outbox, ShipBatch } from '@espalier/store'
import { type Warehouse, WarehouseError } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { Metrics } from '../metrics.ts'
import { Rounds } from './rounds.ts'

export interface ShipperOptions {
  readonly outbox: Outbox
  readonly warehouse: Pick<Warehouse, 'insert'> & {
    /** Throws where it is not open, or not this store’s. */
    ready(): Promise<void>
  }
  readonly now: () => number
  readonly log: Logger
  readonly metrics: Metrics
  /** Names this process among those that share the outbox. */
  readonly holder: string
  /** Milliseconds between rounds while there is little to ship. */
  readonly every: number
}

/** Rows in one batch: a part the warehouse is glad of, some 50 MB at most. */
const BATCH_ROWS = 50_000
const BATCHES = 4
/**
 * A batch whose holder died is free again after it. Should an insert take longer, another node makes it too, under the same
 * token, and the warehouse takes it once.
 */
const LEASE_MS = 20_000
const LONGEST_BACKOFF_MS = 5000
/**
 * A round that shipped at least this much, of either, goes on at once: there is probably more. What comes meanwhile is no reason to: it would
 * make a small part for the warehouse to merge, where a second later it makes a larger one.
 */
const BUSY_ROWS = BATCH_ROWS
const BUSY_BYTES = 16 << 20

/**
 * Ships the outbox: claim, insert under the batch's token, settle. A batch that fails is tried again as it is, with growing
 * pauses, while the product goes on; the token makes a repeated insert change nothing (*Exactly once into the warehouse*).
 */
export class Shipper {
  readonly #options: ShipperOptions
  readonly #rounds: Rounds
  #pauses = 0
  #failures = 0
  /** Rounds that are over. */
  #over = 0
  #round: Promise<boolean> = Promise.resolve(false)
  /** Why the last round failed; undefined when it did not. */
  lastError: string | undefined

  constructor(options: ShipperOptions) {
    this.#options = options
    let isBusy = false
    this.#rounds = new Rounds({
      work: async () => {
        isBusy = false
        if (this.#pauses > 0) return
        this.#round = this.#shipOnce()
        isBusy = await this.#round
      },
      pause: () => (isBusy ? 0 : this.#pause()),
      failed: error => options.log.error({ err: error }, 'shipping failed'),
    })
  }

  start(): void {
    this.#rounds.start()
  }

  /** Finishes the batch it is at. */
  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Runs `work` while nothing is being shipped. */
  async paused<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses++
    try {
      await this.#round
      return await work()
    } finally {
      this.#pauses--
      this.#rounds.nudge()
    }
  }

  /** What is acknowledged by now, on any node: `drain` waits for it. */
  async mark(): Promise<string> {
    const { outbox } = this.#options
    await outbox.flush()
    return outbox.mark()
  }

  /**
   * Waits until the warehouse has what was acknowledged before this call, or before `mark`; false when that takes longer, or it is down.
   * Who asks again says the same mark again, or would run after a warehouse that is behind for ever.
   */
  async drain(timeoutMs: number, mark?: string): Promise<boolean> {
    const { outbox } = this.#options
    // How long it waits, the clock of the day does not say: it may be put back meanwhile.
    const began = performance.now()
    const before = this.#over
    const wanted = mark ?? (await this.mark())
    for (;;) {
      if (await outbox.passed(wanted)) return true
      const failed = this.#failures > 0 && this.#over > before
      if (failed || performance.now() - began >= timeoutMs || this.#rounds.stopped) return false
      this.#rounds.nudge()
      await delay(20)
    }
  }

  #pause(): number {
    const { every } = this.#options
    return this.#failures === 0 ? every : Math.min(every * 2 ** Math.min(this.#failures, 20), LONGEST_BACKOFF_MS)
  }

  /** Whether it was a busy round. Never throws: a failure is logged and counted, and the next round tries again. */
  async #shipOnce(): Promise<boolean> {
    const { outbox, warehouse, now, holder, log, metrics } = this.#options
    let rows = 0
    let bytes = 0
    try {
      // What this node cannot ship another may: it must not be held here.
      await warehouse.ready()
      const claimed = await outbox.claim({
        now: now(),
        leaseMs: LEASE_MS,
        holder,
        maxRows: BATCH_ROWS,
        maxBatches: BATCHES,
      })
      let refused: unknown
      for (const batch of claimed) {
        try {
          await this.#ship(batch)
          rows += batch.rows
          bytes += batch.body.length
        } catch (error) {
          if (!(error instanceof WarehouseError) || error.code !== 'invalid') throw error
          // This one will be refused again; those behind it need not wait for that.
          log.error({ err: error, token: batch.token, table: batch.table }, 'the warehouse refuses a batch')
          refused = error
        }
      }
      if (refused !== undefined) throw refused
      if (this.#failures > 0) log.info({ rows }, 'the warehouse takes rows again')
      this.#failures = 0
      this.lastError = undefined
    } catch (error) {
      this.#failures++
      metrics.shipErrors.inc()
      this.lastError = maskText(error instanceof Error ? error.message : String(error))
      if (this.#failures === 1) log.warn({ err: error }, 'the warehouse does not take rows; they wait in the outbox')
    }
    this.#over++
    return rows >= BUSY_ROWS || bytes >= BUSY_BYTES
  }

  async #ship(batch: ShipBatch): Promise<void> {
    const { warehouse, outbox, metrics, now } = this.#options
    const started = now()
    await warehouse.insert(batch)
    // Only what the warehouse has durably may go.
    await outbox.settle(batch.token)
    metrics.ship.observe((now() - started) / 1000)
    metrics.shipped.inc({ table: batch.table }, batch.rows)
  }
}

function delay(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
