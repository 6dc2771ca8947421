import { afterEach, describe, expect, it } from 'vitest'
import { instant, span } from './instant.ts'

describe('an instant that is asked for', () => {
  const zone = process.env.TZ
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T09:00', '2026-11-01T09:00:00.000Z'],
    ['2026-11-01 09:00:00.5', '2026-11-01T09:00:00.500Z'],
    ['2026-11-01T09:00:00+05:45', '2026-11-01T03:15:00.000Z'],
    ['1793523600000', '2026-11-01T09:00:00.000Z'],
  ])('%s is %s, wherever the server runs', (text, expected) => {
    for (const place of ['Asia/Kathmandu', 'America/New_York', 'UTC']) {
      process.env.TZ = place
      expect(new Date(instant(text, 'query.from')!).toISOString(), place).toBe(expected)
    }
  })

  it.each(['2026-02-30', '2026-13-01', '-1', '1', '2026', 'Nov 1', 'yesterday', ''])('%j is refused', text => {
    expect(() => instant(text, 'query.from')).toThrow(`query.from is "${text}", which is no time.`)
  })

  it('a span has a length', () => {
    expect(span({ from: '2026-11-01' }, 'query')).toEqual({ from: Date.UTC(2026, 10, 1), to: undefined })
    expect(() => span({ from: '2026-11-02', to: '2026-11-02' }, 'query')).toThrow('query.from is not before query.to.')
  })
})
