import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import { needsOf } from '../plan/needs.ts'
import type { EventTimes } from '../signal/signal.ts'
import { durationMs } from '../time/duration.ts'
import type { Condition, DidCondition } from './condition.ts'
import { evaluate, truth } from './evaluate.ts'
import type { Subject } from './subject.ts'
import { subjectOf } from './testing/subject.ts'

/**
 * The meaning of a condition, said again in the plainest way: over all events that ever were, whatever a profile keeps.
 * Time is a grid of half seconds, so that looking at every quarter second misses nothing.
 */
interface World {
  readonly events: readonly (readonly [name: string, at: number])[]
  readonly traits: Readonly<Record<string, string>>
}

const STEP = 500
const HORIZON = 20_000

function oracle(condition: Condition, world: World, t: number): boolean {
  if ('all' in condition) return condition.all.every(part => oracle(part, world, t))
  if ('any' in condition) return condition.any.some(part => oracle(part, world, t))
  if ('not' in condition) return !oracle(condition.not, world, t)
  if ('trait' in condition) return world.traits[condition.trait] === condition.is
  if ('context' in condition) return false
  const { did, atLeast = 1, within } = condition as DidCondition
  const length = within === undefined ? Number.POSITIVE_INFINITY : durationMs(within)
  return world.events.filter(([name, at]) => name === did && at <= t && t - at < length).length >= atLeast
}

const name = fc.constantFrom('A', 'B', 'C')
const didCondition: fc.Arbitrary<DidCondition> = fc.record(
  { did: name, atLeast: fc.integer({ min: 1, max: 4 }), within: fc.constantFrom('1s', '2s', '3s', '5s', '8s') },
  { requiredKeys: ['did'] },
)
const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    didCondition,
    fc.record({ trait: fc.constantFrom('plan', 'tier'), is: fc.constantFrom('x', 'y') }),
    fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
})).condition
const instant = fc.integer({ min: 0, max: HORIZON / STEP }).map(n => n * STEP)
const world: fc.Arbitrary<World> = fc.record({
  events: fc.array(fc.tuple(name, instant), { maxLength: 12 }),
  traits: fc.dictionary(fc.constantFrom('plan', 'tier'), fc.constantFrom('x', 'y')),
})

function leaves(condition: Condition): DidCondition[] {
  if ('all' in condition) return condition.all.flatMap(leaves)
  if ('any' in condition) return condition.any.flatMap(leaves)
  if ('not' in condition) return leaves(condition.not)
  return 'did' in condition ? [condition] : []
}

/** Holds the claim against the oracle on [t, horizon]: the value, that it stays, and that `until` is worth waking for. */
function holdClaim(condition: Condition, world: World, subject: Subject): void {
  const { now: t } = subject
  const { value, until } = truth(condition, subject)
  expect(value).toBe(oracle(condition, world, t))
  expect(evaluate(condition, subject)).toBe(value)
  expect(until).toBeGreaterThan(t)
  expect(firstChange(condition, world, t, value, Math.min(until, 2 * HORIZON)), 'it turns before until').toBeUndefined()
  if (!Number.isFinite(until)) return
  const changed = leaves(condition).some(leaf => oracle(leaf, world, until - 1) !== oracle(leaf, world, until))
  expect(changed, 'nothing changes at until').toBe(true)
}

/** The first looked-at instant in [from, to) at which the oracle no longer says `value`. */
function firstChange(condition: Condition, world: World, from: number, value: boolean, to: number): number | undefined {
  for (let t = from; t < to; t += STEP / 2) if (oracle(condition, world, t) !== value) return t
  return undefined
}

describe('truth with expiry against the oracle', () => {
  it('R5 with every event known, those to come included', () => {
    fc.assert(
      fc.property(condition, world, instant, (condition, world, now) => {
        holdClaim(condition, world, subjectOf({ ...world, now }))
      }),
      { numRuns: 2000 },
    )
  })

  it('R5 one did condition: at until, and never before, the value turns', () => {
    fc.assert(
      fc.property(didCondition, world, instant, (condition, world, now) => {
        const { value, until } = truth(condition, subjectOf({ ...world, now }))
        const change = firstChange(condition, world, now, value, 2 * HORIZON)
        expect(until).toBe(change ?? Number.POSITIVE_INFINITY)
      }),
      { numRuns: 2000 },
    )
  })

  it('R5 R11 what the needs keep is enough: the last n times up to now say the same as all events', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 3 }), world, instant, (conditions, world, now) => {
        const needs = needsOf({
          version: 1,
          definitions: conditions.map((audience, i) => experience(`e${i}`, audience)),
        })
        const past = { ...world, events: world.events.filter(([, at]) => at <= now) }
        const everything = subjectOf({ ...past, now })
        const kept = Object.entries(everything.profile.signals).flatMap(([key, signal]): [string, EventTimes][] => {
          const { times } = signal as EventTimes
          const need = needs.find(one => one.key === key)
          const keep = need?.kind === 'times' ? need.keep : undefined
          return keep === undefined ? [] : [[key, { keep, times: times.slice(-keep) }]]
        })
        const profile = { ...everything.profile, signals: Object.fromEntries(kept) }
        for (const condition of conditions) holdClaim(condition, past, { ...everything, profile })
      }),
      { numRuns: 1000 },
    )
  })

  it('R5 going from until to until meets every change', () => {
    fc.assert(
      fc.property(condition, world, (condition, world) => {
        let woken = truth(condition, subjectOf({ ...world, now: 0 }))
        for (let t = 0; t < 2 * HORIZON; t += STEP / 2) {
          if (t >= woken.until) woken = truth(condition, subjectOf({ ...world, now: t }))
          if (woken.value !== oracle(condition, world, t)) expect.fail(`wrong at ${t}`)
        }
      }),
      { numRuns: 500 },
    )
  })
})

function experience(key: string, audience: Condition): Definition<'experience'> {
  const body: Experience = {
    tactic: 'offer',
    touchpoints: ['t'],
    variants: [{ key: 'v', content: { t: null } }],
    audience,
  }
  return { kind: 'experience', key, version: 1, published: 0, author: '', archived: false, body }
}
