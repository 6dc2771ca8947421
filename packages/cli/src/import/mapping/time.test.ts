import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeReader } from './time.ts'
import { instantOf } from './zone.ts'

const utc = (iso: string) => Date.parse(iso)

describe('times without a format', () => {
  it.each([
    ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00Z'],
    ['2024-05-01T10:00:00.123456Z', '2024-05-01T10:00:00.123Z'],
    ['2024-05-01T12:00:00+02:00', '2024-05-01T10:00:00Z'],
    ['2014-02-20 08:18:10 -0500', '2014-02-20T13:18:10Z'],
    ['2024-05-01 10:00:00 UTC', '2024-05-01T10:00:00Z'],
    ['2024-05-01 10:00:00', '2024-05-01T10:00:00Z'],
    ['2024-05-01 10:00', '2024-05-01T10:00:00Z'],
    ['2024-05-01', '2024-05-01T00:00:00Z'],
    ['1714557600', '2024-05-01T10:00:00Z'],
    ['1714557600.5', '2024-05-01T10:00:00.500Z'],
    ['1714557600123', '2024-05-01T10:00:00.123Z'],
    ['1714557600123456', '2024-05-01T10:00:00.123Z'],
  ])('%s', (text, iso) => {
    expect(timeReader('auto', 'UTC')(text)).toBe(utc(iso))
  })

  it.each([
    '',
    'yesterday',
    '2024-13-01',
    '2024-02-30',
    '2024-05-01 25:00',
    '01/05/2024',
    // What .NET writes where there is no time.
    '0001-01-01T00:00:00',
    '17',
    '99999999999999999999',
  ])('"%s" is none, and the error says so', text => {
    expect(() => timeReader('auto', 'UTC')(text)).toThrow(text === '' ? 'it has no time' : `"${text}`.slice(0, 20))
  })

  it('reads numbers of NDJSON as well', () => {
    expect(timeReader('auto', 'UTC')(1714557600)).toBe(utc('2024-05-01T10:00:00Z'))
    expect(timeReader('epoch-us', 'UTC')('1714557600123456')).toBe(1714557600123)
    expect(timeReader('epoch', 'UTC')(0)).toBe(0)
  })

  it('a zone holds for times that name none, and only for them', () => {
    const london = timeReader('auto', 'Europe/London')
    expect(london('2011-07-01 12:00:00')).toBe(utc('2011-07-01T11:00:00Z'))
    expect(london('2010-12-01 08:26:00')).toBe(utc('2010-12-01T08:26:00Z'))
    expect(london('2011-07-01 12:00:00 +0000')).toBe(utc('2011-07-01T12:00:00Z'))
  })
})

describe('patterns', () => {
  it.each([
    ['dd/MM/yyyy HH:mm', '01/05/2024 10:30', '2024-05-01T10:30:00Z'],
    ['M/d/yyyy h:mm a', '5/1/2024 1:05 PM', '2024-05-01T13:05:00Z'],
    ['M/d/yyyy h:mm a', '12/31/2024 12:05 AM', '2024-12-31T00:05:00Z'],
    ['d MMM yyyy', '3 March 2024', '2024-03-03T00:00:00Z'],
    ['yyyyMMdd', '20240501', '2024-05-01T00:00:00Z'],
    ['yyyy.MM.dd HH:mm:ss.SSS xx', '2024.05.01 10:00:00.25 +0100', '2024-05-01T09:00:00.250Z'],
  ])('%s reads %s', (pattern, text, iso) => {
    expect(timeReader(pattern, 'UTC')(text)).toBe(utc(iso))
  })

  it('a day and a month that could stand in either order are not guessed, and the mend is said', () => {
    for (const text of ['05/01/2024', '1.5.2024 10:00']) {
      expect(() => timeReader('auto', 'UTC')(text)).toThrow('by itself: say in a mapping whether MM/dd or dd/MM')
    }
    expect(() => timeReader('auto', 'UTC')('yesterday')).toThrow(/is not a time$/)
  })

  it('names the text and the pattern that do not fit', () => {
    expect(() => timeReader('dd/MM/yyyy', 'UTC')('2024-05-01')).toThrow(
      '"2024-05-01" is not a time in the format dd/MM/yyyy',
    )
    expect(() => timeReader('dd.MM.yyyy', 'UTC')('32.01.2024')).toThrow(
      '"32.01.2024" is not a time in the format dd.MM.yyyy',
    )
    expect(() => timeReader('HH:mm', 'UTC')).toThrow('must hold yyyy, MM and dd')
  })
})

describe('wall clocks', () => {
  it('a time that occurs twice is the first; one that is skipped is moved on', () => {
    const wall = (iso: string) => instantOf(utc(`${iso}Z`), 'Europe/London')
    expect(wall('2024-10-27T01:30:00')).toBe(utc('2024-10-27T00:30:00Z'))
    expect(wall('2024-03-31T01:30:00')).toBe(utc('2024-03-31T01:30:00Z'))
    expect(wall('2024-03-31T02:00:00')).toBe(utc('2024-03-31T01:00:00Z'))
  })

  it('agrees with Intl: the instant shows the wall time it was read from, unless no clock ever did', () => {
    const zones = [
      'Europe/London',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Africa/Casablanca',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(1995, 0), max: Date.UTC(2035, 0) }).map(at => at - (at % 60_000)),
        (zone, instant) => {
          const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
          const shown = (at: number) => utc(`${format.format(at).replace(' ', 'T')}Z`)
          // Any instant's wall time, read back, shows the same wall time.
          const wall = shown(instant)
          const back = instantOf(wall, zone)
          expect(shown(back)).toBe(wall)
          expect(back).toBeLessThanOrEqual(instant)
        },
      ),
      { numRuns: 300 },
    )
  })
})
