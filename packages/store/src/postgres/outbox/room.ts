import { StoreError } from '../../errors.ts'
import type { Queries } from '../database.ts'

export interface Depth {
  readonly rows: number
  readonly bytes: number
  readonly oldest: number | undefined
}

export async function readDepth(queries: Queries): Promise<Depth> {
  const [row] = await queries.query<{ rows: number; bytes: number; oldest: number | null }>(
    `SELECT coalesce(sum(rows), 0)::bigint AS rows, coalesce(sum(bytes), 0)::bigint AS bytes, min(at) AS oldest
     FROM espalier.outbox`,
    [],
    'outbox.depth',
  )
  return { rows: row?.rows ?? 0, bytes: row?.bytes ?? 0, oldest: row?.oldest ?? undefined }
}

/** How long a measurement of the outbox is good for. */
const FRESH_MS = 1000

/**
 * The outbox's bound (R11), kept to within what all nodes add in a second: measured at most that often, whoever comes
 * meanwhile goes by the last measurement.
 */
export class OutboxRoom {
  readonly #queries: Queries
  readonly #maxBytes: number
  readonly #clock: () => number
  #measured = -Infinity
  #measuring: Promise<void> | undefined
  #full = false

  constructor(queries: Queries, options: { maxBytes: number; clock: () => number }) {
    this.#queries = queries
    this.#maxBytes = options.maxBytes
    this.#clock = options.clock
  }

  /** As last measured. */
  get full(): boolean {
    return this.#full
  }

  /** Throws `full` when there is no room. */
  async assert(): Promise<void> {
    // A clock that was put back says nothing of how long ago that was.
    if (Math.abs(this.#clock() - this.#measured) >= FRESH_MS) {
      this.#measuring ??= this.#measure().finally(() => {
        this.#measuring = undefined
      })
      await this.#measuring
    }
    if (this.#full) {
      throw new StoreError('full', 'The outbox is full: the warehouse has to take rows first. Is it up and reachable?')
    }
  }

  async #measure(): Promise<void> {
    const { bytes } = await readDepth(this.#queries)
    this.#full = bytes >= this.#maxBytes
    this.#measured = this.#clock()
  }
}
