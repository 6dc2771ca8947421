import type { Row } from '@espalier/core/stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogBuffer } from './logBuffer.ts'

const rows = (...lines: string[]): Row[] => lines.map(line => ({ table: 'decisions', partition: 202603, line }))
const OPTIONS = { maxRows: 4, maxLength: 1000, delayMs: 200 }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('rows that wait for their group commit', () => {
  it('R11 are written within the delay, in order', async () => {
    const written: string[] = []
    const buffer = new LogBuffer(async some => void written.push(...some.map(row => row.line)), OPTIONS)
    buffer.add(rows('a'))
    await vi.advanceTimersByTimeAsync(150)
    buffer.add(rows('b', 'c'))
    expect(written).toEqual([])
    await vi.advanceTimersByTimeAsync(50)
    expect(written).toEqual(['a', 'b', 'c'])
    buffer.add(rows('d'))
    await vi.advanceTimersByTimeAsync(200)
    expect(written).toEqual(['a', 'b', 'c', 'd'])
  })

  it('R11 are bounded in number and in length, all or none', () => {
    const buffer = new LogBuffer(async () => {}, OPTIONS)
    expect(buffer.add(rows('a', 'b', 'c'))).toBe(true)
    expect(buffer.add(rows('d', 'e'))).toBe(false)
    expect(buffer.add(rows('x'.repeat(998)))).toBe(false)
    expect(buffer.add(rows('d'))).toBe(true)
    expect(buffer.rows).toBe(4)
  })

  it('stay when they cannot be written, keep their order, and are tried again', async () => {
    let broken = true
    const written: string[] = []
    const tries: (readonly Row[])[] = []
    const write = async (some: readonly Row[]) => {
      tries.push(some)
      if (broken) throw new Error('no connection')
      written.push(...some.map(row => row.line))
    }
    const buffer = new LogBuffer(write, OPTIONS)
    buffer.add(rows('a', 'b'))
    await expect(buffer.flush()).rejects.toThrow('no connection')
    await vi.advanceTimersByTimeAsync(1000)
    buffer.add(rows('c'))
    expect(buffer.rows).toBe(3)
    broken = false
    await vi.advanceTimersByTimeAsync(200)
    expect(written).toEqual(['a', 'b', 'c'])
    expect(buffer.rows).toBe(0)
    // Whoever writes them can tell that these are the ones that may be there.
    expect(new Set(tries).size).toBe(2)
    expect(tries.length).toBeGreaterThan(2)
  })

  it('added while others are written are not lost, and a flush waits for its own only', async () => {
    const written: string[] = []
    let finish = () => {}
    const write = (some: readonly Row[]) =>
      new Promise<void>(resolve => {
        finish = () => {
          written.push(...some.map(row => row.line))
          resolve()
        }
      })
    const buffer = new LogBuffer(write, OPTIONS)
    buffer.add(rows('a'))
    const first = buffer.flush()
    buffer.add(rows('b'))
    const second = buffer.flush()
    finish()
    await first
    expect(written).toEqual(['a'])
    finish()
    await second
    expect(written).toEqual(['a', 'b'])
  })
})
