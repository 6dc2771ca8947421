import { openMemoryStore } from '@espalier/store/memory'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LEASE_MS, takeLease } from './lease.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('a lease is kept while the work takes, and free again when it is given back', async () => {
  const store = openMemoryStore({ apply: () => ({ applied: [], rows: [] }), newId: () => 'id' })
  const one = { store, now: Date.now, holder: 'one' }
  const other = { ...one, holder: 'other' }
  const release = await takeLease(one, 'work')
  expect(release).toBeTypeOf('function')
  for (let minutes = 0; minutes < 3; minutes++) {
    await vi.advanceTimersByTimeAsync(LEASE_MS)
    expect(await takeLease(other, 'work')).toBeUndefined()
  }
  await release!()
  expect(vi.getTimerCount()).toBe(0)
  const taken = await takeLease(other, 'work')
  expect(taken).toBeTypeOf('function')
  await taken!()
})
