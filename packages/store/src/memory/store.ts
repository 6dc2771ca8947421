import { randomBytes } from 'node:crypto'
import type { Apply } from '@espalier/core/stream'
import { StoreError } from '../errors.ts'
import type { Store } from '../port.ts'
import { ProcessLeases } from '../processLeases.ts'
import { MemoryCatalog } from './catalog.ts'
import { MemoryCounters } from './counters.ts'
import { MemoryDefinitions } from './definitions.ts'
import { MemoryKeys } from './keys.ts'
import { MemoryOutbox } from './outbox.ts'
import { MemoryPeople } from './people.ts'

export interface MemoryStoreOptions {
  readonly apply: Apply
  /** Makes ids of new profiles (UUIDv7). */
  readonly newId: () => string
  /** Most rows that may wait for the warehouse. Default 100,000. */
  readonly maxOutboxRows?: number
  /** Names the time of logged rows. Default `Date.now`. */
  readonly clock?: () => number
}

/** A store for tests: all of the contract except that nothing outlives the process, and no backup. */
export function openMemoryStore(options: MemoryStoreOptions): Store {
  let open = true
  const assertOpen = () => {
    if (!open) throw new StoreError('unavailable', 'The store is closed.')
  }
  const outbox = new MemoryOutbox({ maxRows: options.maxOutboxRows ?? 100_000, clock: options.clock ?? Date.now })
  const people = new MemoryPeople(options.apply, options.newId, (rows, now) => {
    assertOpen()
    outbox.add(rows, now)
  })
  const secret = randomBytes(32)
  return {
    people,
    outbox,
    definitions: new MemoryDefinitions(),
    catalog: new MemoryCatalog(),
    records: new MemoryCatalog(),
    counters: new MemoryCounters(),
    keys: new MemoryKeys(),
    leases: new ProcessLeases(),
    concurrency: 1,
    masterSecret: async () => new Uint8Array(secret),
    stats: async () => ({ engine: 'memory', outboxRows: (await outbox.depth()).rows }),
    check: async () => assertOpen(),
    backup: async () => {
      throw new StoreError('unsupported', 'A store in memory has no backup.')
    },
    scrub: async () => {
      assertOpen()
      return { pendingRows: (await outbox.depth()).rows, bytesBefore: 0, bytesAfter: 0, elsewhere: [] }
    },
    close: async () => {
      open = false
    },
  }
}
