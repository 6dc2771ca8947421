import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { POINTS } from '../bucket/bucket.ts'
import { random } from '../random/random.ts'
import type { Encoding } from './encoding.ts'
import { inForce, publish, rollBack, type Timeline } from './learn/timeline.ts'
import type { Choice, Policy } from './policy.ts'
import { betaModel, DAY, frequencies, gaussianModel, linearModel, policyOf } from './testing.ts'

type Subject = Readonly<Record<string, unknown>>

const ENCODING: Encoding = {
  inputs: [
    { key: 'age', kind: 'numeric', mean: 40, sd: 10 },
    { key: 'mobile', kind: 'boolean' },
  ],
}
const READS = { age: (s: Subject) => s.age, mobile: (s: Subject) => s.mobile }

const INPUTS = (['age', 'mobile'] as const).map(key => ({
  key,
  kind: key === 'age' ? ('numeric' as const) : ('boolean' as const),
  from: { context: key },
}))

const contextual = (models: Parameters<typeof policyOf<Subject>>[2], keys = ['a', 'b', 'c']) =>
  policyOf<Subject>({ kind: 'contextual', inputs: INPUTS, floor: 0.02 }, keys, models, { reads: READS })

const LINEAR = linearModel(3, ENCODING, {
  a: { mean: [0, 0.3, 0], sd: 0.1 },
  b: { mean: [0.1, 0, 0.2], sd: 0.2 },
  c: { mean: [0, -0.3, 0.1], sd: 0.05 },
})

const BETA = betaModel(2, { a: [30, 270], b: [40, 260], c: [36, 300] })

const SUBJECTS: Subject[] = [{ age: 20, mobile: true }, { age: 40 }, { age: 65, mobile: false }, {}]

const bandit = (models: Parameters<typeof policyOf<Subject>>[2], keys = ['a', 'b', 'c']) =>
  policyOf<Subject>({ kind: 'bandit', floor: 0.02 }, keys, models)

describe('R7 the propensity is the truth', () => {
  const PEOPLE = 10_000
  const policies: [string, Policy<Subject>][] = [
    ['Beta bandit', bandit([BETA])],
    ['Gaussian bandit', bandit([gaussianModel(1, { a: [1, 0.3], b: [1.2, 0.5], c: [0.5, 0.2] })])],
    ['contextual Thompson', contextual([LINEAR])],
    [
      'LinUCB',
      policyOf<Subject>({ kind: 'contextual', inputs: INPUTS, by: 'ucb', floor: 0.05 }, ['a', 'b', 'c'], [LINEAR], {
        reads: READS,
      }),
    ],
  ]

  it.each(policies)('%s: chosen as often as stated, whoever may see what', (_name, policy) => {
    for (const [n, subject] of SUBJECTS.slice(0, 2).entries()) {
      for (const eligible of [undefined, [true, false, true]]) {
        const ask = { now: (n + 10) * DAY, subject, ...(eligible && { eligible }) }
        const stated = Array.from(policy.chances({ ...ask, bucketKey: '' }).points, points => points / POINTS)
        expect(stated.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
        const found = frequencies(policy, ask, 3, PEOPLE)
        expect(found[3]).toBe(0)
        for (const [i, p] of stated.entries()) {
          expect(Math.abs(found[i]! - p)).toBeLessThanOrEqual(4.5 * Math.sqrt((p * (1 - p)) / PEOPLE))
          if (eligible === undefined || eligible[i]) expect(p).toBeGreaterThanOrEqual(0.02)
          else expect(p).toBe(0)
        }
        const choice = policy.choose({ ...ask, bucketKey: 'one' })
        expect(choice.propensity).toBe(stated[choice.arm])
      }
    }
  })

  it('LinUCB gives all but the floor to the largest bound, which exploring more moves to who is known least', () => {
    const subject = { age: 40 }
    const pointsOf = (explore: number) => {
      const spec = { kind: 'contextual', inputs: INPUTS, by: 'ucb', floor: 0.05, explore } as const
      const policy = policyOf<Subject>(spec, ['a', 'b', 'c'], [SCORES], { reads: READS })
      return Array.from(policy.chances({ bucketKey: '', now: 0, subject }).points)
    }
    expect(pointsOf(1)).toEqual([9000, 500, 500])
    expect(pointsOf(3)).toEqual([500, 9000, 500])
  })

  // Bounds at the mean person: a 0.5 + 0.1 e, b 0.2 + 0.3 e, c 0.5 less.
  const SCORES = linearModel(1, ENCODING, {
    a: { mean: [0.5, 0, 0], sd: 0.1 },
    b: { mean: [0.2, 0, 0], sd: 0.3 },
    c: { mean: [0, 0, 0], sd: 0.1 },
  })

  it('weighing a uniform policy by it finds the mean of every variant, although people differ', () => {
    const policy = contextual([LINEAR])
    const rng = random('unbiased')
    const sums = [0, 0, 0]
    const squares = [0, 0, 0]
    const rewardOf = (arm: number, { age }: Subject) => arm + (age as number) / 100
    let all = 0
    for (let i = 0; i < PEOPLE; i++) {
      const subject = { age: 40 + 15 * rng.normal(), mobile: rng.chance(0.5) }
      all += subject.age / 100
      const { arm, propensity } = policy.choose({ bucketKey: `u${i}`, now: 5 * DAY, subject })
      const value = rewardOf(arm, subject) / propensity
      sums[arm]! += value
      squares[arm]! += value ** 2
    }
    for (const arm of [0, 1, 2]) {
      const mean = sums[arm]! / PEOPLE
      const error = Math.sqrt((squares[arm]! / PEOPLE - mean ** 2) / PEOPLE)
      expect(Math.abs(mean - arm - all / PEOPLE)).toBeLessThan(4 * error)
    }
  })

  it('is what drawing coefficients from the posterior and taking the best would give, plus the floor', () => {
    const policy = policyOf<Subject>({ kind: 'contextual', inputs: INPUTS, floor: 0.001 }, ['a', 'b', 'c'], [LINEAR], {
      reads: READS,
    })
    const rng = random('thompson')
    const DRAWS = 40_000
    const x = [1, -2, 1]
    const wins = [0, 0, 0]
    for (let i = 0; i < DRAWS; i++) {
      const scores = LINEAR.arms.map(({ mean, precision }) =>
        mean.reduce((sum, m, j) => sum + x[j]! * (m + rng.normal() / Math.sqrt(precision[0]!)), 0),
      )
      wins[scores.indexOf(Math.max(...scores))]!++
    }
    const { points } = policy.chances({ bucketKey: '', now: 0, subject: { age: 20, mobile: true } })
    for (const [i, won] of wins.entries()) {
      expect(Math.abs(points[i]! / POINTS - 0.001 - 0.997 * (won / DRAWS))).toBeLessThan(0.012)
    }
  })
})

describe('R6 within a draw period nobody is reshuffled', () => {
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
  const everybody = (policy: Policy<Subject>, now: number): Choice[] =>
    keys.map((bucketKey, i) => policy.choose({ bucketKey, now, subject: SUBJECTS[i % SUBJECTS.length]! }))

  const models = Array.from({ length: 12 }, (_, i) =>
    linearModel(i + 1, ENCODING, {
      a: { mean: [0, 0.3 - i / 10, 0], sd: 0.1 },
      b: { mean: [i / 20, 0, 0.2], sd: 0.2 },
      c: { mean: [0, -0.3, 0.1], sd: 0.05 },
    }),
  )
  const bandits = models.map((_, i) => betaModel(i + 1, { a: [30 + 5 * i, 270], b: [40, 260], c: [36, 300] }))

  it.each([
    ['bandit', (timeline: Timeline) => bandit(inTime(timeline, bandits))],
    ['contextual', (timeline: Timeline) => contextual(inTime(timeline, models))],
  ])('%s: whatever is published meanwhile, on whichever node', (_name, compile) => {
    let timeline: Timeline = []
    let changed = 0
    for (let version = 1; version <= 10; version++) {
      const start = version * DAY
      const before = everybody(compile(timeline), start)
      // Three times within the period a version is published; a node that has it and one that has not agree.
      for (const [n, at] of [start + 1, start + DAY / 2, start + DAY - 1].entries()) {
        const old = compile(timeline)
        timeline = publish(timeline, Math.min(version + n, 12), at, DAY)
        const fresh = compile(timeline)
        for (const now of [at, start + DAY - 1]) {
          expect(everybody(fresh, now)).toEqual(before)
          expect(everybody(old, now)).toEqual(before)
        }
      }
      const after = everybody(compile(timeline), start + DAY)
      expect(after[0]!.model).toBe(inForce(timeline, start + DAY, DAY))
      changed += after.filter((choice, i) => choice.arm !== before[i]!.arm).length
    }
    // In the next period all is drawn anew.
    expect(changed).toBeGreaterThan(150)
  })

  it('a version that does harm can be taken back at once, which does move people, with true propensities', () => {
    const timeline = publish(publish([], 1, 0, DAY), 12, 2 * DAY, DAY)
    const before = everybody(contextual(inTime(timeline, models)), 3.5 * DAY)
    const back = contextual(inTime(rollBack(timeline, 1, 3.5 * DAY, DAY, 'this period'), models))
    const after = everybody(back, 3.5 * DAY)
    expect(before[0]!.model).toBe(12)
    expect(after[0]!.model).toBe(1)
    expect(after.some((choice, i) => choice.arm !== before[i]!.arm)).toBe(true)
  })

  it('what was given is kept until the period ends, whatever the inputs and versions by then', () => {
    const old = contextual([models[0]!])
    const fresh = contextual([models[11]!])
    let moved = 0
    for (const bucketKey of keys) {
      const ask = { bucketKey, now: 5 * DAY, subject: SUBJECTS[0]! }
      const held = old.choose(ask)
      const later = { ...ask, now: 5.5 * DAY, subject: SUBJECTS[2]!, held }
      expect(fresh.choose(later)).toEqual({ ...held, basis: 'held' })
      if (fresh.choose({ ...later, now: 6 * DAY }).arm !== held.arm) moved++
      const eligible = [0, 1, 2].map(i => i !== held.arm)
      expect(fresh.choose({ ...later, eligible }).arm).not.toBe(held.arm)
    }
    expect(moved).toBeGreaterThan(20)
  })

  it('draws of one person in different periods are independent of each other', () => {
    const policy = bandit([], ['a', 'b'])
    const PEOPLE = 10_000
    for (const next of [11, 20]) {
      const both = [0, 0, 0, 0]
      for (let i = 0; i < PEOPLE; i++) {
        const ask = { bucketKey: `d${i}`, subject: {} }
        const [first, second] = [10, next].map(day => policy.choose({ ...ask, now: day * DAY }).arm)
        both[2 * first! + second!]!++
      }
      for (const count of both) expect(Math.abs(count / PEOPLE - 0.25)).toBeLessThan(4.5 * Math.sqrt(0.1875 / PEOPLE))
    }
  })

  function inTime<M extends { version: number }>(timeline: Timeline, list: readonly M[]): { from: number; model: M }[] {
    return timeline.map(({ from, version }) => ({ from, model: list.find(model => model.version === version)! }))
  }
})

describe('too little data', () => {
  it('of everything serves the split exactly, and says so', () => {
    const policy = bandit([betaModel(1, { a: [3, 20], b: [1, 60], c: [0, 0] })])
    expect(Array.from(policy.chances({ bucketKey: '', now: 0, subject: {} }).points)).toEqual([3334, 3333, 3333])
    expect(policy.state(0)).toMatchObject({
      basis: 'too-little-data',
      model: 1,
      sentence: 'Too little data: a has 23, b has 61, c has 0 of the 100 people it takes. The split is served.',
    })
    expect(policy.state(0).arms[1]).toEqual({ variant: 'b', chance: 0.3333, people: 61, needed: 100 })
  })

  it('without any model too', () => {
    const policy = contextual([])
    expect(policy.choose({ bucketKey: 'x', now: 0, subject: {} })).toMatchObject({ basis: 'too-little-data', model: 0 })
    expect(policy.state(0).sentence).toBe('Nothing has been learned yet: the split is served.')
    const later = contextual([{ from: 3 * DAY, model: LINEAR }])
    expect(later.state(2 * DAY).model).toBe(0)
    expect(later.state(2 * DAY).sentence).toBe('The split is served. Version 3 decides from 1970-01-04 00:00 UTC on.')
    expect(later.state(3 * DAY).model).toBe(3)
    expect(later.state(2 * DAY).serves).toBe(later.state(2 * DAY).sentence)
    expect(later.state(3 * DAY).sentence).toMatch(/^Version 3 of the model decides/)
    expect(later.state(3 * DAY).serves).toMatch(/^Version 3 decides/)
  })

  it('of a version that is still to come: the split now, and then too', () => {
    const model = betaModel(1, { a: [3, 20], b: [1, 60], c: [0, 0] })
    expect(bandit([model]).state(0).serves).toBe('The split is served.')
    const later = bandit([{ from: 3 * DAY, model }])
    expect(later.state(2 * DAY).sentence).toBe(
      'The split is served. Version 1 is in force from 1970-01-04 00:00 UTC on, and knows too little: the split is served then too.',
    )
    expect(later.state(3 * DAY).sentence).toMatch(/^Too little data: .* The split is served\.$/)
  })

  it('of a new variant leaves it its share of the split, while the others go on learning', () => {
    const policy = bandit([betaModel(4, { a: [30, 270], b: [90, 210], c: [5, 6] })], ['a', 'b', 'c', 'new'])
    const { points, basis } = policy.chances({ bucketKey: '', now: 0, subject: {} })
    expect(basis).toBe('learned-in-part')
    // Half of it is the split's; b surely beats a.
    const expected = [0.02, 0.02 + 0.92 * 0.5, 0.02 + 0.92 * 0.25, 0.02 + 0.92 * 0.25]
    for (const [i, chance] of expected.entries()) expect(points[i]! / POINTS).toBeCloseTo(chance, 3)
    expect(policy.state(0).sentence).toBe(
      'Version 4 of the model decides, but c has 11, new has 0 of the 100 people it takes: until then their share of the split.',
    )
  })

  it('the floor is added to the weights', () => {
    const policy = bandit([gaussianModel(1, { a: [0, 0.1], b: [0.1, 0.1], c: [0.2, 0.1] })])
    const { points } = policy.chances({ bucketKey: '', now: 0, subject: {} })
    const expected = [0.04715068, 0.2240983, 0.72875102].map(w => 0.02 + (1 - 3 * 0.02) * w)
    for (const [i, chance] of expected.entries()) expect(Math.abs(points[i]! / POINTS - chance)).toBeLessThan(3e-4)
  })

  it('no variant may be shown: none is', () => {
    for (const policy of [bandit([BETA]), contextual([LINEAR])]) {
      expect(policy.choose({ bucketKey: 'x', now: 0, subject: {}, eligible: [false, false, false] })).toMatchObject({
        arm: -1,
        propensity: 1,
        basis: 'none-eligible',
      })
    }
  })

  it('a model of another kind is named, not misread', () => {
    expect(() => bandit([LINEAR])).toThrow(/takes a beta or gaussian model, not linear/)
    expect(() => contextual([BETA])).toThrow(/takes a linear or logistic model, not beta/)
  })
})

it('R6 whatever the inputs, chances are whole points that sum to 10,000 and no floor is undercut', () => {
  const policy = contextual([LINEAR])
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.string(), (age, mobile, bucketKey) => {
      const ask = { bucketKey, now: 0, subject: { age, mobile } }
      const { points } = policy.chances(ask)
      expect(points.reduce((a, b) => a + b)).toBe(POINTS)
      expect(Math.min(...points)).toBeGreaterThanOrEqual(200)
      expect(policy.choose(ask)).toEqual(policy.choose(ask))
    }),
  )
})
