import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Estimate } from './estimate.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import { meanSample, proportionSample, ratioSample } from './sample.ts'

/** To the digits printed in the reference. */
function expectEstimate(
  actual: Estimate,
  expected: { value: number; se?: number; interval?: number[]; p: number },
  digits: number,
) {
  expect(actual.value).toBeCloseTo(expected.value, digits)
  if (expected.se !== undefined) expect(actual.standardError).toBeCloseTo(expected.se, digits)
  if (expected.interval !== undefined) {
    expect(actual.interval?.[0]).toBeCloseTo(expected.interval[0]!, digits)
    expect(actual.interval?.[1]).toBeCloseTo(expected.interval[1]!, digits)
  }
  expect(actual.p).toBeCloseTo(expected.p, digits)
}

fc.configureGlobal({ seed: 4 })

describe('published reference numbers', () => {
  const a = meanSample(3407, 1396.87, 52377.9767)
  const b = meanSample(3461, 2422.7, 134698.29)

  it('relative lift of a mean', () => {
    expectEstimate(relativeLift(a, b), { value: 0.70732, se: 0.37879, interval: [-0.03526, 1.44989], p: 0.06191 }, 5)
  })

  it('absolute difference of a mean', () => {
    expectEstimate(absoluteDifference(a, b), { value: 0.29, se: 0.12478, interval: [0.04538, 0.53462], p: 0.02016 }, 5)
  })

  it('relative lift of a proportion', () => {
    const lift = relativeLift(proportionSample(28, 14), proportionSample(30, 16))
    expectEstimate(lift, { value: 0.06667, se: 0.2717, interval: [-0.47767, 0.61101], p: 0.80707 }, 5)
  })

  // PostHog's own tests print the lift cut off after five digits (.63646, -.25925); here all is rounded.
  it('PostHog: a mean', () => {
    const lift = relativeLift(meanSample(2507, 1196.87, 37377.9767), meanSample(2461, 1922.7, 94698.29))
    expectEstimate(lift, { value: 0.63647, interval: [-0.08755, 1.36048], p: 0.08488 }, 5)
  })

  it('PostHog: a proportion', () => {
    const lift = relativeLift(proportionSample(1529, 87), proportionSample(1471, 62))
    expectEstimate(lift, { value: -0.25926, interval: [-0.49475, -0.02376], p: 0.03096 }, 5)
  })

  it('a ratio of two totals', () => {
    const control = ratioSample(100, {
      sum: 270,
      sumSquares: 848.79,
      denominatorSum: 510,
      denominatorSumSquares: 810,
      crossSum: -900,
    })
    const treatment = ratioSample(120, {
      sum: 300,
      sumSquares: 869,
      denominatorSum: 500,
      denominatorSumSquares: 800,
      crossSum: -905,
    })
    expect(control.mean).toBeCloseTo(0.529411765, 9)
    expect(treatment.mean).toBeCloseTo(0.6, 9)
    expectEstimate(relativeLift(control, treatment), { value: 0.133333333, p: 0.610663339 }, 9)
  })
})

describe('sums', () => {
  const values = fc.array(
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map(cents => cents / 100),
    { minLength: 2, maxLength: 60 },
  )
  const sums = (xs: number[]) => [xs.length, xs.reduce((t, x) => t + x, 0), xs.reduce((t, x) => t + x * x, 0)] as const

  it('give the mean and variance that the values themselves give', () => {
    fc.assert(
      fc.property(values, xs => {
        const { mean, variance } = meanSample(...sums(xs))
        const direct = xs.reduce((t, x) => t + x, 0) / xs.length
        const squares = xs.reduce((t, x) => t + (x - direct) ** 2, 0) / (xs.length - 1)
        expect(mean).toBeCloseTo(direct, 8)
        expect(Math.abs(variance - squares)).toBeLessThanOrEqual(1e-9 * sums(xs)[2] + 1e-9)
      }),
    )
  })

  it('have no variance, not rounding, when all values are equal', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), fc.integer({ min: 2, max: 2000 }), (x, n) => {
        expect(meanSample(...sums(Array(n).fill(x))).variance).toBe(0)
      }),
    )
  })

  it('of a ratio with denominator 1 are the sums of a mean', () => {
    fc.assert(
      fc.property(values, xs => {
        const [n, sum, sumSquares] = sums(xs)
        const ratio = ratioSample(n, { sum, sumSquares, denominatorSum: n, denominatorSumSquares: n, crossSum: sum })
        const mean = meanSample(n, sum, sumSquares)
        expect(ratio.mean).toBe(mean.mean)
        expect(Math.abs(ratio.variance - mean.variance)).toBeLessThanOrEqual(1e-9 * mean.variance)
      }),
    )
  })
})

describe('properties', () => {
  const sample = fc.record({
    n: fc.integer({ min: 2, max: 100_000 }),
    mean: fc.double({ min: 0.01, max: 1000, noNaN: true }),
    variance: fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
  })

  it('swapping the arms turns the difference around and keeps its p-value', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const there = absoluteDifference(a, b)
        const back = absoluteDifference(b, a)
        expect(back.value).toBeCloseTo(-there.value!, 10)
        expect(back.p).toBeCloseTo(there.p!, 12)
        expect(back.interval?.[0]).toBeCloseTo(-there.interval![1], 8)
      }),
    )
  })

  it('a lift does not change with the unit', () => {
    fc.assert(
      fc.property(sample, sample, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (a, b, unit) => {
        const scaled = (s: typeof a) => ({ n: s.n, mean: s.mean * unit, variance: s.variance * unit ** 2 })
        const [one, two] = [relativeLift(a, b), relativeLift(scaled(a), scaled(b))]
        expect(Math.abs(two.value! - one.value!)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(one.value!)))
        expect(two.p).toBeCloseTo(one.p!, 8)
      }),
    )
  })

  it('the interval excludes 0 exactly when p is below 1 - confidence', () => {
    fc.assert(
      fc.property(sample, sample, fc.double({ min: 0.5, max: 0.999, noNaN: true }), (a, b, confidence) => {
        const { interval, p } = relativeLift(a, b, confidence)
        fc.pre(Math.abs(p! - (1 - confidence)) > 1e-9)
        expect(interval![0] > 0 || interval![1] < 0).toBe(p! < 1 - confidence)
      }),
    )
  })

  it('more people make the interval narrower, more confidence makes it wider', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const width = (e: Estimate) => e.interval![1] - e.interval![0]
        const more = relativeLift({ ...a, n: a.n * 2 }, { ...b, n: b.n * 2 })
        expect(width(more)).toBeLessThan(width(relativeLift(a, b)))
        expect(width(relativeLift(a, b, 0.99))).toBeGreaterThan(width(relativeLift(a, b, 0.9)))
      }),
    )
  })

  it('never answers NaN or Infinity, whatever the sums', () => {
    const any = fc.oneof(
      fc.constantFrom(0, 1, -1, 1e-320, 1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    )
    const n = fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: 0, max: 1e9 }))
    const wild = fc.oneof(
      fc.tuple(n, any, any).map(([n, s, q]) => meanSample(n, s, Math.abs(q))),
      fc.tuple(n, any, any, any, any, any).map(([n, s, q, ds, dq, x]) =>
        ratioSample(n, {
          sum: s,
          sumSquares: Math.abs(q),
          denominatorSum: ds,
          denominatorSumSquares: Math.abs(dq),
          crossSum: x,
        }),
      ),
    )
    fc.assert(
      fc.property(wild, wild, (a, b) => {
        for (const { value, standardError, interval, p, dof, reason } of [
          relativeLift(a, b),
          absoluteDifference(a, b),
        ]) {
          const numbers = [value, standardError, p, dof, interval?.[0] ?? null, interval?.[1] ?? null]
          for (const x of numbers) expect(x === null || Number.isFinite(x)).toBe(true)
          if (numbers.includes(null)) expect(reason).toBeDefined()
        }
      }),
      { numRuns: 2000 },
    )
  })
})
