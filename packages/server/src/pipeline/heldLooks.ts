import type { CounterStore } from '@espalier/store'

interface Asked {
  readonly counter: string
  readonly key: string
}

interface Waiting {
  readonly asked: readonly Asked[]
  readonly resolve: (held: readonly boolean[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Looks who has something of counters, for many who ask: while one look of a workspace is under way, the next gathers. So each sees what
 * was true once it had asked, and the store has one question at a time however many ask (R11).
 */
export class HeldLooks {
  readonly #counters: Pick<CounterStore, 'held'>
  readonly #now: () => number
  /** By workspace; there while a look is under way or about to be. */
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(counters: Pick<CounterStore, 'held'>, now: () => number) {
    this.#counters = counters
    this.#now = now
  }

  held(workspace: string, asked: readonly Asked[]): Promise<readonly boolean[]> {
    if (asked.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const one = { asked, resolve, reject }
      const waiting = this.#waiting.get(workspace)
      if (waiting !== undefined) waiting.push(one)
      else {
        const first = [one]
        this.#waiting.set(workspace, first)
        void this.#look(workspace, first)
      }
    })
  }

  async #look(workspace: string, waiting: Waiting[]): Promise<void> {
    // What is asked in the same turn goes along.
    await Promise.resolve()
    while (waiting.length > 0) {
      const some = waiting.splice(0)
      try {
        const asked = some.flatMap(one => one.asked)
        const held = await this.#counters.held(workspace, asked, this.#now())
        let from = 0
        for (const one of some) {
          one.resolve(held.slice(from, from + one.asked.length))
          from += one.asked.length
        }
      } catch (error) {
        for (const one of some) one.reject(error)
      }
    }
    this.#waiting.delete(workspace)
  }
}
