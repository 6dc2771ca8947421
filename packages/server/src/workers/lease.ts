import type { Store } from '@espalier/store'

/** Who takes leases, and where. */
export interface LeaseTaker {
  readonly store: Pick<Store, 'leases'>
  readonly now: () => number
  /** Names this process among all. */
  readonly holder: string
}

/** What a process holds that died is free again after it. */
export const LEASE_MS = 60_000

/**
 * Takes a lease for work that may take long and keeps it until the answer is called, which gives it back; undefined where another
 * node has it.
 */
export async function takeLease(
  { store, now, holder }: LeaseTaker,
  name: string,
): Promise<(() => Promise<void>) | undefined> {
  const { leases } = store
  if (!(await leases.acquire(name, holder, now(), LEASE_MS))) return undefined
  const renewal = setInterval(() => {
    void leases.acquire(name, holder, now(), LEASE_MS).catch(() => undefined)
  }, LEASE_MS / 3)
  return () => {
    clearInterval(renewal)
    return leases.release(name, holder)
  }
}
