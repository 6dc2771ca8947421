import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { type ArmStatistics, addArms } from './arm.ts'
import { impact } from './impact.ts'
import { armOfPeople, unspeakable } from './testing.ts'

fc.configureGlobal({ seed: 4 })

const conversion = { type: 'conversion', event: 'Order Completed', name: 'Conversion' } as const
const revenue = { type: 'sum', event: 'Order Completed', name: 'Revenue', currency: 'EUR' } as const
const orderValue = { type: 'mean', event: 'Order Completed', name: 'Order value' } as const

/** An arm of people who did it or did not. */
function arm(variant: string, people: number, conversions: number, expected = people): ArmStatistics {
  const control = variant === ''
  return {
    variant,
    control,
    people,
    exposures: people,
    conversions,
    sum: conversions,
    sumSquares: conversions,
    expected,
  }
}

/** An arm from the values of its people: orders each. */
function armOf(variant: string, people: readonly (readonly number[])[], expected: number): ArmStatistics {
  const totals = people.map(orders => orders.reduce((t, x) => t + x, 0))
  const sum = (xs: number[]) => xs.reduce((t, x) => t + x, 0)
  return {
    variant,
    control: variant === '',
    people: people.length,
    exposures: people.length,
    conversions: people.filter(orders => orders.length > 0).length,
    sum: sum(totals),
    sumSquares: sum(totals.map(t => t * t)),
    denominatorSum: sum(people.map(o => o.length)),
    denominatorSumSquares: sum(people.map(o => o.length ** 2)),
    crossSum: sum(people.map((o, i) => o.length * totals[i]!)),
    expected,
  }
}

const codes = (report: ReturnType<typeof impact>) => report.warnings.map(w => w.code)

it('a metric of any event without a name is called that', () => {
  const arms = [arm('', 1000, 100), arm('a', 1000, 200)]
  expect(impact(arms, { metric: { type: 'conversion', event: '*' } }).sentence).toContain('any event is 20.00 %')
})

describe('the report', () => {
  const report = impact([arm('', 1000, 100), arm('banner', 4000, 480), arm('video', 5000, 500)], { metric: conversion })

  it('gives each variant its lift over the control group, and all of them together', () => {
    expect(report.control).toMatchObject({ people: 1000, conversions: 100, mean: 0.1 })
    expect(report.variants.map(v => [v.variant, v.mean])).toEqual([
      ['banner', 0.12],
      ['video', 0.1],
    ])
    expect(report.variants[0]?.lift.value).toBeCloseTo(0.2, 12)
    expect(report.variants[0]?.difference.value).toBeCloseTo(0.02, 12)
    expect(report.variants[1]?.lift.value).toBeCloseTo(0, 12)
    expect(report.personalized).toMatchObject({ people: 9000, conversions: 980 })
    expect(report.personalized?.lift.value).toBeCloseTo(980 / 9000 / 0.1 - 1, 12)
    expect(report.sampleRatio.verdict).toBe('ok')
    expect(report.warnings).toEqual([])
  })

  it('says it in one sentence', () => {
    expect(report.sentence).toBe(
      '9,000 people saw this experience and 1,000 people were left out to compare with: Conversion is 10.89 % against 10.00 %, a lift of +8.9 % (95 % interval -17.2 % to +55.2 %), which may be chance: too early to say.',
    )
    const clear = impact([arm('', 10_000, 1000), arm('a', 10_000, 1400)], { metric: conversion })
    expect(clear.sentence).toContain('an improvement of +40.0 % (95 % interval +24.1 % to +58.4 %).')
    const down = impact([arm('', 10_000, 1000), arm('a', 10_000, 1400)], {
      metric: { ...conversion, direction: 'down' },
    })
    expect(down.sentence).toContain('a change for the worse of +40.0 %')
    const same = impact([arm('', 1e8, 1e7), arm('a', 1e8, 1e7 + 100)], { metric: conversion })
    expect(same.sentence).toContain('a lift of 0.0 % (95 % interval -0.2 % to +0.2 %): no difference worth having.')
    const soon = impact([arm('', 1000, 100), arm('a', 1000, 130)], { metric: conversion, days: 5 })
    expect(soon.sentence).toMatch(/which may be chance: too early to say \(about \d+ more days\)\.$/)
    const few = impact([arm('', 100, 5), arm('a', 100, 9)], { metric: conversion })
    expect(few.sentence).toContain('a lift of +80.0 %, from too little to judge by: too early to say.')
    const never = impact([arm('', 1000, 0), arm('a', 1000, 9)], { metric: conversion })
    expect(never.sentence).toContain('0.90 % against 0.00 %: from too little to judge by; too early to say.')
  })

  it('counts money and averages over orders by their own formulae', () => {
    const people = (shift: number) => [[10 + shift], [20 + shift, 30 + shift], [], [5 + shift]]
    const arms = [armOf('', people(0), 4), armOf('a', people(2), 4)]
    const money = impact(arms, { metric: revenue })
    expect(money.control?.mean).toBe(65 / 4)
    expect(money.variants[0]?.mean).toBe(73 / 4)
    expect(money.sentence).toContain('Revenue is 18.25 EUR against 16.25 EUR')
    const mean = impact(arms, { metric: orderValue })
    expect(mean.control?.mean).toBe(65 / 4)
    expect(mean.control?.mean).toBeCloseTo(16.25, 12)
    expect(mean.variants[0]?.mean).toBeCloseTo(73 / 4, 12)
  })
})

describe('where chances changed', () => {
  it('compares within strata, shows the means the lift is made of, and expects the summed chances', () => {
    const early = { stratum: 'early' }
    const late = { stratum: 'late' }
    // Late comers buy more often, and nearly all of them see a.
    const arms = [
      { ...arm('', 500, 50), ...early },
      { ...arm('a', 500, 50), ...early },
      { ...arm('', 100, 50), ...late },
      { ...arm('a', 900, 450), ...late },
    ]
    const report = impact(arms, { metric: conversion, design: [{ variant: 'a', control: false, share: 1 }] })
    expect(report.variants[0]?.lift.value).toBeCloseTo(0, 12)
    expect([report.control?.mean, report.variants[0]?.mean]).toEqual([0.3, 0.3])
    expect(report.sampleRatio).toMatchObject({ verdict: 'ok', dof: 2 })
    expect(impact(addArms(arms), { metric: conversion }).variants[0]?.lift.value).toBeGreaterThan(1)
  })

  it('says so where quantiles cannot be weighted, and that a policy draws anew', () => {
    const metric = { type: 'quantile', event: 'Answered' } as const
    const arms = [
      { ...arm('', 500, 50), stratum: '0' },
      { ...arm('a', 500, 50), stratum: '1' },
    ]
    expect(codes(impact(arms, { metric }))).toContain('unweighted')
    const redrawn = impact([arm('', 500, 50), arm('a', 500, 50)], {
      metric: conversion,
      contaminated: 300,
      redrawn: true,
    })
    expect(codes(redrawn)).toEqual(['redrawn'])
    const nobody = impact([arm('', 500, 50), arm('a', 500, 50)], { metric: conversion, redrawn: true })
    expect(codes(nobody)).toEqual([])
  })
})

describe('where a number cannot be given', () => {
  it('no control group', () => {
    const report = impact([arm('a', 100, 10)], { metric: conversion })
    expect(report.control).toBeNull()
    expect(report.variants[0]?.lift).toMatchObject({ value: null, interval: null, p: null, reason: 'no-control' })
    expect(codes(report)).toEqual(['no-control'])
    expect(report.sentence).toContain('cannot be known')
  })

  it('a control group whose KPI is 0 keeps the difference', () => {
    const report = impact([arm('', 1000, 0), arm('a', 1000, 30)], { metric: conversion })
    expect(report.variants[0]?.lift).toMatchObject({ value: null, reason: 'zero-control-mean' })
    expect(report.variants[0]?.difference.value).toBeCloseTo(0.03, 12)
    expect(report.variants[0]?.difference.interval).not.toBeNull()
    expect(codes(report)).toEqual(['zero-control-mean'])
  })

  it('all values equal', () => {
    const report = impact([arm('', 100, 100), arm('a', 100, 100)], { metric: conversion })
    expect(report.variants[0]?.lift).toMatchObject({ value: 0, interval: null, p: null, reason: 'no-variance' })
    expect(codes(report)).toEqual(['no-variance'])
    expect(report.sentence).toContain('whether that is chance cannot be said')
  })

  it('one person', () => {
    const report = impact([arm('', 100, 10), arm('a', 1, 1)], { metric: conversion })
    expect(report.variants[0]?.lift).toMatchObject({ value: 9, interval: null, reason: 'one-person' })
    expect(report.warnings[0]?.message).toContain('One person in a')
  })

  it('an arm of the design nobody has seen', () => {
    const design = [
      { variant: '', control: true, share: 0.1 },
      { variant: 'a', control: false, share: 0.45 },
      { variant: 'b', control: false, share: 0.45 },
    ]
    const report = impact([arm('', 100, 10), arm('a', 450, 50)], { metric: conversion, design })
    expect(report.variants.map(v => [v.variant, v.people])).toEqual([
      ['a', 450],
      ['b', 0],
    ])
    // As many as in a are missing, which cannot be chance: 550 people where 100 : 450 : 450 are expected.
    expect(report.sampleRatio.chiSquare).toBeCloseTo(450, 6)
    expect(report.variants[1]).toMatchObject({ mean: null, lift: { value: null, reason: 'no-people' } })
    // And it cannot be chance that nobody is there.
    expect(codes(report)).toEqual(['no-people', 'sample-ratio'])
    expect(report.sentence).toContain('must not be trusted')
  })

  it('nobody at all', () => {
    const report = impact([], { metric: conversion })
    expect(report).toMatchObject({ control: null, variants: [], personalized: null })
    expect(report.sentence).toBe('Nobody has seen this experience yet.')
  })

  it('an average over no orders', () => {
    const report = impact([armOf('', [[], []], 2), armOf('a', [[], []], 2)], { metric: orderValue })
    expect(report.control?.mean).toBeNull()
    expect(report.variants[0]?.lift.reason).toBe('no-events')
  })

  it('reports people seen in two arms, and a control mean too near 0 to divide by', () => {
    const report = impact([arm('', 1000, 4), arm('a', 1000, 10)], { metric: conversion, contaminated: 50 })
    expect(codes(report)).toEqual(['small-control-mean', 'contaminated'])
    expect(report.contaminated).toBe(50)
  })
})

describe('the verdict and how we know', () => {
  const arms = [arm('', 10_000, 1000), arm('good', 10_000, 1400), arm('bad', 10_000, 700), arm('same', 10_000, 1010)]
  const report = impact(arms, { metric: conversion, days: 10, plan: { worthwhile: 0.05 } })

  it('each variant has one, at a confidence shared by them, and all together have one at the whole confidence', () => {
    expect(report.variants.map(v => v.verdict.verdict)).toEqual(['works', 'hurts', 'too-early'])
    expect(report.variants[0]?.verdict.confidence).toBeCloseTo(1 - 0.05 / 3, 12)
    expect(report.verdict).toBe(report.personalized!.verdict)
    expect(report.verdict?.confidence).toBe(0.95)
    expect(report.variants[2]?.verdict.moreDays).toBeGreaterThan(10)
  })

  it('for a metric that should go down it is the other way around', () => {
    const down = impact(arms, { metric: { ...conversion, direction: 'down' } })
    expect(down.variants.map(v => v.verdict.verdict)).toEqual(['hurts', 'works', 'too-early'])
    expect(down.variants[0]?.evidence.bayesian.chanceToWin).toBeLessThan(1e-6)
  })

  it('the fixed interval, the always-valid and the posterior are told beside it', () => {
    const { lift, evidence, verdict } = report.variants[0]!
    const { anytime, bayesian, adjusted } = evidence
    expect(anytime.interval![0]).toBeLessThan(lift.interval![0])
    expect(anytime.interval![1]).toBeGreaterThan(lift.interval![1])
    expect(report.personalized?.evidence.anytime.p).toBeCloseTo(report.verdict!.p!, 12)
    expect(bayesian.mean).toBe(lift.value)
    expect(bayesian.chanceToWin).toBeGreaterThan(0.999)
    expect(adjusted).toBeNull()
    // The verdict's, shared among three, is wider than the one at 95 %.
    expect(verdict.interval![0]).toBeLessThan(anytime.interval![0])
  })

  it('a prior moves the posterior and nothing else', () => {
    const prior = { mean: 0, standardDeviation: 0.01 }
    const sceptic = impact(arms, { metric: conversion, days: 10, plan: { worthwhile: 0.05 }, prior })
    expect(sceptic.variants[0]?.evidence.bayesian.mean).toBeLessThan(0.1)
    expect(sceptic.variants.map(v => v.verdict)).toEqual(report.variants.map(v => v.verdict))
  })

  it('sizes that do not fit the design leave no verdict', () => {
    const lost = impact([arm('', 10_000, 1000, 1), arm('a', 9000, 1400, 1)], { metric: conversion })
    expect(lost.verdict).toMatchObject({ verdict: 'too-early', because: 'sample-ratio', moreDays: null })
  })

  it('what the same people did before makes it sooner; the numbers as they were stay beside it', () => {
    const rng = random('before')
    const people = (effect: number) =>
      Array.from({ length: 2000 }, () => {
        const own = 20 + 10 * rng.normal()
        return { value: own + rng.normal() + effect, before: own }
      })
    const statistics = [armOfPeople('', people(0)), armOfPeople('a', people(0.5)), armOfPeople('b', people(0))]
    const { variants } = impact(statistics, { metric: revenue })
    expect(variants[0]?.lift.p).toBeGreaterThan(0.01)
    expect(variants[0]?.evidence.adjusted?.varianceReduction).toBeGreaterThan(0.95)
    expect(variants[0]?.verdict.verdict).toBe('works')
    expect(variants[0]?.verdict.lift).toBe(variants[0]?.evidence.adjusted?.lift.value)
    expect(variants[0]?.evidence.adjusted?.theta).toBe(variants[1]?.evidence.adjusted?.theta)
    const without = impact(
      statistics.map(({ covariate: _, ...one }) => one),
      { metric: revenue },
    )
    expect(without.variants[0]?.lift).toEqual(variants[0]?.lift)
    expect(without.variants[0]?.verdict.verdict).toBe('too-early')
  })

  it('strata are compared within, weights are used, and both are told', () => {
    const of = (variant: string, stratum: string, people: number, conversions: number) => ({
      ...arm(variant, people, conversions),
      stratum,
    })
    // In each version nothing differs; pooled, the offer looks twice as good.
    const strata = [of('', 'v1', 900, 90), of('a', 'v1', 100, 10), of('', 'v2', 100, 40), of('a', 'v2', 900, 360)]
    const stratified = impact(strata, { metric: conversion })
    expect(stratified.variants[0]?.lift.value).toBeCloseTo(0, 12)
    expect(stratified.variants[0]?.evidence.strata).toEqual({ counted: 2, coverage: 1 })
    const pooled = impact(
      strata.map(({ stratum: _, ...one }) => one),
      { metric: conversion },
    )
    expect(pooled.variants[0]?.lift.value).toBeGreaterThan(1)
    const partial = impact([...strata, of('', 'v0', 1000, 10)], { metric: conversion })
    expect(codes(partial)).toContain('strata-left-out')

    const people = Array.from({ length: 100 }, (_, i) => ({ value: i % 3, chance: i === 0 ? 0.001 : 0.5 }))
    const uneven = impact([armOfPeople('', people), armOfPeople('a', people)], { metric: revenue })
    expect(codes(uneven)).toContain('low-overlap')
    expect(uneven.variants[0]?.evidence.effectivePeople?.treatment).toBeLessThan(2)
  })

  it('people in two arms, caps and open windows are told where the statistics say', () => {
    const told = (variant: string, crossed: number) => ({
      ...arm(variant, 1000, 300),
      crossed,
      matured: 100,
      capped: { people: 3, excess: 50 },
    })
    const { crossover, capped, matured, warnings } = impact([told('', 30), told('a', 120)], { metric: revenue })
    expect(crossover).toMatchObject({ crossed: 150, share: 0.075, verdict: 'uneven' })
    expect(capped).toMatchObject({ people: 6, shareOfTotal: 100 / 700 })
    expect(matured).toBe(0.1)
    expect(warnings.map(w => w.code)).toEqual(['uneven-crossover', 'open-windows'])
    expect(warnings[0]?.message).toContain('control 3.0 %, a 12.0 %')
    expect(warnings[1]?.message).toContain('90.0 %')
  })
})

describe('properties', () => {
  const orders = fc.array(
    fc.array(
      fc.integer({ min: 0, max: 50_000 }).map(c => c / 100),
      { maxLength: 3 },
    ),
    {
      maxLength: 30,
    },
  )

  it('statistics add over disjoint sets of people: shards give the report of the whole', () => {
    fc.assert(
      fc.property(orders, orders, orders, orders, (c1, c2, a1, a2) => {
        const whole = [armOf('', [...c1, ...c2], 10), armOf('a', [...a1, ...a2], 10)]
        const shards = [armOf('', c1, 5), armOf('a', a1, 5), armOf('', c2, 5), armOf('a', a2, 5)]
        for (const metric of [revenue, orderValue]) {
          const [one, two] = [impact(whole, { metric }), impact(shards, { metric })]
          expect(two.variants[0]?.people).toBe(one.variants[0]?.people)
          for (const part of ['value', 'standardError', 'p'] as const) {
            const [x, y] = [one.variants[0]!.lift[part], two.variants[0]!.lift[part]]
            if (x === null) expect(y).toBeNull()
            else expect(Math.abs(y! - x)).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(x)))
          }
        }
      }),
    )
  })

  it('adding is associative and keeps the order of first appearance', () => {
    const any = fc.array(fc.tuple(fc.constantFrom('', 'a', 'b'), fc.integer({ min: 0, max: 1000 })), { maxLength: 12 })
    fc.assert(
      fc.property(any, any, (xs, ys) => {
        const arms = (pairs: typeof xs) => pairs.map(([v, n]) => arm(v, n, Math.floor(n / 2)))
        expect(addArms([...addArms(arms(xs)), ...arms(ys)])).toEqual(addArms(arms([...xs, ...ys])))
      }),
    )
  })

  it('more conversions never lower the lift', () => {
    const size = fc.integer({ min: 2, max: 10_000 })
    fc.assert(
      fc.property(size, size, fc.double({ min: 0, max: 1, noNaN: true }), (n, m, share) => {
        const made = Math.floor(share * (m - 1))
        const lift = (conversions: number) =>
          impact([arm('', n, Math.ceil(n / 3)), arm('a', m, conversions)], { metric: conversion }).variants[0]!.lift
            .value!
        expect(lift(made + 1)).toBeGreaterThan(lift(made))
      }),
    )
  })

  it('is plain JSON whatever the statistics: no NaN, no Infinity', () => {
    const number = fc.oneof(fc.constantFrom(0, 1, 1e308, 1e-320), fc.double({ min: 0, noNaN: true }))
    const people = fc.oneof(fc.constantFrom(0, 1, 2), fc.nat())
    const wild = fc.record({
      variant: fc.constantFrom('', 'a', 'b'),
      people,
      exposures: people,
      conversions: people,
      sum: number,
      sumSquares: number,
      denominatorSum: number,
      denominatorSumSquares: number,
      crossSum: number,
      expected: fc.double({ min: 0, max: 1e9, noNaN: true }),
      matured: people,
      crossed: people,
    })
    const signed = fc.oneof(number, fc.constantFrom(-1, -1e308, Number.POSITIVE_INFINITY, Number.NaN))
    const sums = { sum: signed, sumSquares: number, crossSum: signed }
    const extra = fc.record(
      {
        covariate: fc.record(sums),
        capped: fc.record({ people, excess: signed }),
        stratum: fc.constantFrom('v1', 'v2'),
        weights: fc.record({
          ...sums,
          valueSum: signed,
          valueSumSquares: number,
          valueCrossSum: signed,
          denominatorSum: number,
        }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(wild, extra), { maxLength: 5 }),
        fc.constantFrom(conversion, revenue, orderValue),
        fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: 0 }),
        (arms, metric, days) => {
          const report = impact(
            arms.map(([a, more]) => ({ ...a, ...more, control: a.variant === '' })),
            { metric, days },
          )
          expect(unspeakable(report)).toEqual([])
          expect(report.sentence).not.toMatch(/NaN|Infinity|undefined|null/)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
