import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../compile.ts'
import { NO_NAMES } from '../language.ts'
import type { Subject } from '../subject.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** When clocks jump, forwards and back: by an hour, by half an hour, at midnight. */
const JUMPS = {
  'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00Z', '2026-10-03T15:30Z'],
  'America/Havana': ['2026-03-08T05:00Z', '2026-11-01T05:00Z'],
} as const

function asked(time: object, zone: string) {
  const condition = compileCondition({ time }, { ...NO_NAMES, zone })
  const subject = (now: number): Subject => ({ profile: { traits: {}, signals: {} }, context: {}, now })
  return { test: (now: number) => condition.test(subject(now)), truth: (now: number) => condition.truth(subject(now)) }
}

/** Minute by minute; Infinity: not within sixteen days. */
function firstChange(test: (now: number) => boolean, now: number): number {
  const value = test(now)
  let at = Math.floor(now / MINUTE) * MINUTE + MINUTE
  while (at < now + 16 * DAY && test(at) === value) at += MINUTE
  return at < now + 16 * DAY ? at : Number.POSITIVE_INFINITY
}

describe('R5 a time of day says how long it stays true', () => {
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '07', '30', '45'))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`)
  const near = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('00', '15', '30', '45'))
    .map(([hour, minute]) => `0${hour}:${minute}`)
  const days = fc.subarray(['sun', 'mon', 'sat'], { minLength: 1 })

  it('also where the clock jumps into the time or out of it', () => {
    const jump = fc.constantFrom(...Object.entries(JUMPS).flatMap(([zone, all]) => all.map(at => [zone, at] as const)))
    fc.assert(
      fc.property(
        jump,
        fc.oneof(fc.tuple(near, near), fc.tuple(clock, clock)).filter(([from, to]) => from !== to),
        fc.option(days, { nil: undefined }),
        fc.integer({ min: -300, max: 120 }),
        ([zone, at], [from, to], days, minutes) => {
          const { test, truth } = asked({ from, to, ...(days && { days }) }, zone)
          const now = Date.parse(at) + minutes * MINUTE + 1234
          expect(truth(now)).toEqual({ value: test(now), until: firstChange(test, now) })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('also where its next time is left out by the clock, and it is a week later', () => {
    const { truth } = asked({ from: '02:10', to: '02:50', days: ['sun'] }, 'Europe/Berlin')
    const next = Date.parse('2026-04-05T02:10+02:00')
    expect(truth(Date.parse('2026-03-22T12:00Z'))).toEqual({ value: false, until: next })
    expect(truth(next)).toEqual({ value: true, until: next + 40 * MINUTE })
  })
})
