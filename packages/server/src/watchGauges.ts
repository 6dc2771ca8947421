import type { Services } from './services.ts'

/** Gauges that are read from the parts when Prometheus asks. */
export function watchGauges({ metrics, queue, store, now }: Services): void {
  metrics.gauge('espalier_queue_items', 'Entries that wait for their commit', () => queue.waiting)
  const depth = () => store.outbox.depth()
  metrics.gauge('espalier_outbox_rows', 'Rows that wait for the warehouse', async () => (await depth()).rows)
  metrics.gauge('espalier_outbox_bytes', 'The same in bytes', async () => (await depth()).bytes)
  metrics.gauge('espalier_outbox_lag_seconds', 'Age of the oldest row that waits', async () => {
    const { oldest } = await depth()
    return oldest === undefined ? 0 : Math.max(now() - oldest, 0) / 1000
  })
  metrics.labelled(
    'espalier_store',
    'What the store tells of itself: sizes, deduplication horizon, cache',
    async () => {
      const stats = Object.entries(await store.stats())
      return stats.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : []))
    },
  )
}
