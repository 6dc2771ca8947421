import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import { bayesian } from './bayesian.ts'
import { impact } from './impact.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import { type QuantileStatistics, quantileLevels, quantileSample } from './quantile.ts'

it('GrowthBook: a 90 % quantile of independent values', () => {
  const arm = (count: number, value: number, lower: number, upper: number) =>
    quantileSample({ variant: '', control: true, level: 0.9, count, value, lower, upper })
  const control = arm(11054, 7.157987489967789, 7.098780136176828, 7.217194843758751)
  const treatment = arm(10861, 7.694499927525767, 7.64180598628119, 7.747193868770344)
  const { mean, interval } = bayesian(absoluteDifference(control, treatment))
  expect(mean).toBeCloseTo(0.5365124375579775, 12)
  expect(interval![0]).toBeCloseTo(0.4572559589115422, 12)
  expect(interval![1]).toBeCloseTo(0.6157689162044128, 12)
  const relative = bayesian(relativeLift(control, treatment), { prior: { mean: 0, standardDeviation: 1000 } })
  expect(relative.mean).toBeCloseTo(0.07495297222736319, 12)
})

/** The statistics of one arm from the values of its people, each quantile the nearest rank. */
function statisticsOf(people: readonly (readonly number[])[], level: number): QuantileStatistics {
  const values = people.flat().sort((a, b) => a - b)
  const at = (q: number) => values[Math.min(values.length - 1, Math.floor(q * values.length))]!
  const value = at(level)
  const [low, high] = quantileLevels(level, values.length)!
  const below = people.map(own => own.filter(x => x <= value).length)
  const sum = (xs: number[]) => xs.reduce((t, x) => t + x, 0)
  return {
    variant: '',
    control: true,
    level,
    count: values.length,
    value,
    lower: at(low),
    upper: at(high),
    clusters: {
      people: people.filter(own => own.length > 0).length,
      below: sum(below),
      belowSquares: sum(below.map(b => b * b)),
      countSquares: sum(people.map(own => own.length ** 2)),
      belowTimesCount: sum(below.map((b, i) => b * people[i]!.length)),
    },
  }
}

/** Page loads of people who each have their own speed: values of one person are alike. */
const loads = (rng: Random): number[] => {
  const own = Math.exp(0.8 * rng.normal())
  return Array.from({ length: 1 + rng.poisson(4) }, () => own * Math.exp(0.3 * rng.normal()))
}

describe('values of one person are alike', () => {
  const experiments = 200

  it.each([0.5, 0.9])('95 of 100 intervals of a %f quantile hold the truth, and without people too few do', level => {
    const rng = random(`quantile ${level}`)
    let held = 0
    let heldIfIndependent = 0
    for (let i = 0; i < experiments; i++) {
      const [a, b] = [0, 1].map(() =>
        statisticsOf(
          Array.from({ length: 200 }, () => loads(rng)),
          level,
        ),
      )
      const holds = (one: QuantileStatistics, two: QuantileStatistics) =>
        absoluteDifference(quantileSample(one), quantileSample(two)).p! >= 0.05
      if (holds(a!, b!)) held++
      const { clusters: _a, ...plainA } = a!
      const { clusters: _b, ...plainB } = b!
      if (holds(plainA, plainB)) heldIfIndependent++
    }
    // 95 ± 4.6 points in 200 experiments.
    expect(held / experiments).toBeGreaterThan(0.904)
    expect(held / experiments).toBeLessThan(0.99)
    expect(heldIfIndependent / experiments).toBeLessThan(0.8)
  })

  it.each([0.5, 0.9])('and where they are a few prices a %f quantile is no surer than the step to the next', level => {
    const rng = random(`prices ${level}`)
    const prices = () => loads(rng).map(value => 10 * Math.ceil(value))
    let held = 0
    for (let i = 0; i < experiments; i++) {
      const [a, b] = [0, 1].map(() => quantileSample(statisticsOf(Array.from({ length: 200 }, prices), level)))
      // Where both are sure of one price they are equal, and there is no error.
      const { value, p } = absoluteDifference(a!, b!)
      if (p === null ? value === 0 : p >= 0.05) held++
    }
    expect(held / experiments).toBeGreaterThan(0.92)
  })

  it('one value a person is not stretched', () => {
    const rng = random('one value each')
    const one = statisticsOf(
      Array.from({ length: 500 }, () => [rng.normal()]),
      0.5,
    )
    const { clusters: _, ...plain } = one
    expect(quantileSample(one).variance / quantileSample(plain).variance).toBeCloseTo(1, 2)
  })
})

describe('where there is too little', () => {
  it('the outer quantiles of few values lie outside, and the estimate says that there are too few', () => {
    expect(quantileLevels(0.99, 100)).toBeNull()
    expect(quantileLevels(0.99, 1000)).not.toBeNull()
    const few = { variant: '', control: true, level: 0.99, count: 100, value: 3, lower: 3, upper: 3 }
    expect(relativeLift(quantileSample(few), quantileSample({ ...few, value: 4 }))).toMatchObject({
      value: 1 / 3,
      interval: null,
      reason: 'few-values',
    })
  })

  it('are too few in one arm too few for the comparison: beside a sure quantile an unsure one is not sure', () => {
    const level = 0.9
    const many = { variant: 'a', control: false, level, count: 600, value: 70, lower: 65, upper: 76 }
    const few = { variant: '', control: true, level, count: 20, value: 91, lower: 40, upper: 120 }
    const quantiles = { arms: [few, many], together: many }
    const nobody = { exposures: 0, conversions: 0, sum: 0, sumSquares: 0 }
    const arms = [
      { variant: '', control: true, people: 20, expected: 20, ...nobody },
      { variant: 'a', control: false, people: 600, expected: 600, ...nobody },
    ]
    const report = impact(arms, { metric: { type: 'quantile', event: 'Ordered' }, quantiles, days: 14 })
    const { lift, difference, verdict, evidence } = report.variants[0]!
    expect(lift).toMatchObject({ value: (70 - 91) / 91, interval: null, p: null, reason: 'few-values' })
    expect(difference).toMatchObject({ value: -21, interval: null })
    expect(evidence.bayesian.chanceToWin).toBeNull()
    expect(evidence.anytime.interval).toBeNull()
    expect(verdict).toMatchObject({ verdict: 'too-early', because: 'few-values' })
    expect(report.control).toMatchObject({ mean: 91, standardDeviation: null })
    expect(report.warnings).toContainEqual(expect.objectContaining({ code: 'few-values', variant: 'a' }))
    expect(report.sentence).toContain('cannot be said from so few values')
  })

  it('no values at all', () => {
    const none = { variant: '', control: true, level: 0.5, count: 0, value: Number.NaN, lower: 0, upper: 0 }
    expect(relativeLift(quantileSample(none), quantileSample(none)).reason).toBe('no-control')
    expect(() => quantileLevels(1, 10)).toThrow(RangeError)
  })
})
