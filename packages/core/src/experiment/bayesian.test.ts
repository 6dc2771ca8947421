import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../numeric/normal.ts'
import { bayesian, meanAbove, type Posterior } from './bayesian.ts'
import { estimateOf } from './estimate.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import { meanSample, proportionSample, type Sample } from './sample.ts'

interface Expected {
  mean: number
  sd?: number
  interval?: [number, number]
  win?: number
  /** Of keeping the control and of shipping, in the order the reference prints them. */
  risk?: [number, number]
}

function expectPosterior(actual: Posterior, expected: Expected, digits = 5) {
  expect(actual.mean).toBeCloseTo(expected.mean, digits)
  if (expected.sd !== undefined) expect(actual.standardDeviation).toBeCloseTo(expected.sd, digits)
  if (expected.win !== undefined) expect(actual.chanceToWin).toBeCloseTo(expected.win, digits)
  expected.interval?.forEach((end, i) => {
    expect(actual.interval?.[i]).toBeCloseTo(end, digits)
  })
  expected.risk?.forEach((loss, i) => {
    expect([actual.expectedLoss?.keeping, actual.expectedLoss?.shipping][i]).toBeCloseTo(loss, digits)
  })
}

fc.configureGlobal({ seed: 4 })

describe('published reference numbers', () => {
  it('GrowthBook: proportions under a flat prior', () => {
    const posterior = bayesian(relativeLift(proportionSample(100, 49), proportionSample(100, 51)))
    expectPosterior(posterior, {
      mean: 0.04082,
      sd: 0.14725,
      interval: [-0.24779, 0.32943],
      win: 0.60918,
      risk: [0.0814, 0.04058],
    })
  })

  const means = relativeLift(meanSample(10, 100, 1002.25), meanSample(10, 105, 1111.5))

  it('GrowthBook: means, flat and with a prior', () => {
    expectPosterior(bayesian(means), { mean: 0.05, win: 0.91923, risk: [0.05131, 0.00131] })
    const prior = { mean: 0.1, standardDeviation: Math.sqrt(0.1) }
    expectPosterior(bayesian(means, { prior }), { mean: 0.05063, win: 0.92315, risk: [0.05186, 0.00123] })
  })

  it('the closed form of the loss', () => {
    expect(meanAbove(0.1, 0.05)).toBeCloseTo(0.1004245351308, 13)
    expect(meanAbove(-0.1, 0.05)).toBeCloseTo(0.0004245351308, 13)
  })

  it('Flagsmith: proportions, their variance divided by n - 1', () => {
    const posterior = bayesian(relativeLift(meanSample(1000, 100, 100), meanSample(1000, 120, 120)))
    expectPosterior(posterior, { mean: 0.2, interval: [-0.10074, 0.50074], win: 0.90379 })
  })

  it('PostHog: a mean', () => {
    const lift = relativeLift(meanSample(2507, 1196.87, 37377.9767), meanSample(2461, 1922.7, 94698.29))
    const posterior = bayesian(lift)
    expectPosterior(posterior, { mean: 0.63647, win: 0.9576 })
    // Printed with four digits there: -.0873 and 1.36026.
    expect(posterior.interval?.[0]).toBeCloseTo(-0.0873, 4)
    expect(posterior.interval?.[1]).toBeCloseTo(1.36026, 4)
  })

  it('GrowthBook: a 90 % quantile', () => {
    const arm = (n: number, mean: number, low: number, high: number): Sample => ({
      n,
      mean,
      variance: (n - 1) * ((high - low) / (2 * normalQuantile(0.975))) ** 2,
    })
    const control = arm(11054, 7.157987489967789, 7.098780136176828, 7.217194843758751)
    const treatment = arm(10861, 7.694499927525767, 7.64180598628119, 7.747193868770344)
    const interval: [number, number] = [0.4572559589115422, 0.6157689162044128]
    expectPosterior(bayesian(absoluteDifference(control, treatment)), { mean: 0.5365124375579775, interval }, 12)
    const prior = { mean: 0, standardDeviation: 1000 }
    expectPosterior(bayesian(relativeLift(control, treatment), { prior }), { mean: 0.07495297222736319 }, 12)
  })
})

describe('properties', () => {
  const z = fc.double({ min: -60, max: 60, noNaN: true })
  const sd = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
  const posteriorOf = (z: number, sd: number, options = {}) =>
    bayesian(estimateOf(z * sd, sd * sd, { confidence: 0.95 }), options)

  it('the losses differ by the mean, are at least 0, and agree with the integral', () => {
    fc.assert(
      fc.property(z, sd, (z, sd) => {
        const { mean, expectedLoss } = posteriorOf(z, sd)
        const { shipping, keeping } = expectedLoss!
        expect(Math.min(shipping, keeping)).toBeGreaterThanOrEqual(0)
        expect(Math.abs(keeping - shipping - mean!)).toBeLessThanOrEqual(1e-12 * (Math.abs(mean!) + sd))
      }),
    )
    const steps = Array.from({ length: 20_001 }, (_, i) => -10 + i / 1000)
    for (const z of [-3, -0.5, 0, 1.2]) {
      const integral = steps.reduce((sum, x) => sum + Math.max(0, z + x) * Math.exp((-x * x) / 2), 0)
      expect(meanAbove(z, 1)).toBeCloseTo(integral / 1000 / Math.sqrt(2 * Math.PI), 6)
    }
  })

  it('the loss falls smoothly to 0 where the direct formula has no digits left', () => {
    // σφ(z)/z² (1 - 3/z² …): the asymptote and the direct form agree where both hold.
    const direct = meanAbove(-7, 1)
    const asymptote = Math.exp(-24.5) / Math.sqrt(2 * Math.PI) / 49
    expect(direct / asymptote).toBeCloseTo(1 - 3 / 49 + 15 / 49 ** 2 - 105 / 49 ** 3, 3)
    expect(meanAbove(-38, 1)).toBeGreaterThan(0)
    expect(meanAbove(-60, 1)).toBe(0)
    expect(meanAbove(60, 1)).toBe(60)
  })

  it('turning the good direction around turns chance and losses around', () => {
    fc.assert(
      fc.property(z, sd, (z, sd) => {
        const [up, down] = [posteriorOf(z, sd), posteriorOf(z, sd, { direction: 'down' })]
        expect(up.chanceToWin! + down.chanceToWin!).toBeCloseTo(1, 12)
        expect(down.expectedLoss).toEqual({ shipping: up.expectedLoss!.keeping, keeping: up.expectedLoss!.shipping })
      }),
    )
  })

  it('a prior pulls the mean towards its own and narrows the interval', () => {
    fc.assert(
      fc.property(z, sd, fc.double({ min: -10, max: 10, noNaN: true }), sd, (z, sd, mean, width) => {
        const prior = { mean, standardDeviation: width }
        const posterior = posteriorOf(z, sd, { prior })
        const [low, high] = [Math.min(mean, z * sd), Math.max(mean, z * sd)]
        expect(posterior.mean).toBeGreaterThanOrEqual(low - 1e-9 * (1 + Math.abs(low)))
        expect(posterior.mean).toBeLessThanOrEqual(high + 1e-9 * (1 + Math.abs(high)))
        expect(posterior.standardDeviation!).toBeLessThanOrEqual(Math.min(sd, width) * (1 + 1e-12))
      }),
    )
  })

  it('a prior of lift on an absolute difference is scaled by the control mean', () => {
    const [a, b] = [meanSample(400, 4000, 44_000), meanSample(400, 4100, 46_000)]
    const prior = { mean: 0.02, standardDeviation: 0.05 }
    // Where the control's mean is nearly certain the two ways are the same but for its error.
    const lift = bayesian(relativeLift(a, b), { prior })
    const difference = bayesian(absoluteDifference(a, b), { prior, scale: 10 })
    expect(difference.mean! / 10).toBeCloseTo(lift.mean!, 3)
    expect(() => bayesian(relativeLift(a, b), { prior: { mean: 0, standardDeviation: 0 } })).toThrow(RangeError)
  })
})

it('an estimate without an error has no posterior, and says why', () => {
  const same = bayesian(relativeLift(meanSample(5, 5, 5), meanSample(5, 5, 5)))
  expect(same).toEqual({
    mean: null,
    standardDeviation: null,
    interval: null,
    chanceToWin: null,
    expectedLoss: null,
    reason: 'no-variance',
  })
  const beyond = { value: 1e308, standardError: 1e-320, interval: null, p: null, dof: null }
  expect(bayesian(beyond).reason).toBe('overflow')
})
