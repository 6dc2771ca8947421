import type { CounterStore, Share } from '../port.ts'

interface Reservation {
  readonly n: number
  expires: number
  confirmed: boolean
}

export class MemoryCounters implements CounterStore {
  readonly #counters = new Map<string, Map<string, Reservation>>()

  async reserve(workspace: string, key: string, shares: readonly Share[], now: number): Promise<boolean> {
    const live = (counter: string) => this.#live(workspace, counter, now)
    const fits = ({ counter, n, limit }: Share) => live(counter).has(key) || sum(live(counter)) + n <= limit
    if (!shares.every(fits)) return false
    for (const { counter, n, expires = Infinity } of shares) {
      const mine = live(counter).get(key)
      if (mine === undefined) live(counter).set(key, { n, expires, confirmed: false })
      else mine.expires = Math.max(mine.expires, expires)
    }
    return true
  }

  async confirm(workspace: string, key: string, counters: readonly string[], now: number): Promise<boolean> {
    const mine = counters.flatMap(counter => this.#live(workspace, counter, now).get(key) ?? [])
    for (const reservation of mine) reservation.confirmed = true
    return mine.length > 0
  }

  async release(workspace: string, key: string, counters: readonly string[]): Promise<boolean> {
    const mine = counters
      .map(counter => this.#live(workspace, counter, -Infinity))
      .filter(reservations => reservations.get(key)?.confirmed === false)
    for (const reservations of mine) reservations.delete(key)
    return mine.length > 0
  }

  async used(workspace: string, counter: string, now: number): Promise<number> {
    return sum(this.#live(workspace, counter, now))
  }

  async held(
    workspace: string,
    asked: readonly { readonly counter: string; readonly key: string }[],
    now: number,
  ): Promise<readonly boolean[]> {
    return asked.map(({ counter, key }) => this.#live(workspace, counter, now).has(key))
  }

  #live(workspace: string, counter: string, now: number): Map<string, Reservation> {
    const name = JSON.stringify([workspace, counter])
    const reservations = this.#counters.get(name) ?? new Map<string, Reservation>()
    this.#counters.set(name, reservations)
    for (const [key, { confirmed, expires }] of reservations) if (!confirmed && expires <= now) reservations.delete(key)
    return reservations
  }
}

function sum(reservations: Map<string, Reservation>): number {
  return [...reservations.values()].reduce((total, { n }) => total + n, 0)
}
