import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { gainCurve, qiniArea, qiniCoefficient, qiniCurve, qiniEstimate, type RankedGroup } from './qini.ts'

fc.configureGlobal({ seed: 4 })

interface Scored {
  readonly treated: boolean
  readonly value: number
  readonly score: number
}

/** People with the same score in one group, the highest score first. */
function rank(people: readonly Scored[]): RankedGroup[] {
  const scores = [...new Set(people.map(({ score }) => score))].sort((a, b) => b - a)
  const arm = (own: readonly Scored[]) => ({
    people: own.length,
    sum: own.reduce((sum, { value }) => sum + value, 0),
    sumSquares: own.reduce((sum, { value }) => sum + value ** 2, 0),
  })
  return scores.map(score => {
    const own = people.filter(one => one.score === score)
    return { treatment: arm(own.filter(one => one.treated)), control: arm(own.filter(one => !one.treated)) }
  })
}

const people = (values: number[], scores: number[], treated: number[]) =>
  rank(values.map((value, i) => ({ value, score: scores[i]!, treated: treated[i] === 1 })))

describe('published reference numbers', () => {
  it('pylift, calculated by hand', () => {
    const four = people([1, 0, 0, 1], [1, 0.5, 0.25, 0], [1, 0, 1, 0])
    expect(qiniArea(four)).toBeCloseTo(0.375, 12)
    expect(qiniArea(four, 'adjusted-qini')).toBeCloseTo(0.375, 12)
    expect(qiniArea(four, 'cumulative-gain')).toBeCloseTo(0.28125, 12)
    expect(qiniEstimate(four).value).toBeCloseTo(0.375, 12)
  })

  it('scikit-uplift: the best order there is', () => {
    expect(qiniCoefficient(people([0, 1], [0.1, 0.3], [1, 0]))).toBe(1)
    expect(qiniCoefficient(people([1, 0], [0.1, 0.3], [0, 1]))).toBe(1)
  })
})

describe('properties', () => {
  const someone = fc.record({ treated: fc.boolean(), value: fc.nat(1), score: fc.nat(6) })
  const crowd = fc
    .array(someone, { minLength: 4, maxLength: 60 })
    .filter(all => all.some(one => one.treated) && all.some(one => !one.treated))

  it('curves begin at 0 and end at the effect on all', () => {
    fc.assert(
      fc.property(crowd, all => {
        const groups = rank(all)
        const count = (treated: boolean) => all.filter(one => one.treated === treated)
        const mean = (treated: boolean) => count(treated).reduce((s, one) => s + one.value, 0) / count(treated).length
        const effect = mean(true) - mean(false)
        for (const variant of ['qini', 'adjusted-qini', 'cumulative-gain'] as const) {
          const points = gainCurve(groups, variant)
          expect(points[0]).toEqual({ share: 0, value: 0 })
          expect(points.at(-1)?.share).toBe(1)
          expect(points.at(-1)?.value).toBeCloseTo(effect, 12)
        }
        expect(qiniCurve(groups).at(-1)?.value).toBeCloseTo(effect * count(true).length, 9)
      }),
    )
  })

  it('the estimate is the area, and turning the order around turns it around', () => {
    fc.assert(
      fc.property(crowd, all => {
        const there = rank(all)
        const back = rank(all.map(one => ({ ...one, score: -one.score })))
        expect(qiniEstimate(there).value).toBeCloseTo(qiniArea(there)!, 12)
        expect(qiniArea(back)).toBeCloseTo(-qiniArea(there)!, 12)
      }),
    )
  })

  it('one group for all is no ranking; no ranking is better than the best', () => {
    fc.assert(
      fc.property(crowd, all => {
        expect(qiniArea(rank(all.map(one => ({ ...one, score: 0 }))))).toBeCloseTo(0, 12)
        const coefficient = qiniCoefficient(rank(all))
        if (coefficient !== null) expect(coefficient).toBeLessThanOrEqual(1 + 1e-9)
        const best = all.map(one => ({ ...one, score: one.value * (one.treated ? 1 : -1) }))
        const perfect = qiniCoefficient(rank(best))
        if (perfect !== null) expect(perfect).toBeCloseTo(1, 9)
      }),
    )
  })
})

it('95 of 100 intervals hold the area, whether the score says something or not', () => {
  const rng = random('qini coverage')
  // One half responds with +.2, the other not at all. The score finds the half, or is the person's luck.
  for (const knows of [true, false]) {
    // Perfect knowledge of the half: the gain is 0.1 at the half and at the end; above random by a triangle.
    const truth = knows ? 0.1 * 0.5 * 0.5 + 0.1 * 0.5 - 0.1 / 2 : 0
    let held = 0
    const experiments = 400
    for (let i = 0; i < experiments; i++) {
      const all = Array.from({ length: 500 }, (): Scored => {
        const responds = rng.chance(0.5)
        const treated = rng.chance(0.5)
        const score = knows ? Number(responds) : rng.integer(5)
        return { treated, score, value: Number(rng.chance(0.3 + (treated && responds ? 0.2 : 0))) }
      })
      const [low, high] = qiniEstimate(rank(all)).interval!
      if (low <= truth && truth <= high) held++
    }
    expect(held / experiments).toBeGreaterThan(0.92)
    expect(held / experiments).toBeLessThan(0.98)
  }
})

it('an arm of nobody, and no variance', () => {
  const treatedOnly = people([1, 0], [1, 2], [1, 1])
  expect(qiniArea(treatedOnly)).toBeNull()
  expect(qiniCoefficient(treatedOnly)).toBeNull()
  expect(qiniEstimate(treatedOnly)).toMatchObject({ value: null, reason: 'no-control' })
  expect(qiniArea([])).toBeNull()
  expect(qiniCurve([])).toEqual([{ share: 0, value: 0 }])
  expect(qiniCoefficient(people([0, 0, 0, 0], [1, 2, 1, 2], [1, 1, 0, 0]))).toBeNull()
  const endless = people([Number.POSITIVE_INFINITY, 1], [1, 2], [1, 0])
  expect(qiniArea(endless)).toBeNull()
})
