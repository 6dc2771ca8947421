import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregate } from './aggregate.ts'
import type { Condition } from './condition.ts'
import { type Trial, trial } from './testing/arbitrary.ts'
import { changesOf } from './testing/changes.ts'
import { Life, setOf } from './testing/life.ts'
import { Oracle } from './testing/oracle.ts'

/** It is looked so long after something was received: links are told some milliseconds after what made them. */
const AFTER = 500
const DAY = 86_400_000
const RUNS = { numRuns: 40, seed: 20261103 }

/** What the caller of a decision may say of the clock. */
const CONTEXTS = [{}, { timezone: 'America/New_York' }, { timezone: 'Nowhere/At all' }]

const keyed = (conditions: readonly Condition[]) =>
  Object.fromEntries(conditions.map((condition, i) => [`s${i}`, condition]))

/** Everybody known, each segment: what the profile says, what the truth is, and what the oracle says. */
function agree(life: Life, { conditions, language }: Trial, now: number): void {
  const oracle = new Oracle(life.world, language)
  for (const [i, condition] of conditions.entries()) {
    const key = `s${i}`
    const { condition: compiled } = life.plan.segments.find(segment => segment.key === key)!
    const entered = life.entered(key, now)
    for (const id of oracle.people(now)) {
      const profile = life.person(id)!
      const expected = oracle.holds(condition, id, { now, known: now })
      const { value } = compiled.truth({ profile, context: {}, now, accounts: life.accountsOf(profile) })
      const said = `${JSON.stringify(condition)} of ${id} at ${new Date(now).toISOString()}`
      expect([value, profile.memberships?.[key]?.in ?? false, entered.has(id)], said).toEqual([
        expected,
        expected,
        expected,
      ])
    }
  }
}

/** After everything that was received, with timers heard at their time. */
function agreeAllAlong(trial: Trial): void {
  const life = new Life(setOf(keyed(trial.conditions), trial.language))
  for (const { at, events } of trial.batches) {
    life.elapse(at)
    life.receive(events, at)
    life.elapse(at + AFTER)
    agree(life, trial, at + AFTER)
  }
}

/** What a condition and its parts compare that is made from events, once each. */
function valuesIn(condition: Condition): Aggregate[] {
  if ('all' in condition) return condition.all.flatMap(valuesIn)
  if ('any' in condition) return condition.any.flatMap(valuesIn)
  if ('not' in condition) return valuesIn(condition.not)
  return 'value' in condition ? [condition.value] : []
}

describe('live conditions and a brute-force oracle', () => {
  it('R5 R10 agree after everything that was received, with timers heard at their time', () => {
    fc.assert(
      fc.property(trial('profile', 3), trial => {
        agreeAllAlong(trial)
      }),
      RUNS,
    )
  })

  it('R5 agree where several segments say the same, or compare one value, which is worked out once', () => {
    fc.assert(
      fc.property(trial('profile', 2), fc.nat({ max: 60 }), (trial, bound) => {
        const conditions = trial.conditions.flatMap((condition): Condition[] => [
          condition,
          { not: condition },
          { any: [condition, { did: 'A' }] },
          ...valuesIn(condition).flatMap((value): Condition[] => [
            { value, gte: bound },
            { value, lt: bound },
            { not: { value, is: bound } },
          ]),
        ])
        agreeAllAlong({ ...trial, conditions })
      }),
      RUNS,
    )
  })

  it('R5 R10 agree on accounts: what everybody said of them, and what anyone of them does', () => {
    fc.assert(
      fc.property(trial('accounts', 3, 3), trial => {
        agreeAllAlong(trial)
      }),
      RUNS,
    )
  })

  it('R5 a timer heard late tells of what was, at its time', () => {
    fc.assert(
      fc.property(trial('profile', 3), trial => {
        const life = new Life(setOf(keyed(trial.conditions), trial.language))
        for (const { at, events } of trial.batches) life.receive(events, at)
        const last = trial.batches.at(-1)!.at
        life.elapse(last + AFTER)
        const oracle = new Oracle(life.world, trial.language)
        for (const [i, condition] of trial.conditions.entries()) {
          for (const { at } of trial.batches) {
            const now = at + AFTER
            const entered = life.entered(`s${i}`, now)
            const members = oracle.members(condition, { now, known: now })
            const people = oracle.people(now)
            const said = `${JSON.stringify(condition)} at ${new Date(now).toISOString()}`
            expect([...entered].filter(id => people.includes(id)).sort(), said).toEqual(members)
          }
        }
      }),
      RUNS,
    )
  })

  it('R5 going from until to until meets every change', () => {
    fc.assert(
      fc.property(trial('profile', 2), fc.nat(2 ** 31), (trial, seed) => {
        const life = new Life(setOf(keyed(trial.conditions), trial.language))
        for (const { at, events } of trial.batches) life.receive(events, at)
        const known = trial.batches.at(-1)!.at + AFTER
        const oracle = new Oracle(life.world, trial.language)
        const instants = changesOf(trial, known, known + 9 * DAY, seed)
        const context = CONTEXTS[seed % CONTEXTS.length]!
        for (const [i, condition] of trial.conditions.entries()) {
          const { condition: compiled } = life.plan.segments.find(({ key }) => key === `s${i}`)!
          for (const id of oracle.people(known)) {
            const profile = life.person(id)!
            let woken = { now: known, ...compiled.truth({ profile, context, now: known }) }
            for (const now of instants) {
              while (woken.until <= now) {
                expect(woken.until).toBeGreaterThan(woken.now)
                woken = { now: woken.until, ...compiled.truth({ profile, context, now: woken.until }) }
              }
              if (woken.value !== oracle.holds(condition, id, { now, known }, context)) {
                expect.fail(`${JSON.stringify(condition)} of ${id} turned by ${new Date(now).toISOString()}`)
              }
            }
          }
        }
      }),
      RUNS,
    )
  })
})
