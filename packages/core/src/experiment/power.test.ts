import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../numeric/normal.ts'
import { random } from '../random/random.ts'
import { anytimeMultiplier } from './anytime.ts'
import { relativeLift } from './lift.ts'
import { detectableLift, differenceVariance, type PowerPlan, peopleFor, power, powerOf } from './power.ts'
import { proportionSample } from './sample.ts'
import { binomial } from './testing.ts'

fc.configureGlobal({ seed: 4 })

/** 400,000 people in three equal arms, two of which are compared. */
const reference: PowerPlan = {
  mean: 10,
  standardDeviation: Math.sqrt(3909.9997749994377),
  controlShare: 1 / 3,
  treatmentShare: 1 / 3,
  interval: 'fixed',
}

describe('published reference numbers', () => {
  it('the variance of a difference and of a lift', () => {
    const [a, b] = [
      { variance: 2, mean: 7, n: 4 },
      { variance: 0.5, mean: 5, n: 15 },
    ]
    expect(differenceVariance(a, b, false)).toBeCloseTo(0.53333, 5)
    expect(differenceVariance(a, b, true)).toBeCloseTo(0.00589, 5)
  })

  it('power and the smallest lift to be found, at a time fixed beforehand', () => {
    expect(power(0.05, 400_000, reference)).toBeCloseTo(0.52144, 5)
    expect(detectableLift(400_000, reference)).toBeCloseTo(0.07027, 5)
  })

  it('for the sequential interval the reference widens the error instead of the threshold', () => {
    // It takes the error for (multiplier / 1.96) times as large, also around the effect, where it is not: its power of .206
    // is nearly three times that of a look at the end, and its smallest lift too large. Both follow from the parts here.
    const multiplier = anytimeMultiplier((2 * 400_000) / 3)
    const wider = multiplier / normalQuantile(0.975)
    const error = (lift: number) =>
      Math.sqrt(
        differenceVariance(
          { n: 400_000 / 3, mean: 10, variance: 3909.9997749994377 },
          { n: 400_000 / 3, mean: 10 * (1 + lift), variance: 3909.9997749994377 },
          true,
        ),
      )
    expect(powerOf(0.05, error(0.05) * wider, normalQuantile(0.975))).toBeCloseTo(0.20596, 5)
    const widened = { ...reference, standardDeviation: reference.standardDeviation * wider }
    expect(detectableLift(400_000, widened)).toBeCloseTo(0.12821, 5)
    const anytime: PowerPlan = { ...reference, interval: 'anytime' }
    expect(power(0.05, 400_000, anytime)).toBeLessThan(0.09)
    expect(detectableLift(400_000, anytime)).toBeLessThan(0.12)
  })
})

describe('what is promised is what happens', () => {
  it.each([
    'fixed',
    'anytime',
  ] as const)('of 1,000 experiments with the %s interval, as many find it as were promised', interval => {
    const rng = random(`power ${interval}`)
    const mean = 0.2
    const plan: PowerPlan = { mean, standardDeviation: Math.sqrt(mean * (1 - mean)), interval, tuning: 1000 }
    const people = 4000
    const lift = interval === 'fixed' ? 0.18 : 0.26
    const promised = power(lift, people, plan)!
    const threshold = interval === 'fixed' ? normalQuantile(0.975) : anytimeMultiplier(people, { tuning: 1000 })
    let found = 0
    for (let i = 0; i < 1000; i++) {
      const control = proportionSample(2000, binomial(rng, 2000, mean))
      const treatment = proportionSample(2000, binomial(rng, 2000, mean * (1 + lift)))
      const { value, standardError } = relativeLift(control, treatment)
      if (Math.abs(value!) > threshold * standardError!) found++
    }
    expect(promised).toBeGreaterThan(0.6)
    // Shares vary a little more at the higher mean than the plan assumes.
    expect(Math.abs(found / 1000 - promised)).toBeLessThan(0.05)
  })
})

describe('properties', () => {
  const plan = fc.record({
    mean: fc.double({ min: 0.01, max: 100, noNaN: true }),
    standardDeviation: fc.double({ min: 0.01, max: 300, noNaN: true }),
    controlShare: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
    treatmentShare: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
    interval: fc.constantFrom('anytime' as const, 'fixed' as const),
  })
  const people = fc.integer({ min: 100, max: 1e8 })

  it('the smallest lift to be found is found with the power asked for', () => {
    fc.assert(
      fc.property(plan, people, fc.double({ min: 0.3, max: 0.95, noNaN: true }), (plan, people, chance) => {
        const lift = detectableLift(people, plan, chance)
        if (lift !== null && lift < 100) expect(power(lift, people, plan)).toBeCloseTo(chance, 3)
      }),
    )
  })

  it('more people find more and smaller effects; the number needed is the least that is enough', () => {
    fc.assert(
      fc.property(plan, people, (plan, people) => {
        const [few, many] = [detectableLift(people, plan), detectableLift(people * 2, plan)]
        if (few !== null) expect(many!).toBeLessThan(few)
        if (few === null || few > 10 || few < 1e-6) return
        const needed = peopleFor(few, plan)!
        expect(Math.abs(needed - people)).toBeLessThanOrEqual(2 + 1e-6 * people)
      }),
    )
  })

  it('halves are the best shares', () => {
    fc.assert(
      fc.property(people, fc.double({ min: 0.05, max: 0.45, noNaN: true }), (people, controlShare) => {
        const base = { mean: 1, standardDeviation: 2, interval: 'fixed' as const }
        const uneven = { ...base, controlShare, treatmentShare: 1 - controlShare }
        const [best, other] = [detectableLift(people, base), detectableLift(people, uneven)]
        if (best !== null && other !== null) expect(best).toBeLessThan(other * 1.0001)
      }),
    )
  })
})

describe('where there is no answer', () => {
  const plan: PowerPlan = { mean: 0.1, standardDeviation: 0.3 }

  it('no mean, no spread, nobody, no lift', () => {
    expect(power(0.1, 1000, { ...plan, mean: 0 })).toBeNull()
    expect(power(0.1, 1000, { ...plan, standardDeviation: 0 })).toBeNull()
    expect(power(0.1, 0, plan)).toBeNull()
    expect(detectableLift(0, plan)).toBeNull()
    expect(peopleFor(0, plan)).toBeNull()
    expect(peopleFor(1e-9, plan)).toBeNull()
  })

  it('so few people that no lift is ever clear', () => {
    expect(detectableLift(10, { mean: 0.01, standardDeviation: 0.1 })).toBeNull()
  })

  it('a negative KPI is as detectable as a positive', () => {
    expect(detectableLift(10_000, { ...plan, mean: -0.1 })).toBe(detectableLift(10_000, plan))
  })

  it('shares and power that cannot be are refused', () => {
    expect(() => power(0.1, 10, { ...plan, controlShare: 0 })).toThrow(RangeError)
    expect(() => power(0.1, 10, { ...plan, controlShare: 0.9 })).toThrow(RangeError)
    expect(() => detectableLift(10, plan, 0.04)).toThrow(RangeError)
  })
})
