import type { StoreError } from '../../errors.ts'
import type { Position } from '../journal/position.ts'
import { comparePositions } from '../journal/position.ts'
import { storeError } from '../journal/problems.ts'

export interface CheckpointLimits {
  /** A checkpoint is begun this long after the one before, when there is something to write. */
  readonly everyMs: number
  /** Or when so many bytes of changes are in memory: at twice as many commits wait for it. */
  readonly dirtyBytes: number
  /** Or when the journal has grown by so much, which bounds the time a start needs. */
  readonly journalBytes: number
}

interface Parts {
  now: () => number
  /** Bytes of changes that no checkpoint holds. */
  dirty: () => number
  /** Bytes of journal since the last checkpoint. */
  journal: () => number
  last: () => Position
  end: () => Position
  /** Writes a checkpoint as soon as no commit is under way. */
  write: () => Promise<void>
}

/** A failed checkpoint is tried again after this. */
const RETRY_MS = 5000

/** Decides when checkpoints are written, and holds commits back where memory would grow without bound. */
export class CheckpointSchedule {
  readonly #limits: CheckpointLimits
  readonly #parts: Parts
  readonly #timer: NodeJS.Timeout
  /** When the last one was begun, or the store opened. */
  #began: number
  #running: Promise<void> | undefined
  #failed: { error: StoreError; at: number } | undefined

  constructor(limits: CheckpointLimits, parts: Parts) {
    this.#limits = limits
    this.#parts = parts
    this.#began = parts.now()
    this.#timer = setInterval(() => this.look(), Math.min(1000, limits.everyMs))
    this.#timer.unref()
  }

  /** What the last try failed with. */
  get failure(): StoreError | undefined {
    return this.#failed?.error
  }

  /** Begins a checkpoint when one is due. */
  look(): void {
    if (!this.#running && this.#isDue()) void this.run().catch(() => undefined)
  }

  /** Writes one now, or waits for the one under way. */
  run(): Promise<void> {
    if (this.#running) return this.#running
    this.#began = this.#parts.now()
    this.#running = this.#parts
      .write()
      .then(
        () => {
          this.#failed = undefined
        },
        error => {
          this.#failed = { error: storeError(error), at: this.#parts.now() }
          throw this.#failed.error
        },
      )
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  /** Does `work` while no checkpoint is written but those that it asks for; who needs one waits. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running) await this.#running.catch(() => undefined)
    const done = work()
    const running = done.then(
      () => undefined,
      () => undefined,
    )
    this.#running = running.finally(() => {
      this.#running = undefined
    })
    return done
  }

  /** Waits until memory has room for more changes; throws when the checkpoint that would make it fails. */
  async ready(): Promise<void> {
    while (this.#parts.dirty() > 2 * this.#limits.dirtyBytes) await this.run()
  }

  /** No more checkpoints; the one under way is finished. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running?.catch(() => undefined)
  }

  #isDue(): boolean {
    const { now, dirty, journal, last, end } = this.#parts
    if (comparePositions(last(), end()) === 0) return false
    // A clock that was put back says nothing of how long ago something was.
    if (this.#failed && Math.abs(now() - this.#failed.at) < RETRY_MS) return false
    const { everyMs, dirtyBytes, journalBytes } = this.#limits
    return Math.abs(now() - this.#began) >= everyMs || dirty() >= dirtyBytes || journal() >= journalBytes
  }
}
