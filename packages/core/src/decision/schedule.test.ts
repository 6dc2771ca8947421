import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAYS, type Schedule } from '../definition/schedule.ts'
import { validate } from '../definition/validate.ts'
import { decide } from './decide.ts'
import { Moment } from './moment.ts'
import { compileSchedule } from './schedule.ts'
import { catalogOf, compiledOf, personOf } from './testing.ts'

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Kiritimati']
const experience = (schedule: object, audience?: object) => ({
  tactic: 'message',
  touchpoints: ['mail'],
  control: 0,
  schedule,
  ...(audience && { audience }),
  variants: [{ key: 'a', content: { mail: 'A' } }],
})

interface Clocks {
  readonly zone?: string
  readonly theirs?: string
  readonly said?: string
}

function runs(schedule: object, at: number, clocks: Clocks = {}): boolean {
  return isShown(experience(schedule), at, clocks)
}

function isShown(x: object, at: number, { zone = 'UTC', theirs, said }: Clocks): boolean {
  const set = compiledOf({
    settings: { workspace: { holdout: 0, timezone: zone } },
    touchpoint: { mail: { channel: 'email' } },
    experience: { x },
  })
  const { answers } = decide({
    set,
    profile: { ...personOf({ bucketKey: '00' }), ...(theirs && { timezone: theirs }) },
    context: said === undefined ? {} : { timezone: said },
    now: at,
    touchpoints: ['mail'],
    items: catalogOf({}),
  })
  return answers[0]!.reason === 'assigned'
}

it('an audience’s time goes by the clock that a schedule goes by: the caller’s, the one last heard of, the workspace’s', () => {
  const zones = fc.option(fc.constantFrom(...ZONES, 'Nowhere/At all', ''), { nil: undefined })
  const clocks = fc.record({ zone: fc.constantFrom(...ZONES), theirs: zones, said: zones })
  const at = fc.integer({ min: 0, max: 24 * 4 }).map(q => Date.UTC(2026, 10, 22) + q * 900_000)
  fc.assert(
    fc.property(clocks, at, ({ zone, theirs, said }, now) => {
      const named = { zone, ...(theirs !== undefined && { theirs }), ...(said !== undefined && { said }) }
      const hours = { from: '09:00', to: '17:00' }
      const audience = { time: { ...hours, zone: 'person' } }
      expect(isShown(experience({}, audience), now, named)).toBe(runs({ zone: 'person', hours: [hours] }, now, named))
    }),
  )
})

const anywhere = compiledOf({})

/** Without a decision around it. */
function isOn(schedule: Schedule, at: number): boolean {
  const { start, end, within } = compileSchedule(schedule)
  const moment = new Moment(anywhere, catalogOf({}), undefined, {}, at, {
    binds: true,
    preview: false,
    granted: new Map(),
    supplied: () => true,
  })
  return at >= start && at < end && within?.(moment) === undefined
}

const formats = new Map(
  ZONES.map(timeZone => {
    const two = '2-digit' as const
    const date = { weekday: 'short', year: 'numeric', month: two, day: two } as const
    const format = { timeZone, hourCycle: 'h23', ...date, hour: two, minute: two } as const
    return [timeZone, new Intl.DateTimeFormat('en-CA-u-ca-gregory-nu-latn', format)]
  }),
)

/** What a clock shows, by the runtime itself: `sun 09:05` and `2026-11-22T09:05`. */
function clock(zone: string, at: number): { day: string; minute: number; local: string } {
  const parts = formats.get(zone)!.formatToParts(at)
  const part = (type: string) => parts.find(one => one.type === type)!.value
  return {
    day: part('weekday').slice(0, 3).toLowerCase(),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
    local: `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`,
  }
}

const instant = fc
  .integer({ min: Date.UTC(2026, 0, 1) / 60_000, max: Date.UTC(2027, 0, 1) / 60_000 })
  .map(m => m * 60_000)
const time = fc.integer({ min: 0, max: 24 * 4 }).map(q => {
  return `${String(Math.floor(q / 4)).padStart(2, '0')}:${String((q % 4) * 15).padStart(2, '0')}`
})
const span = fc.tuple(time, time).filter(([from, to]) => from !== to && from !== '24:00')

describe('a schedule', () => {
  it('on days and at hours runs when a clock there shows one of them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        instant,
        fc.option(fc.subarray([...DAYS], { minLength: 1 }), { nil: undefined }),
        fc.array(span, { minLength: 1, maxLength: 3 }),
        (zone, at, days, spans) => {
          const schedule = { ...(days && { days }), hours: spans.map(([from, to]) => ({ from, to })), zone }
          const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
          const now = clock(zone, at)
          const yesterday = DAYS[(DAYS.indexOf(now.day as never) + 6) % 7]!
          const on = (day: string) => days === undefined || days.includes(day as never)
          const expected = spans.some(([from, to]) => {
            const [begin, end] = [minutes(from), minutes(to)]
            if (begin < end) return on(now.day) && begin <= now.minute && now.minute < end
            return (on(now.day) && begin <= now.minute) || (on(yesterday) && now.minute < end)
          })
          expect(isOn(schedule, at)).toBe(expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('by a clock begins and ends when the clock there does, at daylight saving too', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instant, fc.integer({ min: -90, max: 90 }), (zone, at, off) => {
        const start = clock(zone, at).local
        const now = at + off * 60_000
        // Twice in a year a clock shows an hour twice; then it has begun since the first.
        const shown = [now, now - 3_600_000].map(one => clock(zone, one).local)
        if (shown[0]! < start && shown[1]! >= start) return
        expect(isOn({ start, zone }, now)).toBe(shown[0]! >= start)
        expect(isOn({ end: start, zone }, now)).toBe(shown[0]! < start)
      }),
      { numRuns: 300 },
    )
  })

  it('by the person’s clock: as the caller says, else as last heard of, else the workspace’s', () => {
    const morning: Schedule = { zone: 'person', hours: [{ from: '08:00', to: '10:00' }] }
    const at = Date.UTC(2026, 10, 22, 8, 30)
    expect(runs(morning, at)).toBe(true)
    expect(runs(morning, at, { zone: 'Asia/Tokyo' })).toBe(false)
    expect(runs(morning, at, { zone: 'Asia/Tokyo', theirs: 'Europe/London' })).toBe(true)
    expect(runs(morning, at, { theirs: 'Europe/London', said: 'America/New_York' })).toBe(false)
    expect(runs(morning, at, { theirs: 'Nowhere/Atall', said: '__proto__' })).toBe(true)
    const start = { start: '2026-11-22T10:00', zone: 'person' }
    expect(runs(start, at, { theirs: 'Europe/Berlin' })).toBe(false)
    expect(runs(start, at, { theirs: 'Europe/Helsinki' })).toBe(true)
  })

  it('a date alone is its midnight: in the zone that is named, else in UTC', () => {
    const midnight = Date.UTC(2026, 10, 22)
    expect(runs({ start: '2026-11-22' }, midnight, { zone: 'Asia/Tokyo' })).toBe(true)
    expect(runs({ start: '2026-11-22' }, midnight - 1, { zone: 'Asia/Tokyo' })).toBe(false)
    expect(runs({ start: '2026-11-22', zone: 'workspace' }, midnight - 9 * 3_600_000, { zone: 'Asia/Tokyo' })).toBe(
      true,
    )
    expect(runs({ start: '2026-11-22', zone: 'workspace' }, midnight - 9 * 3_600_000 - 1, { zone: 'Asia/Tokyo' })).toBe(
      false,
    )
  })
})

it.each<[schedule: object, line: string]>([
  [{ start: '2026-02-30' }, 'schedule.start: 2026-02-30 is a day or hour that does not exist'],
  [{ start: '2026-02-01T10:00' }, 'schedule.start: 2026-02-01T10:00 says no zone'],
  [
    { start: '2026-02-02', end: '2026-02-01' },
    'schedule.end: it ends at 2026-02-01, not after its start at 2026-02-02',
  ],
  [{ zone: 'Mars/Base' }, 'schedule.zone: "Mars/Base" is no known time zone'],
  [{ hours: [{ from: '09:00', to: '09:00' }] }, 'schedule.hours[0]: from 09:00 to 09:00 is no time'],
  [{ hours: [{ from: '9', to: '10:00' }] }, 'schedule.hours[0].from: "9" does not fit'],
  [{ days: ['monday'] }, 'schedule.days[0]: "monday" is none of the choices'],
])('%j is refused', (schedule, line) => {
  expect(validate('experience', 'x', experience(schedule)).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    line,
  ])
})
