import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationMs, isZone, parseInstant, quarterIn } from './index.ts'
import { localIn } from './local.ts'
import { knownZone } from './zone.ts'

describe('durations', () => {
  it.each([
    ['1s', 1_000],
    ['30m', 1_800_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('%s is %i milliseconds', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  it.each(['', '7', 'd', '0d', '-1d', '1.5d', '7 d', '7D', '1234567d', '7days'])('%s is refused by name', text => {
    expect(() => durationMs(text)).toThrow(`"${text}" is no duration`)
  })
})

describe('instants', () => {
  it.each([
    ['2026-11-01', Date.UTC(2026, 10, 1)],
    ['2026-11-01T09:00Z', Date.UTC(2026, 10, 1, 9)],
    ['2026-11-01T09:00:00+01:00', Date.UTC(2026, 10, 1, 8)],
    ['2026-11-01T09:00:00.25-05:30', Date.UTC(2026, 10, 1, 14, 30, 0, 250)],
    ['2026-11-01T09:00:00.123999+00:00', Date.UTC(2026, 10, 1, 9, 0, 0, 123)],
    ['2026-11-01T09:00:00.000000001Z', Date.UTC(2026, 10, 1, 9)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['0001-01-01', Date.parse('0001-01-01T00:00:00Z')],
  ])('%s', (text, at) => {
    expect(parseInstant(text)).toBe(at)
  })

  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-11-01T24:00Z',
    '2026-11-01T09:00',
    '2026-11-01T09:00:00.1234567890Z',
    'tomorrow',
    '1.11.2026',
  ])('%s is none', text => {
    expect(parseInstant(text)).toBeUndefined()
  })

  it('reads back what Date writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11) }), at => {
        expect(parseInstant(new Date(at).toISOString())).toBe(at)
      }),
    )
  })
})

describe('quarters', () => {
  it('turns at local midnight, not at midnight UTC', () => {
    const berlin = quarterIn('Europe/Berlin')
    expect(berlin(Date.UTC(2026, 11, 31, 22, 59))).toBe('2026Q4')
    expect(berlin(Date.UTC(2026, 11, 31, 23, 0))).toBe('2027Q1')
    const auckland = quarterIn('Pacific/Auckland')
    expect(auckland(Date.UTC(2026, 8, 30, 10, 59, 59, 999))).toBe('2026Q3')
    expect(auckland(Date.UTC(2026, 8, 30, 11))).toBe('2026Q4')
  })

  it('agrees with a fresh reading at every instant, in any order', () => {
    const kept = quarterIn('Asia/Kathmandu')
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2060, 0) }), at => {
        expect(kept(at)).toBe(quarterIn('Asia/Kathmandu')(at))
        expect(kept(at + 59_999)).toBe(quarterIn('Asia/Kathmandu')(at + 59_999))
      }),
      { numRuns: 50 },
    )
  })

  it('a person’s zone may be an offset, as RudderStack’s SDK for pages has it', () => {
    const noon = Date.UTC(2026, 6, 1, 12)
    const clock = (name: string) => {
      const zone = knownZone(name)
      if (zone === undefined) return undefined
      const { hour, minute } = localIn(zone)(noon)
      return `${hour}:${minute}`
    }
    expect(
      ['GMT+0100', 'GMT-0500', 'GMT+0000', 'UTC+02:00', '+1400', '-12:00', 'Europe/Berlin', 'GMT'].map(clock),
    ).toEqual(['13:0', '7:0', '12:0', '14:0', '2:0', '0:0', '14:0', '12:0'])
    expect(['-0930', '+0330', '+0430', 'GMT+0530', '+0545', '+0630', '+0845', '+0930'].map(clock)).toEqual([
      '2:30',
      '15:30',
      '16:30',
      '17:30',
      '17:45',
      '18:30',
      '20:45',
      '21:30',
    ])
    const written = ['europe/berlin', 'EUROPE/BERLIN', 'Europe/berlin'].map(knownZone)
    expect(written, 'R11 what is kept by zone is kept once').toEqual([
      'Europe/Berlin',
      'Europe/Berlin',
      'Europe/Berlin',
    ])
    for (const none of ['GMT+9900', 'GMT-0330', 'GMT+1', '+01', '0100', 'GMT+0101', '', 1, null]) {
      expect(knownZone(none)).toBeUndefined()
      expect(knownZone(none)).toBeUndefined()
    }
  })

  it('refuses unknown zones by name', () => {
    expect(() => quarterIn('Europe/Atlantis')).toThrow('"Europe/Atlantis" is no known time zone')
    for (const zone of ['', '+01:00', 'Mars', 'Europe/', '__proto__']) expect(isZone(zone)).toBe(false)
    for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires']) expect(isZone(zone)).toBe(true)
  })
})
