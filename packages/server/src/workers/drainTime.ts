/** How long a report waits for the warehouse to catch up before it answers without. */
export const DRAIN_MS = 5000
