import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { type Allocation, sampleRatio } from './srm.ts'

const split = (people: number[], expected: number[]) => people.map((n, i) => ({ people: n, expected: expected[i]! }))

fc.configureGlobal({ seed: 4 })

describe('published reference numbers', () => {
  it('Flagsmith: 5100 and 4900 of halves', () => {
    const { chiSquare, p, dof, verdict } = sampleRatio(split([5100, 4900], [0.5, 0.5]))
    expect(chiSquare).toBeCloseTo(4, 12)
    expect(p).toBeCloseTo(0.0455, 5)
    expect(dof).toBe(1)
    expect(verdict).toBe('ok')
  })

  it('Flagsmith: three thirds', () => {
    const { chiSquare, p, dof } = sampleRatio(split([3400, 3300, 3300], [1 / 3, 1 / 3, 1 / 3]))
    expect(chiSquare).toBeCloseTo(2, 10)
    expect(p).toBeCloseTo(0.36788, 5)
    expect(dof).toBe(2)
  })

  it('Flagsmith: 6000 and 4000 of halves is a mismatch', () => {
    const { p, verdict } = sampleRatio(split([6000, 4000], [0.5, 0.5]))
    expect(p).toBeLessThan(0.001)
    expect(verdict).toBe('mismatch')
  })

  it('lukasvermeer/srm: 9463 and 7681', () => {
    const { p } = sampleRatio(split([9463, 7681], [1, 1]))
    expect(p! / 3.5e-42).toBeCloseTo(1, 1)
  })
})

describe('arms the design gives nobody', () => {
  it('are left out of the statistic and of the degrees of freedom', () => {
    const without = sampleRatio(split([5100, 4900], [1, 1]))
    expect(sampleRatio(split([5100, 4900, 0], [1, 1, 0]))).toEqual(without)
    // Whoever sits there for other reasons does not move the expectation of the others.
    expect(sampleRatio(split([5100, 4900, 7], [1, 1, 0]))).toEqual(without)
  })

  it('leave nothing to check when only one arm is left', () => {
    expect(sampleRatio(split([10, 0], [1, 0]))).toMatchObject({ verdict: 'unknown', reason: 'one-arm', p: null })
    expect(sampleRatio([])).toMatchObject({ verdict: 'unknown', reason: 'one-arm' })
  })
})

it('says nothing about too few people', () => {
  expect(sampleRatio(split([4, 5], [1, 1]))).toMatchObject({ verdict: 'unknown', reason: 'too-few-people', p: null })
  expect(sampleRatio(split([0, 0], [1, 1]))).toMatchObject({ verdict: 'unknown', reason: 'too-few-people' })
})

describe('properties', () => {
  const counts = fc.array(
    fc.record({ people: fc.integer({ min: 0, max: 1e6 }), expected: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
    {
      minLength: 2,
      maxLength: 8,
    },
  )

  it('do not depend on the order of arms or on the scale of the weights', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 0.1, max: 1e6, noNaN: true }), (arms, scale) => {
        const one = sampleRatio(arms)
        const two = sampleRatio(arms.map(a => ({ people: a.people, expected: a.expected * scale })).reverse())
        expect(two.dof).toBe(one.dof)
        expect(Math.abs((two.p ?? 0) - (one.p ?? 0))).toBeLessThanOrEqual(1e-9)
      }),
    )
  })

  it('find nothing where the sizes are exactly as designed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 10, max: 10_000 }), { minLength: 2, maxLength: 6 }), sizes => {
        expect(sampleRatio(split(sizes, sizes))).toMatchObject({ chiSquare: 0, p: 1, verdict: 'ok' })
      }),
    )
  })
})

describe('chances that change from person to person', () => {
  /** Arms drawn for people with these chances; `lost` of those drawn to the first arm are never seen. */
  function drawn(chances: readonly (readonly number[])[], seed: string, lost = 0): Allocation[] {
    const rng = random(seed)
    const arms = chances[0]!.map((_, k) => ({
      people: 0,
      expected: chances.reduce((sum, p) => sum + p[k]!, 0),
      chanceProducts: chances[0]!.map((_, l) => chances.reduce((sum, p) => sum + p[k]! * p[l]!, 0)),
    }))
    for (const p of chances) {
      const arm = rng.weighted(p)
      if (arm > 0 || !rng.chance(lost)) arms[arm]!.people++
    }
    return arms
  }
  const plain = (arms: readonly Allocation[]) => arms.map(({ people, expected }) => ({ people, expected }))

  /** A bandit that goes from halves to nine in ten. */
  const drifting = Array.from({ length: 4000 }, (_, i) => [0.5 + (0.4 * i) / 4000, 0.5 - (0.4 * i) / 4000])
  /** A contextual bandit, nearly sure of each person. */
  const sure = Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? [0.97, 0.03] : [0.03, 0.97]))

  it('are expected by their sum: no false alarm where the weights drift', () => {
    let alarms = 0
    let low = 0
    for (let i = 0; i < 400; i++) {
      const { p, verdict } = sampleRatio(drawn(drifting, `drift ${i}`))
      if (verdict === 'mismatch') alarms++
      if (p! < 0.1) low++
    }
    expect(alarms).toBeLessThanOrEqual(2)
    // One p-value in ten is below 0.1: between 6 and 14 in a hundred for 400 draws.
    expect(low / 400).toBeGreaterThan(0.06)
    expect(low / 400).toBeLessThan(0.14)
    // Expecting the halves it began with would cry wolf every time.
    const naive = drawn(drifting, 'drift 0').map(({ people }) => ({ people, expected: 0.5 }))
    expect(sampleRatio(naive).verdict).toBe('mismatch')
  })

  it('with their products a loss is found that equal chances hide', () => {
    let plainFound = 0
    let exactFound = 0
    let falseAlarms = 0
    for (let i = 0; i < 100; i++) {
      const arms = drawn(sure, `sure ${i}`, 0.06)
      if (sampleRatio(plain(arms)).verdict === 'mismatch') plainFound++
      if (sampleRatio(arms).verdict === 'mismatch') exactFound++
      if (sampleRatio(drawn(sure, `sure ${i}`)).verdict === 'mismatch') falseAlarms++
    }
    expect(exactFound).toBeGreaterThan(80)
    expect(plainFound).toBeLessThan(20)
    expect(falseAlarms).toBeLessThanOrEqual(1)
  })

  it('that are equal for all give Pearson’s chi-square', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 9 })), {
          minLength: 2,
          maxLength: 6,
        }),
        pairs => {
          const people = pairs.reduce((sum, [n]) => sum + n, 0)
          const weight = pairs.reduce((sum, [, w]) => sum + w, 0)
          const arms = pairs.map(([n, w]) => ({
            people: n,
            expected: (people * w) / weight,
            chanceProducts: pairs.map(([, other]) => (people * w * other) / weight ** 2),
          }))
          const [exact, pearson] = [sampleRatio(arms), sampleRatio(plain(arms))]
          expect(exact.verdict).toBe(pearson.verdict)
          if (pearson.chiSquare !== null) expect(exact.chiSquare! / (pearson.chiSquare + 1e-9)).toBeCloseTo(1, 6)
        },
      ),
    )
  })

  it('of 0 and 1 leave no room for chance', () => {
    const certain = (people: number[]) =>
      people.map((n, k) => ({ people: n, expected: 50, chanceProducts: [k === 0 ? 50 : 0, k === 0 ? 0 : 50] }))
    expect(sampleRatio(certain([50, 50]))).toMatchObject({ verdict: 'ok', p: 1 })
    expect(sampleRatio(certain([49, 51]))).toMatchObject({ verdict: 'mismatch', p: 0 })
  })
})
