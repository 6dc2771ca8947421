import { Api } from '../http/api.ts'
import type { ImportOptions } from '../import/run.ts'

/** An instant, so many minutes after the beginning of 2024. */
export const day = (n: number) => new Date(Date.UTC(2024, 0, 1) + n * 60_000).toISOString()

/** Events of some people, not in order of time. */
export function events(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => `p${i % 97},E${i % 3},${day((i * 7919) % count)},${i}`)
  return `user_id,event,timestamp,n\n${rows.join('\n')}\n`
}

/** Options of an import of the file, as the command makes them; windows of 800 items. */
export function optionsOf(file: string, more: Partial<ImportOptions> = {}): ImportOptions {
  return {
    file,
    kind: undefined,
    mapping: undefined,
    rejects: `${file}.rejects.csv`,
    dryRun: false,
    limit: undefined,
    window: 800,
    ...more,
  }
}

/** The API at a URL; waiting for the server takes no time unless a test says so. */
export const api = (url: string, wait: (ms: number) => Promise<void> = async () => undefined) =>
  new Api({ url, key: 'secret', wait })
