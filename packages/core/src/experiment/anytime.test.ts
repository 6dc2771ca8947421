import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anytime, anytimeMultiplier, anytimeOneSidedMultiplier } from './anytime.ts'
import { estimateOf } from './estimate.ts'
import { relativeLift } from './lift.ts'
import { meanSample, proportionSample } from './sample.ts'

fc.configureGlobal({ seed: 4 })

describe('published reference numbers', () => {
  it('a mean, tuned at 1,000 people', () => {
    const lift = relativeLift(meanSample(3000, 1396.87, 52377.9767), meanSample(3461, 2422.7, 134698.29))
    const { interval, p } = anytime(lift, 6461, { tuning: 1000 })
    expect(lift.value).toBeCloseTo(0.50336, 5)
    expect(interval?.[0]).toBeCloseTo(-0.55844, 5)
    expect(interval?.[1]).toBeCloseTo(1.56516, 5)
    expect(p).toBe(1)
  })

  it('a proportion, tuned at 5,000 people', () => {
    const lift = relativeLift(proportionSample(3000, 1396), proportionSample(3461, 2422))
    const { interval } = anytime(lift, 6461)
    expect(lift.value).toBeCloseTo(0.50386, 5)
    expect(interval?.[0]).toBeCloseTo(0.40098, 5)
    expect(interval?.[1]).toBeCloseTo(0.60675, 5)
  })

  it('a mean of few people, tuned at 600', () => {
    const lift = relativeLift(meanSample(100, 270, 848.79), meanSample(120, 300, 869))
    const { interval, p } = anytime(lift, 220, { tuning: 600 })
    expect(interval?.[0]).toBeCloseTo(-0.233322085, 9)
    expect(p).toBeCloseTo(0.892332229, 9)
  })

  it.each([
    [500, 3.855],
    [5000, 3.035],
    // The reference prints 3.062; the formula gives 3.0615.
    [10_000, 3.0615],
    [50_000, 3.242],
    [1_000_000, 3.657],
  ])('at %i people it is %f standard errors wide to each side', (people, multiplier) => {
    expect(anytimeMultiplier(people)).toBeCloseTo(multiplier, 3)
  })

  it("Eppo's form is the same interval", () => {
    const [alpha, tuning] = [0.05, 5000]
    const rho = tuning / (Math.log(Math.log(Math.E / alpha ** 2)) - 2 * Math.log(alpha))
    for (const t of [10, 500, 5000, 1e6]) {
      const eppo = Math.sqrt(((t + rho) / t) * Math.log((t + rho) / (rho * alpha ** 2)))
      expect(anytimeMultiplier(t, { tuning })).toBeCloseTo(eppo, 12)
    }
  })
})

describe('properties', () => {
  const people = fc.integer({ min: 2, max: 1e9 })
  const tuning = fc.integer({ min: 10, max: 1e7 })
  const confidence = fc.double({ min: 0.51, max: 0.999, noNaN: true })

  it('is wider than a fixed interval, and a one-sided bound is nearer than a two-sided', () => {
    fc.assert(
      fc.property(people, tuning, (n, tuning) => {
        // With next to nobody both bounds are many standard errors wide and the same.
        fc.pre(n > tuning / 50)
        const fixed = estimateOf(0, 1, { confidence: 0.95 }).interval![1]
        expect(anytimeMultiplier(n, { tuning })).toBeGreaterThan(fixed)
        expect(anytimeOneSidedMultiplier(n, { tuning })).toBeLessThan(anytimeMultiplier(n, { tuning }))
      }),
    )
  })

  it('the multiplier is smallest near the tuned number of people', () => {
    fc.assert(
      fc.property(tuning, fc.double({ min: 1.2, max: 1000, noNaN: true }), (tuning, factor) => {
        const best = anytimeMultiplier(tuning, { tuning })
        expect(anytimeMultiplier(tuning * factor, { tuning })).toBeGreaterThan(best)
        expect(anytimeMultiplier(tuning / factor, { tuning })).toBeGreaterThan(best)
      }),
    )
  })

  it('excludes 0 exactly when p is below 1 - confidence; more confidence is wider', () => {
    const z = fc.double({ min: -20, max: 20, noNaN: true })
    fc.assert(
      fc.property(z, people, tuning, confidence, (z, n, tuning, confidence) => {
        const { interval, p } = anytime(estimateOf(z, 1, { confidence }), n, { confidence, tuning })
        fc.pre(Math.abs(p! - (1 - confidence)) > 1e-9)
        expect(interval![0] > 0 || interval![1] < 0).toBe(p! < 1 - confidence)
        const more = anytimeMultiplier(n, { tuning, confidence: 1 - (1 - confidence) / 2 })
        expect(more).toBeGreaterThan(anytimeMultiplier(n, { tuning, confidence }))
      }),
    )
  })
})

describe('where there is no interval', () => {
  it('an estimate without an error has none', () => {
    const none = { interval: null, p: null }
    expect(anytime(relativeLift(meanSample(0, 0, 0), meanSample(9, 9, 9)), 9)).toEqual(none)
    expect(anytime(relativeLift(meanSample(5, 5, 5), meanSample(5, 5, 5)), 10)).toEqual(none)
    expect(anytime(estimateOf(1, 1, { confidence: 0.95 }), 0)).toEqual(none)
  })

  it('what a number cannot hold is not given', () => {
    const huge = { value: 1e308, standardError: 1e308, interval: null, p: null, dof: null }
    expect(anytime(huge, 10).interval).toBeNull()
  })

  it('a confidence or tuning that cannot be is refused', () => {
    expect(() => anytimeMultiplier(10, { confidence: 1 })).toThrow(RangeError)
    expect(() => anytimeMultiplier(10, { tuning: 0 })).toThrow(RangeError)
    expect(() => anytimeOneSidedMultiplier(10, { confidence: 0 })).toThrow(RangeError)
  })
})
