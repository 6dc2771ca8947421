import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covariateSample } from './covariate.ts'
import { cupedDifference, cupedTheta } from './cuped.ts'
import { cupedLiftParts, fiellerInterval, type LiftParts, liftParts } from './fieller.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import { armOfPeople } from './testing.ts'

fc.configureGlobal({ seed: 4 })

const sample = fc.record({
  n: fc.integer({ min: 2, max: 100_000 }),
  mean: fc.oneof(fc.double({ min: 0.01, max: 1000, noNaN: true }), fc.double({ min: -1000, max: -0.01, noNaN: true })),
  variance: fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
})
const multiplier = fc.double({ min: 0.5, max: 10, noNaN: true })

/** By its definition: how many standard errors the difference is away from what a lift says. */
function distance({ difference, scale, ...parts }: LiftParts, lift: number): number {
  const variance = parts.differenceVariance - 2 * lift * parts.covariance + lift ** 2 * parts.scaleVariance
  return Math.abs(difference - lift * scale) / Math.sqrt(variance)
}

describe('the interval', () => {
  it('is of the lifts that are not too many standard errors away', () => {
    fc.assert(
      fc.property(sample, sample, multiplier, (a, b, k) => {
        const parts = liftParts(a, b)
        const interval = fiellerInterval(parts, k)
        fc.pre(interval !== null && interval[1] - interval[0] < 1e4 && interval[1] - interval[0] > 1e-6)
        const [low, high] = interval!
        for (const end of [low, high]) expect(distance(parts, end) / k).toBeCloseTo(1, 3)
        expect(distance(parts, (low + high) / 2)).toBeLessThan(k)
        expect(distance(parts, high + (high - low) / 10)).toBeGreaterThan(k)
        expect(distance(parts, low - (high - low) / 10)).toBeGreaterThan(k)
      }),
    )
  })

  it('excludes 0 exactly when the difference is that many standard errors away from 0', () => {
    fc.assert(
      fc.property(sample, sample, multiplier, (a, b, k) => {
        const parts = liftParts(a, b)
        const z = Math.abs(parts.difference) / Math.sqrt(parts.differenceVariance)
        const interval = fiellerInterval(parts, k)
        fc.pre(interval !== null && Math.abs(z / k - 1) > 1e-6)
        expect(interval![0] > 0 || interval![1] < 0).toBe(z > k)
      }),
    )
  })

  it('is the delta method’s where the control’s mean is nearly certain', () => {
    const [a, b] = [
      { n: 1e6, mean: 10, variance: 4 },
      { n: 1e6, mean: 10.1, variance: 4 },
    ]
    const [low, high] = fiellerInterval(liftParts(a, b), 1.96)!
    const { value, standardError } = relativeLift(a, b)
    expect(low).toBeCloseTo(value! - 1.96 * standardError!, 6)
    expect(high).toBeCloseTo(value! + 1.96 * standardError!, 6)
  })

  it('does not change with the unit, and of negative means is that of positive mirrored', () => {
    fc.assert(
      fc.property(sample, sample, multiplier, (a, b, k) => {
        const times = (s: typeof a, unit: number) => ({ n: s.n, mean: s.mean * unit, variance: s.variance * unit ** 2 })
        const interval = fiellerInterval(liftParts(a, b), k)
        const scaled = fiellerInterval(liftParts(times(a, 100), times(b, 100)), k)
        const mirrored = fiellerInterval(liftParts(times(a, -1), times(b, -1)), k)
        expect([scaled === null, mirrored === null]).toEqual([interval === null, interval === null])
        fc.pre(interval !== null && interval[1] - interval[0] < 1e4)
        interval!.forEach((end, i) => {
          expect(Math.abs(scaled![i]! - end)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(end)))
          expect(Math.abs(mirrored![1 - i]! + end)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(end)))
        })
      }),
    )
  })

  it('is none where the control’s mean may be 0', () => {
    const [a, b] = [
      { n: 100, mean: 1, variance: 25 },
      { n: 100, mean: 2, variance: 25 },
    ]
    expect(fiellerInterval(liftParts(a, b), 1.9)).not.toBeNull()
    expect(fiellerInterval(liftParts(a, b), 2.1)).toBeNull()
    expect(fiellerInterval(liftParts({ ...a, mean: 0 }, b), 1)).toBeNull()
    expect(fiellerInterval(liftParts({ ...a, n: 0 }, b), 1)).toBeNull()
  })
})

it('adjusted for before, it excludes 0 when the adjusted difference does', () => {
  const people = fc.array(
    fc.record({ value: fc.integer({ min: 1, max: 50 }), before: fc.integer({ min: 0, max: 50 }) }),
    { minLength: 5, maxLength: 30 },
  )
  fc.assert(
    fc.property(people, people, (x, y) => {
      const [a, b] = [armOfPeople('', x), armOfPeople('b', y)].map(arm => covariateSample(arm, 'sum')!)
      const theta = cupedTheta([a!, b!])
      const interval = fiellerInterval(cupedLiftParts(a!, b!, theta), 1.5)
      const { value, standardError } = cupedDifference(a!, b!, theta)
      fc.pre(interval !== null && standardError !== null)
      fc.pre(Math.abs(Math.abs(value! / standardError!) - 1.5) > 1e-6)
      expect(interval![0] > 0 || interval![1] < 0).toBe(Math.abs(value!) > 1.5 * standardError!)
      // With nothing to adjust it is the plain one.
      expect(cupedLiftParts(a!, b!, 0)).toEqual(liftParts(a!, b!))
      expect(absoluteDifference(a!, b!).value).toBe(liftParts(a!, b!).difference)
    }),
  )
})
