import type { Outbox, ShipBatch } from '@espalier/store'
import { type InsertBatch, WarehouseError } from '@espalier/warehouse'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Metrics } from '../metrics.ts'
import { Shipper } from './shipper.ts'

const batch = (token: string, { rows = 1, bytes = 3 } = {}): ShipBatch => ({
  token,
  table: 'events',
  partition: 202611,
  rows,
  body: Buffer.alloc(bytes, '\n'),
})

/** An outbox of given batches, and a warehouse that answers as the test says. */
function shipping(tokens: string[], { every = 5, size = {} } = {}) {
  const waiting = new Map(tokens.map(token => [token, batch(token, size)]))
  const calls: string[] = []
  let claims = 0
  const outbox: Pick<Outbox, 'claim' | 'settle' | 'mark' | 'passed' | 'flush'> = {
    claim: async ({ maxBatches }) => {
      claims++
      return [...waiting.values()].slice(0, maxBatches)
    },
    settle: async token => {
      calls.push(`settle ${token}`)
      waiting.delete(token)
    },
    mark: async () => tokens.at(-1) ?? '',
    passed: async () => waiting.size === 0,
    flush: async () => undefined,
  }
  const state = {
    ready: async (): Promise<void> => undefined,
    insert: async (_batch: InsertBatch): Promise<void> => undefined,
  }
  const shipper = new Shipper({
    outbox: outbox as Outbox,
    warehouse: {
      ready: () => state.ready(),
      insert: async given => {
        calls.push(`insert ${given.token}`)
        await state.insert(given)
      },
    },
    now: Date.now,
    log: pino({ level: 'silent' }),
    metrics: new Metrics(),
    holder: 'test',
    every,
  })
  running.push(shipper)
  return { shipper, calls, waiting, state, claims: () => claims }
}

const running: Shipper[] = []
afterEach(async () => {
  for (const shipper of running.splice(0)) await shipper.stop()
})

describe('the shipper', () => {
  it('settles a batch only after the warehouse has it', async () => {
    const { shipper, calls, state } = shipping(['a'])
    let arrive: () => void = () => undefined
    state.insert = () =>
      new Promise(resolve => {
        arrive = resolve
      })
    shipper.start()
    await vi.waitFor(() => expect(calls).toEqual(['insert a']), { timeout: 60_000 })
    arrive()
    expect(await shipper.drain(60_000)).toBe(true)
    expect(calls).toEqual(['insert a', 'settle a'])
  })

  it('tries the same batch again under the same token until it is taken', async () => {
    const { shipper, calls, state } = shipping(['a', 'b'])
    let failures = 3
    state.insert = async () => {
      if (failures-- > 0) throw new WarehouseError('unavailable', 'down')
    }
    shipper.start()
    await vi.waitFor(() => expect(calls).toContain('settle b'), { timeout: 60_000 })
    expect(calls).toEqual(['insert a', 'insert a', 'insert a', 'insert a', 'settle a', 'insert b', 'settle b'])
    expect(shipper.lastError).toBeUndefined()
  })

  it('a batch the warehouse refuses for good stays, and those behind it go', async () => {
    const { shipper, waiting, state } = shipping(['bad', 'b', 'c'])
    state.insert = async given => {
      if (given.token === 'bad') throw new WarehouseError('invalid', 'an unknown field')
    }
    shipper.start()
    await vi.waitFor(() => expect([...waiting.keys()]).toEqual(['bad']), { timeout: 60_000 })
    expect(shipper.lastError).toBe('an unknown field')
  })

  it('drain says at once that it cannot while the warehouse is down, and waits no longer than it may', async () => {
    const { shipper, state } = shipping(['a'])
    state.insert = async () => {
      throw new WarehouseError('unavailable', 'down')
    }
    shipper.start()
    const asked = Date.now()
    expect(await shipper.drain(600_000)).toBe(false)
    expect(Date.now() - asked).toBeLessThan(60_000)
    state.insert = () => new Promise(() => undefined)
    const { shipper: stuck } = shipping(['b'])
    expect(await stuck.drain(50)).toBe(false)
  })

  it.each([
    ['as many rows as a batch may have', { rows: 50_000 }],
    ['as many bytes', { bytes: 16 << 20 }],
  ])('a round of %s goes on at once, for there is probably more', async (_, size) => {
    const { shipper, waiting, claims } = shipping(['a', 'b', 'c', 'd', 'e'], { every: 1e9, size })
    shipper.start()
    await vi.waitFor(() => expect(waiting.size).toBe(0))
    await vi.waitFor(() => expect(claims()).toBe(3))
  })

  it('what came while a smaller one was shipped waits, to make a larger part with what comes next', async () => {
    const { shipper, waiting, claims } = shipping(['a', 'b', 'c', 'd', 'e'], { every: 1e9, size: { rows: 12_000 } })
    shipper.start()
    await vi.waitFor(() => expect(waiting.size).toBe(1))
    // The next turns of the event loop, in which a round that goes on at once would have claimed again.
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    expect([claims(), waiting.size]).toEqual([1, 1])
  })

  it('holds nothing that another node could ship while its own warehouse is not open', async () => {
    const { shipper, calls, state, claims } = shipping(['a'])
    let attempts = 0
    let claimedBefore: number | undefined
    state.ready = async () => {
      attempts++
      if (attempts === 4) claimedBefore = claims()
      if (attempts < 4) throw new WarehouseError('foreign', 'another’s')
    }
    shipper.start()
    await vi.waitFor(() => expect(calls).toEqual(['insert a', 'settle a']), { timeout: 60_000 })
    expect(claimedBefore).toBe(0)
    expect(await shipper.drain(60_000)).toBe(true)
  })

  it('ships nothing while it is paused', async () => {
    const { shipper, calls, waiting } = shipping([])
    shipper.start()
    await shipper.paused(async () => {
      waiting.set('a', batch('a'))
      expect(await shipper.drain(50)).toBe(false)
      expect(calls).toEqual([])
    })
    expect(await shipper.drain(60_000)).toBe(true)
    expect(calls).toEqual(['insert a', 'settle a'])
  })
})
