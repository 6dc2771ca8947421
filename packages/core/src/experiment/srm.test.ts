import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRatio } from './srm.ts'

const split = (people: number[], expected: number[]) => people.map((n, i) => ({ people: n, expected: expected[i]! }))

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
