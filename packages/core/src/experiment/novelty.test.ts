import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import { type NoveltyStatistics, novelty, trendWeights } from './novelty.ts'
import { unspeakable } from './testing.ts'

fc.configureGlobal({ seed: 4 })

const DAYS = 8

/** From what each person did on each day. */
function statisticsOf(variant: string, people: readonly (readonly number[])[], days = DAYS): NoveltyStatistics {
  const weights = trendWeights(days)
  const trends = people.map(own => own.reduce((sum, value, day) => sum + value * weights[day]!, 0))
  const total = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0)
  return {
    variant,
    control: variant === '',
    people: people.length,
    days: weights.map((_, day) => ({
      sum: total(people.map(own => own[day]!)),
      sumSquares: total(people.map(own => own[day]! ** 2)),
    })),
    trendSum: total(trends),
    trendSumSquares: total(trends.map(trend => trend ** 2)),
  }
}

/** People who are each more or less active on all days; the effect is given by day. */
const people = (rng: Random, n: number, effect: (day: number) => number) =>
  Array.from({ length: n }, () => {
    const own = 3 + 2 * rng.normal()
    return Array.from({ length: DAYS }, (_, day) => own + rng.normal() + effect(day))
  })

describe('the effect by day since the first exposure', () => {
  const rng = random('novelty')
  const control = statisticsOf(
    '',
    people(rng, 2000, () => 0),
  )
  const against = (effect: (day: number) => number) =>
    novelty([control, statisticsOf('a', people(rng, 2000, effect))], 'a')

  it('that wears off is fading, that grows is growing, that stays is steady', () => {
    const fading = against(day => 1 - day / 8)
    expect(fading.verdict).toBe('fading')
    expect(fading.trend.value).toBeCloseTo(-1 / 8, 1)
    expect(fading.days[0]?.value).toBeGreaterThan(fading.days[7]!.value! + 0.6)
    expect(against(day => day / 8).verdict).toBe('growing')
    expect(against(() => 1).verdict).toBe('steady')
    expect(against(() => 1).average).toBeCloseTo(1, 0)
    // Of a harm: that grows moves away from 0 as well.
    expect(against(day => -day / 8).verdict).toBe('growing')
  })
})

describe('where chances changed nobody passes for an effect by who came when or who got what', () => {
  const active = (rng: Random, n: number, level: number) => people(rng, n, () => level)

  it('with the version: arms are compared within strata', () => {
    const rng = random('versions')
    // First half of the people in the control group, later a tenth, when all do more.
    const parts = (
      [
        ['0', 1500, 1500, 0],
        ['1', 300, 2700, 5],
      ] as const
    ).flatMap(([stratum, control, treated, level]) => [
      { ...statisticsOf('', active(rng, control, level)), stratum },
      { ...statisticsOf('a', active(rng, treated, level)), stratum },
    ])
    expect(Math.abs(novelty(parts, 'a').average!)).toBeLessThan(0.3)
    expect(novelty(parts, 'a').days.filter(({ p }) => p! < 0.01)).toEqual([])
    const pooled = parts.map(({ stratum: _, ...part }) => part)
    expect(novelty(pooled, 'a').average).toBeGreaterThan(1)
  })

  it('from person to person: each counts by 1 / chance', () => {
    const rng = random('persons')
    // Whoever does more was given the variant more often.
    const parts = (
      [
        ['', 1600, 0, 0.8],
        ['', 400, 5, 0.2],
        ['a', 400, 0, 0.2],
        ['a', 1600, 5, 0.8],
      ] as const
    ).map(([variant, n, level, chance]) => ({ ...statisticsOf(variant, active(rng, n, level)), weight: 1 / chance }))
    expect(Math.abs(novelty(parts, 'a').average!)).toBeLessThan(0.3)
    const plain = parts.map(({ weight: _, ...part }) => part)
    expect(novelty(plain, 'a').average).toBeGreaterThan(2)
  })
})

it('where it stays the same, a trend is found one time in 20', () => {
  const rng = random('steady')
  const experiments = 500
  let found = 0
  for (let i = 0; i < experiments; i++) {
    const [a, b] = [people(rng, 60, () => 0), people(rng, 60, () => 1)]
    if (novelty([statisticsOf('', a), statisticsOf('b', b)], 'b').verdict !== 'steady') found++
  }
  expect(found / experiments).toBeGreaterThan(0.03)
  expect(found / experiments).toBeLessThan(0.075)
})

describe('properties', () => {
  const day = fc.integer({ min: -20, max: 100 })
  const crowd = fc.array(fc.array(day, { minLength: DAYS, maxLength: DAYS }), { minLength: 1, maxLength: 20 })

  it('the trend is that of the daily differences: people are summed before squares, and means before trends', () => {
    fc.assert(
      fc.property(crowd, crowd, (a, b) => {
        const { days, trend } = novelty([statisticsOf('', a), statisticsOf('b', b)], 'b')
        const slope = trendWeights(DAYS).reduce((sum, weight, i) => sum + weight * days[i]!.value!, 0)
        expect(trend.value).toBeCloseTo(slope, 9)
      }),
    )
  })

  it('adds over disjoint sets of people', () => {
    fc.assert(
      fc.property(crowd, crowd, (a, b) => {
        const other = statisticsOf('y', [Array(DAYS).fill(9)])
        const [parts, whole] = [
          [statisticsOf('', a), statisticsOf('', b), statisticsOf('x', a), other, statisticsOf('x', b)],
          [statisticsOf('', [...a, ...b]), statisticsOf('x', [...a, ...b])],
        ].map(arms => novelty(arms, 'x'))
        expect(parts!.days).toEqual(whole!.days)
        expect(parts!.trend.value).toBeCloseTo(whole!.trend.value!, 9)
        expect(parts!.trend.reason).toBe(whole!.trend.reason)
      }),
    )
  })

  it('weights are those of a line: none of a constant, one of a rise by one a day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 400 }), days => {
        const weights = trendWeights(days)
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(0, 9)
        expect(weights.reduce((sum, weight, i) => sum + weight * i, 0)).toBeCloseTo(1, 9)
      }),
    )
  })
})

describe('where there is too little', () => {
  it('nobody, one person, or no days', () => {
    const nobody = statisticsOf('', [])
    const one = statisticsOf('a', [Array(DAYS).fill(1)])
    const some = statisticsOf('a', [Array(DAYS).fill(1), Array(DAYS).fill(2)])
    expect(novelty([nobody, some], 'a')).toMatchObject({
      verdict: 'unknown',
      trend: { reason: 'no-control' },
      average: null,
    })
    expect(novelty([{ ...some, variant: '', control: true }, one], 'a')).toMatchObject({
      verdict: 'unknown',
      trend: { reason: 'one-person' },
    })
    const control = { ...some, variant: '', control: true }
    const endless = { ...some, trendSum: Number.POSITIVE_INFINITY }
    expect(novelty([control, endless], 'a').verdict).toBe('unknown')
    expect(novelty([], 'a').verdict).toBe('unknown')
    // Nobody can be compared in any stratum.
    const apart = [
      { ...control, stratum: '0' },
      { ...some, stratum: '1' },
    ]
    expect(novelty(apart, 'a')).toMatchObject({ verdict: 'unknown', trend: { reason: 'no-control' } })
    expect(unspeakable([[nobody, some], [control, endless], [], apart].map(arms => novelty(arms, 'a')))).toEqual([])
  })

  it('arms of different days, or a trend of one day, are refused', () => {
    const some = statisticsOf('a', [Array(DAYS).fill(1)])
    expect(() => novelty([some, { ...some, days: some.days.slice(1) }], 'a')).toThrow(RangeError)
    expect(() => trendWeights(1)).toThrow(RangeError)
  })
})
