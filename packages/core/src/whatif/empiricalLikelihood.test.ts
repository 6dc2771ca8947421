import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { empiricalLikelihood, type Weighed } from './empiricalLikelihood.ts'

describe('the most likely value of a target', () => {
  it('of one decision is its reward, whatever its weight', () => {
    expect(empiricalLikelihood([{ count: 1, weight: 0.6 / 0.3, reward: 1 }])).toBeCloseTo(1, 12)
  })

  it('of 10,000 decisions whose target does more of what is rewarded is what the target does', () => {
    const half = { count: 5000, weight: 0.8 / 0.5, reward: 1 }
    const rest = { count: 5000, weight: 0.2 / 0.5, reward: 0 }
    expect(empiricalLikelihood([half, rest])).toBeCloseTo(0.8, 9)
  })

  it('of the logging policy itself is the mean', () => {
    const log = [0, 1, 1, 0, 0.5].map(reward => ({ count: 1, weight: 1, reward }))
    expect(empiricalLikelihood(log)).toBeCloseTo(0.5, 12)
  })

  it('of nothing is nothing', () => {
    expect(empiricalLikelihood([])).toBeNull()
    expect(empiricalLikelihood([{ count: 0, weight: 1, reward: 1 }])).toBeNull()
  })

  const log: fc.Arbitrary<Weighed[]> = fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 50 }),
      weight: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 12 },
  )

  it('lies among the rewards, does not depend on order, and counts alike what is alike', () => {
    fc.assert(
      fc.property(log, rows => {
        const value = empiricalLikelihood(rows)!
        const rewards = rows.map(({ reward }) => reward)
        expect(value).toBeGreaterThanOrEqual(Math.min(...rewards) - 1e-6)
        expect(value).toBeLessThanOrEqual(Math.max(...rewards) + 1e-6)
        expect(empiricalLikelihood(rows.toReversed())).toBeCloseTo(value, 6)
      }),
      { numRuns: 300 },
    )
  })
})
