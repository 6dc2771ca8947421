import type { Applied } from '@espalier/core/stream'
import type { Logger } from 'pino'
import { Problem } from '../problem.ts'
import type { Rebuilder } from './rebuild.ts'

export interface RebuildsOptions {
  readonly rebuilder: Pick<Rebuilder, 'rebuild'>
  readonly now: () => number
  readonly log: Logger
}

/** People that wait; of more it is said again when something happens to them (R11). */
const MOST_WAITING = 10_000
/** Whose log cannot make them again is left as they are so long. */
const REST_MS = 3_600_000
const RETRY_MS = 5_000
/** Whoever cannot be made again for what passes by itself is tried so often. */
const ATTEMPTS = 20
/** What does not pass by itself. */
const LASTING = new Set<string>(['log_expired', 'log_too_long', 'identity_refused'])

interface Waiting {
  readonly workspace: string
  readonly profile: string
  readonly attempts: number
}

/**
 * Makes people again from the log of whom the stream said that something came too late for what is kept of them (R10): one after
 * the other, in the background. What waits is not stored: as long as a person's signals are late, every event of theirs says so
 * again.
 */
export class Rebuilds {
  readonly #options: RebuildsOptions
  readonly #waiting = new Map<string, Waiting>()
  /** Who rests, and until when. */
  readonly #resting = new Map<string, number>()
  #running: Promise<void> | undefined
  #wake: () => void = () => {}
  #stopped = false
  #made = 0

  constructor(options: RebuildsOptions) {
    this.#options = options
  }

  /** What became of entries: whoever is late has to be made again. */
  note(workspace: string, applied: readonly Applied[]): void {
    for (const { late, profile } of applied) if (late && profile !== undefined) this.#add(workspace, profile)
  }

  /** People made again so far. */
  get made(): number {
    return this.#made
  }

  /** Settled when nobody waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#waiting.clear()
    this.#wake()
    await this.#running
  }

  #add(workspace: string, profile: string): void {
    const key = `${workspace} ${profile}`
    if (this.#stopped || this.#waiting.size >= MOST_WAITING || this.#isResting(key)) return
    this.#waiting.set(key, { workspace, profile, attempts: this.#waiting.get(key)?.attempts ?? 0 })
    this.#begin()
  }

  #begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#waiting.size > 0) this.#begin()
    })
  }

  #isResting(key: string): boolean {
    const until = this.#resting.get(key)
    if (until === undefined) return false
    if (until > this.#options.now()) return true
    this.#resting.delete(key)
    return false
  }

  async #run(): Promise<void> {
    for (const [key, one] of this.#waiting) {
      // What is said of them from now on is of after they were read.
      this.#waiting.delete(key)
      try {
        await this.#options.rebuilder.rebuild(one.workspace, one.profile)
        this.#made++
      } catch (error) {
        await this.#failed(key, one, error)
      }
    }
  }

  async #failed(key: string, one: Waiting, error: unknown): Promise<void> {
    if (this.#stopped || (error instanceof Problem && error.code === 'not_found')) return
    const { log, now } = this.#options
    const { workspace, profile } = one
    const attempts = one.attempts + 1
    if (!(error instanceof Problem && LASTING.has(error.code)) && attempts < ATTEMPTS) {
      this.#waiting.set(key, { ...one, attempts })
      await this.#pause()
      return
    }
    if (this.#resting.size >= MOST_WAITING) this.#resting.clear()
    this.#resting.set(key, now() + REST_MS)
    log.warn({ err: error, workspace, profile }, 'a person could not be made again from the log')
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, RETRY_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
