import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import { drilldown, type SegmentStatistics } from './drilldown.ts'
import { armOfConversions, armOfPeople, binomial, unspeakable } from './testing.ts'

/** Countries and devices; only those of DE respond, with half as many again. */
function shop(rng: Random, lift: (country: string) => number, people = 2000): SegmentStatistics[] {
  const countries = ['DE', 'FR', 'IT', 'ES', 'PL', 'NL', 'AT', 'SE']
  return countries.map(value => ({
    dimension: 'country',
    value,
    arms: [
      armOfConversions('', people, binomial(rng, people, 0.1)),
      armOfConversions('offer', people, binomial(rng, people, 0.1 * (1 + lift(value)))),
    ],
  }))
}

describe('which segments responded best', () => {
  const { dimensions, best, comparisons, correction } = drilldown(
    shop(random('one country'), country => (country === 'DE' ? 0.6 : 0)),
    { type: 'conversion' },
  )

  it('the one that does is named, the others are not', () => {
    expect([comparisons, correction]).toEqual([8, 'holm'])
    expect(best.map(({ value }) => value)).toEqual(['DE'])
    expect(dimensions[0]?.segments[0]?.value).toBe('DE')
    expect(dimensions[0]?.adjustedP).toBeLessThan(0.001)
    expect(dimensions[0]?.segments.slice(1).every(({ responds }) => responds === 'alike')).toBe(true)
  })

  it('its promise is pulled towards the others’', () => {
    const [top] = best
    expect(top!.shrunken).toBeLessThan(top!.difference.value!)
    expect(top!.shrunken).toBeGreaterThan(0)
    expect(top!.adjustedP).toBeGreaterThanOrEqual(top!.difference.p!)
  })

  it('where down is good the best is the other end', () => {
    const down = drilldown(
      shop(random('down'), country => (country === 'FR' ? -0.6 : 0)),
      { type: 'conversion', direction: 'down', correction: 'benjamini-hochberg' },
    )
    expect(down.best.map(({ value }) => value)).toContain('FR')
    expect(down.dimensions[0]?.segments[0]?.value).toBe('FR')
  })
})

it('where chances changed with the version it compares within versions: a variant that came later is no effect', () => {
  const rng = random('late variant')
  // Nobody responds; there were more conversions when the second variant came.
  const part = (stratum: string, variant: string, people: number, rate: number, share: number) => {
    const arm = armOfConversions(variant, people, binomial(rng, people, rate))
    const { sum, sumSquares } = arm
    const weights = { sum: people / share, sumSquares: people / share ** 2 }
    const values = { valueSum: sum / share, valueSumSquares: sumSquares / share ** 2, valueCrossSum: sum / share ** 2 }
    return { ...arm, stratum, weights: { ...weights, ...values } }
  }
  const arms = () => [
    part('0', '', 5_000, 0.1, 0.5),
    part('0', 'offer', 5_000, 0.1, 0.5),
    part('1', '', 5_000, 0.3, 0.5),
    part('1', 'offer', 2_500, 0.3, 0.25),
    part('1', 'bold', 2_500, 0.3, 0.25),
  ]
  const segments = ['DE', 'FR'].map(value => ({ dimension: 'country', value, arms: arms() }))
  const effects = (some: SegmentStatistics[], variant?: string) =>
    drilldown(some, { type: 'conversion', ...(variant && { variant }) }).dimensions[0]!.segments.map(
      ({ adjustedP }) => adjustedP! < 0.001,
    )
  expect(effects(segments)).toEqual([false, false])
  expect(effects(segments, 'bold')).toEqual([false, false])
  // Weights alone compare the people of the second version with those of both.
  const pooled = segments.map(one => ({ ...one, arms: one.arms.map(({ stratum: _, ...arm }) => arm) }))
  expect(effects(pooled, 'bold')).toEqual([true, true])
})

it('where all respond alike, in 19 of 20 drill-downs nobody is said to respond better', () => {
  const experiments = 300
  let found = 0
  let heterogeneous = 0
  let effects = 0
  let uncorrected = 0
  const rng = random('all alike')
  for (let i = 0; i < experiments; i++) {
    const { dimensions } = drilldown(
      shop(rng, () => 0, 600),
      { type: 'conversion' },
    )
    const segments = dimensions[0]!.segments
    if (segments.some(({ responds }) => responds !== 'alike')) found++
    if (segments.some(({ adjustedP }) => adjustedP! < 0.05)) effects++
    if (segments.some(({ difference }) => difference.p! < 0.05)) uncorrected++
    if (dimensions[0]!.adjustedP! < 0.05) heterogeneous++
  }
  expect(found / experiments).toBeLessThan(0.08)
  expect(effects / experiments).toBeLessThan(0.08)
  expect(heterogeneous / experiments).toBeLessThan(0.08)
  // Without correction one looks often enough to find something.
  expect(uncorrected / experiments).toBeGreaterThan(0.2)
})

it.each([
  { of: 'a share of 5 %', controls: 50, draw: (rng: Random) => (rng.chance(0.05) ? 1 : 0) },
  { of: 'a share of 20 %', controls: 10, draw: (rng: Random) => (rng.chance(0.2) ? 1 : 0) },
  { of: 'spend', controls: 50, draw: (rng: Random) => (rng.chance(0.2) ? Math.exp(3 + rng.normal()) : 0) },
])('nor with a tenth in the control group: of $of, $controls people of each segment', ({ controls, draw }) => {
  const experiments = 100
  const rng = random(`a tenth ${controls}`)
  const arm = (variant: string, people: number) =>
    armOfPeople(
      variant,
      Array.from({ length: people }, () => ({ value: draw(rng) })),
    )
  let [found, effects, heterogeneous] = [0, 0, 0]
  for (let i = 0; i < experiments; i++) {
    const segments = Array.from({ length: 12 }, (_, value) => ({
      dimension: 'country',
      value: String(value),
      arms: [arm('', controls), arm('a', 9 * controls)],
    }))
    const [country] = drilldown(segments, { type: 'sum' }).dimensions
    if (country!.segments.some(({ responds }) => responds !== 'alike')) found++
    if (country!.segments.some(({ adjustedP }) => adjustedP! < 0.05)) effects++
    if (country!.adjustedP! < 0.05) heterogeneous++
  }
  // Without steadied variances somebody was said to respond otherwise in 25 to 68.
  for (const alarms of [found, effects, heterogeneous]) expect(alarms).toBeLessThanOrEqual(14)
})

it('intervals hold all at once', () => {
  const experiments = 200
  let held = 0
  const rng = random('all at once')
  for (let i = 0; i < experiments; i++) {
    const segments = drilldown(
      shop(rng, () => 0.3, 1500),
      { type: 'conversion' },
    ).dimensions[0]!.segments
    if (segments.every(({ difference: { interval } }) => interval![0] <= 0.03 && 0.03 <= interval![1])) held++
  }
  expect(held / experiments).toBeGreaterThan(0.91)
})

describe('where there is too little', () => {
  it('a segment without a control group, with one person, or alone in its dimension is told and not judged', () => {
    const answer = drilldown(
      [
        { dimension: 'country', value: 'DE', arms: [armOfConversions('', 100, 10), armOfConversions('a', 100, 30)] },
        { dimension: 'country', value: 'FR', arms: [armOfConversions('a', 100, 10)] },
        { dimension: 'country', value: 'IT', arms: [armOfConversions('', 1, 1), armOfConversions('a', 100, 10)] },
        { dimension: 'plan', value: 'free', arms: [armOfConversions('', 50, 5), armOfConversions('a', 50, 5)] },
      ],
      { type: 'conversion' },
    )
    const of = (value: string) => answer.dimensions.flatMap(({ segments }) => segments).find(one => one.value === value)
    expect(of('FR')).toMatchObject({ difference: { reason: 'no-control' }, responds: 'unknown', shrunken: null })
    expect(of('IT')).toMatchObject({ difference: { reason: 'one-person' }, adjustedP: null })
    expect(of('free')).toMatchObject({ versusRest: { difference: { reason: 'no-control' } }, responds: 'unknown' })
    expect(answer.comparisons).toBe(2)
    expect(unspeakable(answer)).toEqual([])
  })

  it('nothing at all', () => {
    expect(drilldown([], { type: 'sum' })).toEqual({ comparisons: 0, correction: 'holm', dimensions: [], best: [] })
  })

  it('one variant of several, or all together', () => {
    const arms = [
      armOfPeople('', [{ value: 1 }, { value: 3 }]),
      armOfPeople('a', [{ value: 5 }, { value: 7 }]),
      armOfPeople('b', [{ value: 0 }, { value: 2 }]),
    ]
    const segment = [{ dimension: 'x', value: 'y', arms }]
    const differenceOf = (options: { variant?: string }) =>
      drilldown(segment, { type: 'sum', ...options }).dimensions[0]?.segments[0]?.difference.value
    expect(differenceOf({ variant: 'a' })).toBe(4)
    expect(differenceOf({ variant: 'b' })).toBe(-1)
    expect(differenceOf({})).toBe(1.5)
  })
})
