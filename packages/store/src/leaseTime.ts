/**
 * The latest end of a lease of somebody else that is believed: one that ends later was taken under a clock that was ahead, perhaps by
 * hours, and whoever took it may be gone. Clocks of nodes may differ by as much as a lease lasts.
 */
export function latestEnd(now: number, leaseMs: number): number {
  return now + 2 * leaseMs
}

/** Whether a lease that ends at `until` still keeps others away. */
export function isHeld(until: number, now: number, leaseMs: number): boolean {
  return until > now && until <= latestEnd(now, leaseMs)
}
