import { type Warehouse, WarehouseError } from '@espalier/warehouse'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SteadyWarehouse } from './steadyWarehouse.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('a warehouse that was down', () => {
  it('is opened again after a second, also when the clock was put back by hours meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    let isDown = true
    const open = async () => {
      if (isDown) throw new WarehouseError('unavailable', 'down for the test')
      return { close: async () => undefined } as Warehouse
    }
    const bond = { confirm: async () => undefined, shipping: async () => undefined }
    const steady = new SteadyWarehouse(open, bond, pino({ level: 'silent' }))
    await steady.start()
    isDown = false
    await expect(steady.ready()).rejects.toMatchObject({ code: 'unavailable' })
    vi.advanceTimersByTime(1000)
    vi.setSystemTime(Date.now() - 5 * 3_600_000)
    await steady.ready()
    await steady.close()
  })
})
