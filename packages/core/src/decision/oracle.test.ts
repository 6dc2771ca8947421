import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hash } from '../bucket/bucket.ts'
import type { Experience } from '../definition/experience.ts'
import { evaluate } from '../segment/evaluate.ts'
import type { Answer } from './answer.ts'
import { compile } from './compile.ts'
import { type DecideInput, decide } from './decide.ts'
import { catalogOf, personOf, setOf } from './testing.ts'

/** Deciding, said again in the plainest way, over definitions as written. */
interface World {
  readonly holdout: number
  readonly experiences: Readonly<Record<string, Experience>>
  readonly traits: Readonly<Record<string, string>>
  readonly bucketKey: string
  readonly refused: boolean
  readonly day: number
}

const TOUCHPOINTS = ['hero', 'mail', 'cart']
const START = Date.UTC(2026, 9, 1)

function oracle(world: World, touchpoint: string): Partial<Answer> {
  if (world.refused) return { reason: 'consent' }
  const now = START + world.day * 86_400_000
  const subject = { profile: personOf(world), context: {}, now }
  const eligible = Object.entries(world.experiences)
    .filter(([, e]) => e.touchpoints.includes(touchpoint) && (e.status ?? 'running') === 'running')
    .filter(
      ([, e]) =>
        e.schedule === undefined || (Date.parse(e.schedule.start!) <= now && now < Date.parse(e.schedule.end!)),
    )
    .filter(([, e]) => e.audience === undefined || evaluate(e.audience, subject))
    .sort(([a, x], [b, y]) => (y.priority ?? 0) - (x.priority ?? 0) || (a < b ? -1 : 1))
  const [winner] = eligible
  if (winner === undefined) return { reason: 'no-experience' }
  const [experience, { control = 0.1, variants }] = winner
  const quarter = now < Date.UTC(2027, 0, 1) ? '2026Q4' : '2027Q1'
  if (hash(`holdout:${quarter}`, world.bucketKey, 2)! < world.holdout) {
    return { reason: 'holdout', experience, holdout: true, control: false, content: null }
  }
  if (hash(`${experience}:control`, world.bucketKey, 2)! < control) {
    return { reason: 'control', experience, holdout: false, control: true, content: null }
  }
  const chosen = variants[Math.floor(hash(experience, world.bucketKey, 2)! * variants.length)]!
  const content = chosen.content[touchpoint]!
  return { reason: 'assigned', experience, variant: chosen.key, holdout: false, control: false, content }
}

const experience: fc.Arbitrary<Experience> = fc
  .record({
    touchpoints: fc.subarray(TOUCHPOINTS, { minLength: 1 }),
    // Powers of two, so that equal weights cut the points exactly.
    variants: fc.constantFrom(1, 2, 4),
    control: fc.constantFrom(0, 0.2, 0.5),
    priority: fc.integer({ min: 0, max: 2 }),
    status: fc.constantFrom('running' as const, 'running' as const, 'paused' as const, 'draft' as const),
    audience: fc.option(fc.record({ trait: fc.constantFrom('a', 'b'), is: fc.constantFrom('x', 'y') })),
    days: fc.option(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 120 }))),
  })
  .map(({ variants, audience, days, ...rest }) => ({
    ...rest,
    tactic: 'offer' as const,
    variants: Array.from({ length: variants }, (_, i) => ({
      key: `v${i}`,
      content: Object.fromEntries(rest.touchpoints.map(touchpoint => [touchpoint, `${touchpoint} ${i}`])),
    })),
    ...(audience && { audience }),
    ...(days && { schedule: { start: day(days[0]), end: day(days[1]) } }),
  }))

function day(n: number): string {
  return new Date(START + n * 86_400_000).toISOString()
}

const world: fc.Arbitrary<World> = fc.record({
  holdout: fc.constantFrom(0, 0.1, 0.5),
  experiences: fc.dictionary(fc.constantFrom('e1', 'e2', 'e3', 'e4'), experience),
  traits: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y')),
  bucketKey: fc.stringMatching(/^[0-9a-f]{16}$/),
  refused: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
  day: fc.integer({ min: 0, max: 180 }),
})

function inputOf(
  { holdout, experiences, refused, day, ...person }: World,
  touchpoints: readonly string[],
): DecideInput {
  const versioned = <T>(bodies: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(bodies).map(([key, body]) => [key, { version: 1, body }]))
  const set = compile(
    setOf({
      settings: versioned({ workspace: { holdout } }),
      touchpoint: versioned(Object.fromEntries(TOUCHPOINTS.map(key => [key, { channel: 'web' }]))),
      experience: versioned(experiences),
    }),
  )
  const profile = personOf({ ...person, consent: { personalization: !refused } })
  return { set, profile, context: {}, now: START + day * 86_400_000, touchpoints, items: catalogOf({}) }
}

it('R6 decides as the oracle does: those held out never get the next experience', () => {
  fc.assert(
    fc.property(world, world => {
      const { answers } = decide(inputOf(world, TOUCHPOINTS))
      for (const answer of answers) expect(answer).toMatchObject(oracle(world, answer.touchpoint))
    }),
    { numRuns: 500 },
  )
})

it('R6 the same input has the same answer, alone or with others, and nothing is changed by asking', () => {
  fc.assert(
    fc.property(world, fc.subarray(TOUCHPOINTS, { minLength: 1 }), (world, some) => {
      const input = inputOf(world, TOUCHPOINTS)
      deepFreeze(input.profile)
      const { answers } = decide(input)
      expect(decide(input).answers).toEqual(answers)
      expect(decide(inputOf(world, TOUCHPOINTS)).answers).toEqual(answers)
      const alone = decide({ ...input, touchpoints: some, explain: true }).answers
      expect(alone.map(({ explanation: _, ...answer }) => answer)).toEqual(
        answers.filter(answer => some.includes(answer.touchpoint)),
      )
    }),
    { numRuns: 100 },
  )
})

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
}
