export interface RoundsOptions {
  /** One round. What it throws goes to `failed`, and the next round tries again. */
  readonly work: () => Promise<unknown>
  /** Milliseconds until the next round begins, asked after each; 0: at once. */
  readonly pause: () => number
  readonly failed: (error: unknown) => void
}

/** Work that is done again and again in the background, a round after the other, with a pause between. */
export class Rounds {
  readonly #options: RoundsOptions
  #running: Promise<void> = Promise.resolve()
  #stopped = true
  #nudged = false
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

  /** The next round begins at once: now, or as soon as the one under way is over. */
  nudge(): void {
    this.#nudged = true
    this.#wake()
  }

  async #run(): Promise<void> {
    const { work, pause, failed } = this.#options
    while (!this.#stopped) {
      this.#nudged = false
      try {
        await work()
      } catch (error) {
        if (!this.#stopped) failed(error)
      }
      const ms = pause()
      if (ms > 0 && !this.#nudged && !this.#stopped) await this.#sleep(ms)
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
