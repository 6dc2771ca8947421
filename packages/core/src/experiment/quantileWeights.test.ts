import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import { impact } from './impact.ts'
import { effectiveCount, type QuantileStatistics, type QuantilesByArm, quantileLevels } from './quantile.ts'
import { type ArmPart, quantileWeights } from './quantileWeights.ts'
import { armOfPeople } from './testing.ts'

const part = (variant: string, stratum: string, people: number, weight = 1): ArmPart => ({
  control: variant === '',
  variant,
  stratum,
  people,
  weight,
})

describe('weights', () => {
  it('worked out by hand: within a stratum each arm comes to all of its people', () => {
    // 100 people with 10 in the control group, then 50 of which 40 are.
    const weights = quantileWeights([part('', 'a', 10), part('b', 'a', 90), part('', 'b', 40), part('b', 'b', 10)])!
    expect(weights.own).toEqual([10, 100 / 90, 50 / 40, 5])
    expect(weights.together).toEqual([0, 100 / 90, 0, 5])
    expect([weights.strata, weights.coverage]).toEqual([2, 1])
  })

  it('where chances differ within a stratum a person counts 1 / chance among their own arm', () => {
    const weights = quantileWeights([
      part('', 's', 10, 5),
      part('b', 's', 20, 2),
      part('b', 's', 5, 4),
      part('c', 's', 15, 4),
    ])!
    expect(weights.own).toEqual([5, 100 / 60, 200 / 60, 50 / 15])
  })

  it('people of a stratum without one of the arms count for nothing, and where that is all there are none', () => {
    const some = quantileWeights([part('', 'a', 10), part('b', 'a', 10), part('', 'b', 60), part('b', 'b', 1)])!
    expect(some.own).toEqual([2, 2, 0, 0])
    expect(some.coverage).toBeCloseTo(20 / 81, 12)
    expect(quantileWeights([part('', 'a', 10), part('b', 'b', 10)])).toBeNull()
    expect(quantileWeights([part('', 'a', 10)])).toBeNull()
    expect(quantileWeights([])).toBeNull()
  })
})

interface Visitor {
  readonly arm: '' | 'fast'
  readonly version: number
  readonly loads: readonly number[]
}

/** Ever more people get the variant, and later people have slower devices. It changes nothing. */
function visitors(rng: Random, chances: readonly number[] = [0.15, 0.5, 0.85], each = 150): Visitor[] {
  return chances.flatMap((chance, version) =>
    Array.from({ length: each }, () => {
      const own = (1 + version) * Math.exp(0.5 * rng.normal())
      const loads = Array.from({ length: 1 + rng.poisson(3) }, () => own * Math.exp(0.3 * rng.normal()))
      return { arm: rng.chance(chance) ? ('fast' as const) : ('' as const), version, loads }
    }),
  )
}

const NONE = { people: 0, below: 0, belowSquares: 0, countSquares: 0, belowTimesCount: 0 }

/** As the warehouse has it: sorted values take as much place as they weigh. */
function statisticsOf(
  people: readonly Visitor[],
  level: number,
  weightOf: (one: Visitor) => number,
): QuantileStatistics {
  const pairs = people
    .flatMap(one => one.loads.map(value => ({ value, weight: weightOf(one) })))
    .sort((a, b) => a.value - b.value)
  const all = pairs.reduce((sum, { weight }) => sum + weight, 0)
  const at = (share: number) => {
    let sum = 0
    const found = pairs.findIndex(({ weight }) => {
      sum += weight
      return sum > share * all
    })
    return pairs.at(found)!.value
  }
  const value = at(level)
  const own = people.map(one => {
    const weight = weightOf(one)
    return { below: weight * one.loads.filter(x => x <= value).length, count: weight * one.loads.length }
  })
  const sum = (of: (one: (typeof own)[number]) => number) => own.reduce((total, one) => total + of(one), 0)
  const countSquares = sum(one => one.count ** 2)
  const effective = effectiveCount({ count: pairs.length, clusters: { ...NONE, total: all, countSquares } })
  // Too few for these: the quantile of the end.
  const [low, high] = quantileLevels(level, effective) ?? [0, 1]
  return {
    variant: people[0]!.arm,
    control: people[0]!.arm === '',
    level,
    count: pairs.length,
    value,
    lower: at(low),
    upper: at(high),
    clusters: {
      people: people.length,
      total: all,
      below: sum(one => one.below),
      belowSquares: sum(one => one.below ** 2),
      countSquares,
      belowTimesCount: sum(one => one.below * one.count),
    },
  }
}

function quantilesOf(people: readonly Visitor[], level: number, isWeighted: boolean): QuantilesByArm {
  const parts = (['', 'fast'] as const).flatMap(arm =>
    [0, 1, 2].map(version =>
      part(arm, String(version), people.filter(one => one.arm === arm && one.version === version).length),
    ),
  )
  const weights = quantileWeights(parts)!
  const weightOf = ({ arm, version }: Visitor) =>
    isWeighted ? weights.own[parts.findIndex(one => one.variant === arm && one.stratum === String(version))]! : 1
  const of = (arm: string) =>
    statisticsOf(
      people.filter(one => one.arm === arm),
      level,
      weightOf,
    )
  const [control, fast] = [of(''), of('fast')]
  const byChance = { strata: weights.strata, coverage: weights.coverage }
  return { arms: [control, fast], together: { ...fast, variant: '' }, ...(isWeighted && { byChance }) }
}

const metric = { type: 'quantile', event: 'Page Loaded' } as const

/** Each arm's people and events by stratum, as the report has them. */
function armsOf(people: readonly Visitor[]) {
  return (['', 'fast'] as const).flatMap(arm =>
    [0, 1, 2].map(version => {
      const own = people.filter(one => one.arm === arm && one.version === version)
      const values = own.map(({ loads }) => ({ value: loads.length }))
      return { ...armOfPeople(arm, values), stratum: String(version) }
    }),
  )
}

it.each([
  0.5, 0.9,
])('95 of 100 intervals of a %f quantile hold what is true, where plain quantiles take the time for an effect', level => {
  const experiments = 200
  let held = 0
  let plain = 0
  for (let i = 0; i < experiments; i++) {
    const people = visitors(random(`quantile ${level} ${i}`))
    const arms = armsOf(people)
    const holds = (isWeighted: boolean) => {
      const { personalized } = impact(arms, { metric, quantiles: quantilesOf(people, level, isWeighted) })
      const { interval } = personalized!.difference
      return interval![0] <= 0 && interval![1] >= 0
    }
    if (holds(true)) held++
    if (holds(false)) plain++
  }
  // 95 ± 4.6 points in 200 experiments; of a median up to 99 hold it, since how strata differ counts as chance.
  expect(held / experiments).toBeGreaterThan(0.904)
  expect(plain / experiments).toBeLessThan(0.2)
})

it('so they do where chances are near certain, and few people weigh much; where these are too few it says so', () => {
  const experiments = 300
  let [held, judged] = [0, 0]
  for (let i = 0; i < experiments; i++) {
    const people = visitors(random(`uneven quantile ${i}`), [0.03, 0.5, 0.97], 600)
    const { difference } = impact(armsOf(people), { metric, quantiles: quantilesOf(people, 0.9, true) }).personalized!
    if (difference.interval === null) expect(difference.reason).toBe('few-values')
    else {
      judged++
      if (difference.interval[0] <= 0 && difference.interval[1] >= 0) held++
    }
  }
  expect(judged).toBeGreaterThan(0.9 * experiments)
  // 95 ± 3.8 points in 300 experiments; with the levels of as many values as there are, 88.
  expect(held / judged).toBeGreaterThan(0.912)

  const few = visitors(random('few'), [0.01, 0.5, 0.99], 100)
  const { personalized } = impact(armsOf(few), { metric, quantiles: quantilesOf(few, 0.9, true) })
  expect(personalized!.difference).toMatchObject({ interval: null, reason: 'few-values' })
})

it('weighted by chance they need no warning but of the people who are left out', () => {
  const people = visitors(random('report'))
  const arms = (['', 'fast'] as const).map((arm, i) => ({
    ...armOfPeople(arm, [{ value: 1 }, { value: 2 }]),
    stratum: String(i),
  }))
  const quantiles = quantilesOf(people, 0.5, true)
  const codes = (own: QuantilesByArm) => impact(arms, { metric, quantiles: own }).warnings.map(({ code }) => code)
  expect(codes(quantiles)).not.toContain('unweighted')
  expect(codes({ ...quantiles, byChance: { strata: 2, coverage: 0.5 } })).toContain('strata-left-out')
  expect(codes(quantilesOf(people, 0.5, false))).toContain('unweighted')
})

it('where they cannot be weighted nothing is judged by them: who came when would pass for an effect', () => {
  // Late comers, who mostly get it, load slowly whatever they get.
  const at = (variant: string, control: boolean, value: number): QuantileStatistics => {
    const clusters = { people: 900, below: 450, belowSquares: 450, countSquares: 900, belowTimesCount: 450 }
    return { variant, control, level: 0.5, count: 900, value, lower: value - 1, upper: value + 1, clusters }
  }
  const slow = at('fast', false, 300)
  const quantiles: QuantilesByArm = { arms: [at('', true, 100), slow], together: slow }
  const arms = ['', 'fast'].map((arm, i) => ({
    ...armOfPeople(
      arm,
      Array.from({ length: 900 }, () => ({ value: 1 })),
    ),
    stratum: String(i),
  }))
  const judged = (statistics: typeof arms) => impact(statistics, { metric, quantiles }).personalized!.verdict
  expect(judged(arms)).toMatchObject({ verdict: 'too-early', because: 'unweighted', lift: 2, interval: null, p: null })
  // Of one time they may be.
  expect(judged(arms.map(arm => ({ ...arm, stratum: '0' }))).verdict).not.toBe('too-early')
})
