import { describe, expect, it } from 'vitest'
import { periodDays } from './period.ts'

const at = (text: string) => Date.parse(text)

describe('days of a period', () => {
  const zone = 'Europe/Berlin'
  const [from, to] = [at('2026-10-14T10:00:00Z'), at('2026-11-18T23:00:00Z')]
  const week = (period: string) => periodDays(period, { by: 'week', zone, from, to })

  it('a whole week has seven, also one with a day of 25 hours', () => {
    expect([week('2026-10-19'), week('2026-11-09')]).toEqual([7, 7])
  })

  it('the first and the last have what of them lies in the time', () => {
    expect(week('2026-10-12')).toBeCloseTo(4.5, 9)
    expect(week('2026-11-16')).toBeCloseTo(3, 9)
    expect(week('2026-11-23')).toBe(0)
  })

  it('months have as many as the calendar says', () => {
    const month = (period: string, start: number) => periodDays(period, { by: 'month', zone, from: start, to })
    expect(month('2026-10-01', 0)).toBe(31)
    expect(month('2026-10-01', from)).toBeCloseTo(17.5, 1)
    expect(periodDays('2024-02-01', { by: 'month', zone: 'UTC', from: 0, to })).toBe(29)
  })
})
