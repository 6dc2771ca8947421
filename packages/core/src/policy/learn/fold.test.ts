import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startFold } from './fold.ts'
import type { Learner } from './learner.ts'
import { modelFromSums } from './posterior.ts'
import type { TrainingRow } from './row.ts'
import { addSums, type Sums } from './sums.ts'

const DAY = 86_400_000
const NOW = 100 * DAY
const EVERYTHING = { after: Number.NEGATIVE_INFINITY, until: NOW }

const learner: Learner = { kind: 'gaussian', variants: ['a', 'b'], period: DAY }
const contextual: Learner = {
  ...learner,
  kind: 'linear',
  encoding: {
    inputs: [
      { key: 'age', kind: 'numeric', mean: 40, sd: 10 },
      { key: 'plan', kind: 'categorical', levels: ['free', 'pro'] },
    ],
  },
}

function row(given: Partial<TrainingRow> = {}): TrainingRow {
  return { variant: 'a', propensity: 0.5, reward: 1, decidedAt: NOW - 5 * DAY, closesAt: NOW - DAY, ...given }
}

function sumsOf(rows: readonly TrainingRow[], by: Learner = learner): Sums {
  const fold = startFold(by, EVERYTHING)
  for (const one of rows) fold.add(one)
  return fold.closed()
}

const rows = fc.array(
  fc.record({
    variant: fc.constantFrom('a', 'b'),
    propensity: fc.double({ min: 0.01, max: 1, noNaN: true }),
    reward: fc.double({ min: -10, max: 10, noNaN: true }),
    decidedAt: fc.integer({ min: 60, max: 95 }).map(day => day * DAY),
    closesAt: fc.constant(96 * DAY),
    inputs: fc.record({
      age: fc.oneof(fc.double({ min: 0, max: 99, noNaN: true }), fc.constantFrom(null, 'forty')),
      plan: fc.constantFrom('free', 'pro', 'other', null),
    }),
  }),
  { maxLength: 30 },
)

function near(a: Sums, b: Sums): void {
  expect(a.period).toBe(b.period)
  for (const [i, arm] of a.arms.entries()) {
    const numbers = (sums: typeof arm) => Object.values(sums).flat().slice(1) as number[]
    for (const [j, x] of numbers(arm).entries()) expect(x).toBeCloseTo(numbers(b.arms[i]!)[j]!, 6)
  }
}

describe('sums of training rows', () => {
  it('R10 of a row that may still change are for this training only, and whole where its window has closed', () => {
    const changing = row({ reward: 3, finalAt: NOW + DAY })
    const fold = startFold(learner, EVERYTHING)
    fold.add(changing)
    fold.add(row({ finalAt: NOW }))
    expect(fold.closed().arms[0]).toMatchObject({ people: 1, reward: 1 })
    expect(fold.open().arms[0]).toMatchObject({ people: 1, weight: 1, reward: 3 })
    const later = startFold(learner, { after: NOW, until: NOW + DAY })
    for (const one of [changing, row({ finalAt: NOW })]) later.add(one)
    expect(later.closed().arms[0]).toMatchObject({ people: 1, reward: 3 })
  })

  it('of rows that weigh 1 are counts, sums and sums of squares', () => {
    const { arms } = sumsOf([row({ reward: 3 }), row({ reward: 1 }), row({ variant: 'b', reward: 5 })])
    expect(arms).toEqual([
      { variant: 'a', people: 2, weight: 2, reward: 4, rewardSquares: 10, weightSquares: 2, maturedSquares: 2 },
      { variant: 'b', people: 1, weight: 1, reward: 5, rewardSquares: 25, weightSquares: 1, maturedSquares: 1 },
    ])
  })

  it('of disjoint sets add up, in any order, decayed, balanced and with inputs', () => {
    const by: Learner = { ...contextual, halfLife: 7, balance: 10 }
    fc.assert(
      fc.property(rows, rows, (some, others) => {
        near(addSums(sumsOf(some, by), sumsOf(others, by), 7), sumsOf([...others, ...some], by))
      }),
    )
  })

  it('taken earlier fade to the later period as the rows themselves would have', () => {
    const by: Learner = { ...learner, halfLife: 3 }
    fc.assert(
      fc.property(rows, given => {
        const early = startFold(by, { after: Number.NEGATIVE_INFINITY, until: 96 * DAY })
        for (const one of given) early.add(one)
        const none = startFold(by, { after: 96 * DAY, until: NOW })
        near(addSums(early.closed(), none.closed(), 3), sumsOf(given, by))
      }),
    )
  })

  it('a row counts half after a half-life, and its people never fade', () => {
    const by: Learner = { ...learner, halfLife: 5 }
    const [arm] = sumsOf([row({ decidedAt: NOW - 5 * DAY }), row({ decidedAt: NOW - 10 * DAY })], by).arms
    expect(arm).toMatchObject({ people: 2, weight: 0.75, reward: 0.75, weightSquares: 0.75, maturedSquares: 0.75 })
  })

  it('balanced, a row of small propensity stands for more, up to the bound', () => {
    const by: Learner = { ...learner, balance: 4 }
    const weightAt = (propensity: number) => sumsOf([row({ propensity })], by).arms[0]!.weight
    expect([1, 0.5, 0.25, 0.01].map(weightAt)).toEqual([0.5, 1, 2, 4])
  })

  it('rows taken in before are not taken in again, and open windows wait', () => {
    const fold = startFold(learner, { after: NOW - 2 * DAY, until: NOW })
    fold.add(row({ closesAt: NOW - 2 * DAY }))
    fold.add(row({ closesAt: NOW }))
    fold.add(row({ closesAt: NOW + 1 }))
    expect(fold.closed().arms[0]!.people).toBe(1)
    expect(fold.open().arms[0]!.people).toBe(0)
    expect(fold.waiting()).toBe(1)
  })

  it('what cannot be learned from is refused by reason, and costs nothing else', () => {
    const fold = startFold({ ...learner, kind: 'beta' }, EVERYTHING)
    for (const bad of [
      { propensity: 0 },
      { propensity: 1.01 },
      { propensity: Number.NaN },
      { reward: Number.POSITIVE_INFINITY },
      { reward: Number.NaN },
      { reward: 1.5 },
      { reward: -0.1 },
      { variant: 'gone' },
      { decidedAt: NOW + 1, closesAt: NOW + 2 },
      { decidedAt: NOW - DAY, closesAt: NOW - 2 * DAY },
      { closesAt: Number.NaN },
    ]) {
      fold.add(row(bad))
    }
    fold.add(row())
    expect(fold.refused).toEqual({ propensity: 3, reward: 4, variant: 1, time: 3 })
    expect(fold.closed().arms[0]).toMatchObject({ people: 1, reward: 1 })
  })

  it('sums encoded differently are not added', () => {
    const narrow: Learner = { ...contextual, encoding: { inputs: [{ key: 'age', kind: 'boolean' }] } }
    expect(() => addSums(sumsOf([row()], contextual), sumsOf([row()], narrow))).toThrow(/rebuild from the log/)
  })
})

describe('posteriors of arms', () => {
  it('Beta by thresholds is as in MABWiser: Beta(2,3), Beta(1,3), Beta(1,1)', () => {
    const by: Learner = { ...learner, kind: 'beta', variants: ['1', '2', '3'], success: { 1: 7, 2: 12, 3: 0 } }
    const decisions = ['1', '2', '1', '1', '2']
    const given = [10, 4, 3, 5, 6].map((reward, i) => row({ variant: decisions[i]!, reward }))
    const sums = sumsOf(given, by)
    expect(modelFromSums(by, { version: 1, trainedUntil: NOW, sums }, sums)).toMatchObject({
      kind: 'beta',
      arms: [
        { variant: '1', people: 3, a: expect.closeTo(2, 12), b: expect.closeTo(3, 12) },
        { variant: '2', people: 2, a: expect.closeTo(1, 12), b: expect.closeTo(3, 12) },
        { variant: '3', people: 0, a: 1, b: 1 },
      ],
    })
  })

  it('a normal mean of many rows is their mean, with the standard error of the mean', () => {
    const given = Array.from({ length: 2000 }, (_, i) => row({ reward: i % 2 === 0 ? 4 : 6, variant: 'a' }))
    const sums = sumsOf([...given, ...given.map(one => ({ ...one, variant: 'b' }))])
    const model = modelFromSums(learner, { version: 1, trainedUntil: NOW, sums }, sums)
    expect(model.arms[0]).toMatchObject({ mean: expect.closeTo(5, 6), sd: expect.closeTo(1 / Math.sqrt(2000), 4) })
  })

  it('nobody has bought yet in an arm: it is less, and not certain', () => {
    const bought = Array.from({ length: 100 }, (_, i) => row({ reward: i < 10 ? 50 : 0 }))
    const nothing = Array.from({ length: 100 }, () => row({ variant: 'b', reward: 0 }))
    const sums = sumsOf([...bought, ...nothing])
    const model = modelFromSums(learner, { version: 1, trainedUntil: NOW, sums }, sums)
    if (model.kind !== 'gaussian') throw new Error(model.kind)
    const [a, b] = model.arms
    expect(a!.mean).toBeGreaterThan(b!.mean)
    expect(b!.sd).toBeGreaterThan(0)
  })

  it('all rewards equal, one row, no row: finite numbers', () => {
    for (const by of [learner, contextual, { ...learner, kind: 'beta' } as Learner]) {
      for (const given of [[], [row()], Array.from({ length: 50 }, () => row({ inputs: { age: 40 } }))]) {
        const sums = sumsOf(given, by)
        const { arms } = modelFromSums(by, { version: 1, trainedUntil: NOW, sums }, sums)
        const numbers = arms.flatMap(arm => Object.values(arm).flat().slice(1)) as number[]
        expect(numbers.every(Number.isFinite)).toBe(true)
      }
    }
  })
})
