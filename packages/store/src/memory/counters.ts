import type { CounterStore } from '../port.ts'

interface Reservation {
  readonly n: number
  expires: number
  confirmed: boolean
}

export class MemoryCounters implements CounterStore {
  readonly #counters = new Map<string, Map<string, Reservation>>()

  async reserve(
    workspace: string,
    counter: string,
    { key, n, limit, now, expires }: { key: string; n: number; limit: number; now: number; expires?: number },
  ): Promise<{ granted: boolean; used: number }> {
    const reservations = this.#live(workspace, counter, now)
    const used = sum(reservations)
    const mine = reservations.get(key)
    if (mine !== undefined) {
      mine.expires = Math.max(mine.expires, expires ?? Infinity)
      return { granted: true, used }
    }
    if (used + n > limit) return { granted: false, used }
    reservations.set(key, { n, expires: expires ?? Infinity, confirmed: false })
    return { granted: true, used: used + n }
  }

  async confirm(workspace: string, counter: string, key: string, now: number): Promise<boolean> {
    const reservation = this.#live(workspace, counter, now).get(key)
    if (!reservation) return false
    reservation.confirmed = true
    return true
  }

  async release(workspace: string, counter: string, key: string): Promise<boolean> {
    const reservations = this.#live(workspace, counter, -Infinity)
    return reservations.get(key)?.confirmed === false && reservations.delete(key)
  }

  async used(workspace: string, counter: string, now: number): Promise<number> {
    return sum(this.#live(workspace, counter, now))
  }

  async held(workspace: string, counter: string, keys: readonly string[], now: number): Promise<string | undefined> {
    const reservations = this.#live(workspace, counter, now)
    return keys.find(key => reservations.has(key))
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
