export interface RoundsOptions {
  /** One round. What it throws goes to `failed`, and the next round tries again. */
  readonly work: () => Promise<unknown>
  /** Milliseconds after a round that are waited even when somebody nudges, asked before `pause`; none unless given. */
  readonly rest?: () => number
  /** Milliseconds until the next round begins, or somebody nudges, asked after each; 0: at once. */
  readonly pause: () => number
  readonly failed: (error: unknown) => void
}

/** Work that is done again and again in the background, a round after the other, with a pause between. */
export class Rounds {
  readonly #options: RoundsOptions
  #running: Promise<void> = Promise.resolve()
  #stopped = true
  #nudged = false
  #isResting = false
  #wake: () => void = () => {}

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  /** Work that takes long asks it between its steps. */
  get stopped(): boolean {
    return this.#stopped
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#running = this.#run()
  }

  /** Resolves when the round under way is over; what it throws now nobody hears of: what it worked with may be closing. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#running
  }

  /** The next round begins at once: now, or as soon as the one under way, and the rest after it, is over. */
  nudge(): void {
    this.#nudged = true
    if (!this.#isResting) this.#wake()
  }

  async #run(): Promise<void> {
    const { work, rest, pause, failed } = this.#options
    while (!this.#stopped) {
      this.#nudged = false
      try {
        await work()
      } catch (error) {
        if (!this.#stopped) failed(error)
      }
      if (rest !== undefined) {
        this.#isResting = true
        await this.#sleep(rest())
        this.#isResting = false
      }
      const ms = pause()
      if (!this.#nudged) await this.#sleep(ms)
    }
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopped) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
