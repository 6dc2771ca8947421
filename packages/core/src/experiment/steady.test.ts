import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anytimeMultiplier } from './anytime.ts'
import { covariateSample } from './covariate.ts'
import { cupedLiftParts, fiellerInterval, liftParts } from './fieller.ts'
import { proportionSample, type Sample } from './sample.ts'
import { anytimeLift, steady, steadyLiftParts, varianceTogether } from './steady.ts'
import { armOfPeople } from './testing.ts'

fc.configureGlobal({ seed: 4 })

const sample: fc.Arbitrary<Sample> = fc.record({
  n: fc.integer({ min: 1, max: 1e6 }),
  mean: fc.double({ min: 0.1, max: 100, noNaN: true }),
  variance: fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e4, noNaN: true })),
})

describe('steadied variances', () => {
  it('are never smaller, and at most that of both arms as one', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const together = varianceTogether(a, b)
        steady(a, b).forEach((one, i) => {
          const own = [a, b][i]!
          expect(one.variance).toBeGreaterThanOrEqual(own.variance)
          expect(one.variance).toBeLessThanOrEqual(Math.max(own.variance, together) * (1 + 1e-12))
          expect({ ...one, variance: own.variance }).toEqual(own)
        })
      }),
    )
  })

  it('of arms that vary alike change nothing; of many people next to nothing', () => {
    const alike = { n: 50, mean: 3, variance: 4 }
    expect(steady(alike, alike)).toEqual([alike, alike])
    const [few] = steady({ n: 100, mean: 3, variance: 1 }, { n: 1e9, mean: 3, variance: 3 })
    expect(few.variance).toBeCloseTo(2, 6)
    const [many] = steady({ n: 1e6, mean: 3, variance: 1 }, { n: 1e9, mean: 3, variance: 3 })
    expect(many.variance).toBeCloseTo(1, 3)
  })

  it('the variance of both as one is that of their people', () => {
    const together = varianceTogether(proportionSample(30, 10), proportionSample(70, 50))
    expect(together).toBeCloseTo(0.6 * 0.4, 12)
  })
})

describe('the always-valid interval of a lift', () => {
  it('is Fieller’s at the always-valid multiplier, of steadied variances', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const parts = steadyLiftParts({ control: a, treatment: b })
        const [x, y] = steady(a, b)
        const expected = liftParts(x, y)
        expect(parts.differenceVariance).toBeCloseTo(expected.differenceVariance, 6)
        expect(parts.scaleVariance).toBeCloseTo(expected.scaleVariance, 6)
        expect(parts.covariance).toBeCloseTo(expected.covariance, 6)
        const { interval, p } = anytimeLift(parts, a.n + b.n)
        expect(interval).toEqual(p === null ? null : fiellerInterval(parts, anytimeMultiplier(a.n + b.n)))
      }),
    )
  })

  it('adjusted for before, what is steadied is what before does not explain', () => {
    const people = (n: number, noise: number) =>
      Array.from({ length: n }, (_, i) => ({ value: 10 + (i % 7) + noise * (i % 3), before: i % 7 }))
    const [control, treatment] = [armOfPeople('', people(40, 0)), armOfPeople('a', people(400, 2))].map(
      arm => covariateSample(arm, 'sum')!,
    )
    const adjusted = { control: control!, treatment: treatment!, theta: 1 }
    const plain = cupedLiftParts(control!, treatment!, 1)
    const steadied = steadyLiftParts({ control: control!, treatment: treatment!, adjusted })
    // Nothing of the control's 40 people is left to vary; of both arms together it does.
    const added = steadied.scaleVariance - plain.scaleVariance
    expect(added).toBeGreaterThan(0)
    expect(steadied.covariance).toBeCloseTo(plain.covariance - added, 12)
    expect(steadied.differenceVariance).toBeGreaterThanOrEqual(plain.differenceVariance + added - 1e-12)
  })

  it('nothing that varies, or that a number cannot hold, has none', () => {
    const none = { interval: null, p: null }
    const [a, b] = [
      { n: 5, mean: 2, variance: 0 },
      { n: 5, mean: 2, variance: 0 },
    ]
    expect(anytimeLift(steadyLiftParts({ control: a, treatment: b }), 10)).toEqual(none)
    const huge = steadyLiftParts({ control: { ...a, mean: 1e308 }, treatment: { ...b, mean: -1e308 } })
    expect(anytimeLift(huge, 10)).toEqual(none)
    expect(anytimeLift(liftParts(a, { ...b, variance: 1 }), 0)).toEqual(none)
  })
})
