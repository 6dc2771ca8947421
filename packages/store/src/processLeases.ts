import { isHeld } from './leaseTime.ts'
import type { LeaseStore } from './port.ts'

/** Leases in memory, for a store that one process has to itself: they end with it. */
export class ProcessLeases implements LeaseStore {
  readonly #leases = new Map<string, { holder: string; until: number }>()

  async acquire(name: string, holder: string, now: number, ttlMs: number): Promise<boolean> {
    const lease = this.#leases.get(name)
    if (lease && lease.holder !== holder && isHeld(lease.until, now, ttlMs)) return false
    this.#leases.set(name, { holder, until: now + ttlMs })
    return true
  }

  async release(name: string, holder: string): Promise<void> {
    if (this.#leases.get(name)?.holder === holder) this.#leases.delete(name)
  }
}
