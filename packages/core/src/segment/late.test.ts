import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../event/event.ts'
import { SIGNAL_LIMITS } from '../signal/limits.ts'
import { rebuildOf, TEST_NOW } from '../stream/testing.ts'
import type { Condition } from './condition.ts'
import { NO_NAMES } from './language.ts'
import { trial } from './testing/arbitrary.ts'
import { Life, setOf } from './testing/life.ts'
import { Oracle } from './testing/oracle.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const AFTER = 500

const sequences: Condition[] = [
  { sequence: [{ did: 'A' }, { did: 'B', within: '10m' }, { did: 'C', within: '20m' }] },
  { sequence: [{ did: 'A' }, { did: 'B' }], within: '1h' },
  { sequence: [{ did: 'B' }, { did: 'A', within: '10m' }, { not: 'C', within: '30m' }] },
]
const segments = Object.fromEntries(sequences.map((condition, i) => [`s${i}`, condition]))

/** Far more events of one or two people than a sequence keeps, now and then one that is much later than that. */
const history = fc
  .array(
    fc.record({
      name: fc.constantFrom('A', 'A', 'B', 'B', 'C'),
      who: fc.constantFrom('a', 'a', 'a', 'b'),
      late: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20 * MINUTE, 30 * HOUR),
      login: fc.constantFrom(false, false, false, false, false, false, false, false, false, true),
    }),
    { minLength: SIGNAL_LIMITS.sequence, maxLength: 2 * SIGNAL_LIMITS.sequence },
  )
  .map(list =>
    list.map(({ name, who, late, login }, i): Event => {
      const received = TEST_NOW + i * 5 * MINUTE
      const timestamp = received - late
      const user = login && { userId: 'u' }
      return {
        type: 'track',
        name,
        anonymousId: who,
        ...user,
        messageId: `m${i}`,
        properties: {},
        context: {},
        timestamp,
        received,
        index: 0,
      }
    }),
  )

function agree(life: Life, now: number): void {
  const oracle = new Oracle(life.world, NO_NAMES)
  for (const [key, condition] of Object.entries(segments)) {
    const { condition: compiled } = life.plan.segments.find(segment => segment.key === key)!
    for (const id of oracle.people(now)) {
      const profile = life.person(id)!
      const expected = oracle.holds(condition, id, { now, known: now })
      const found = [compiled.truth({ profile, context: {}, now }).value, profile.memberships?.[key]?.in ?? false]
      expect(found, `${key} of ${id} at ${new Date(now).toISOString()}`).toEqual([expected, expected])
    }
  }
}

describe('what comes too late for what is kept', () => {
  it('R10 is said to be late, and a rebuild makes it true', () => {
    let rebuilt = 0
    let kept = 0
    fc.assert(
      fc.property(history, events => {
        const life = new Life(setOf(segments))
        for (const [i, event] of events.entries()) {
          life.elapse(event.received)
          const [applied] = life.receive([event], event.received)
          if (applied!.late) {
            life.stream.now = event.received + 100
            expect(life.stream.take(rebuildOf(life.stream, applied!.profile!)).applied[0]!.outcome).toBe('stored')
            rebuilt++
          } else kept++
          life.elapse(event.received + AFTER)
          if (i > SIGNAL_LIMITS.sequence && i % 5 === 0) agree(life, event.received + AFTER)
        }
      }),
      { numRuns: 12, seed: 20261109 },
    )
    expect(rebuilt).toBeGreaterThan(10)
    expect(kept).toBeGreaterThan(1000)
  })

  it('R10 a person made again from the log is in the segments they were in, with timers heard at their time', () => {
    fc.assert(
      fc.property(trial('profile', 3), fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }), (trial, rebuilds) => {
        const { batches, conditions, language } = trial
        const life = new Life(setOf(Object.fromEntries(conditions.map((one, i) => [`s${i}`, one])), language))
        for (const [i, { at, events }] of batches.entries()) {
          life.receive(events, at)
          if (!rebuilds.includes(i)) continue
          life.stream.now = at + 100
          for (const { id } of life.people) life.stream.take(rebuildOf(life.stream, id))
        }
        const last = batches.at(-1)!.at
        life.elapse(last + AFTER)
        const oracle = new Oracle(life.world, language)
        for (const [i, condition] of conditions.entries()) {
          for (const { at } of batches) {
            const now = at + AFTER
            const members = oracle.members(condition, { now, known: now })
            const entered = [...life.entered(`s${i}`, now)].filter(id => oracle.people(now).includes(id))
            expect(entered.sort(), `${JSON.stringify(condition)} at ${new Date(now).toISOString()}`).toEqual(members)
          }
        }
      }),
      { numRuns: 40, seed: 20261110 },
    )
  })
})
