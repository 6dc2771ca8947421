import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ArmStatistics, addArms } from './arm.ts'
import { impact } from './impact.ts'

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
      '9,000 people saw this experience and 1,000 people were left out to compare with: Conversion is 10.89 % against 10.00 %, a lift of +8.9 % (95 % interval -12.4 % to +30.2 %), which may be chance.',
    )
    const clear = impact([arm('', 10_000, 1000), arm('a', 10_000, 1400)], { metric: conversion })
    expect(clear.sentence).toContain('an improvement of +40.0 % (95 % interval +29.3 % to +50.7 %).')
    const down = impact([arm('', 10_000, 1000), arm('a', 10_000, 1400)], {
      metric: { ...conversion, direction: 'down' },
    })
    expect(down.sentence).toContain('a change for the worse of +40.0 %')
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
    })
    fc.assert(
      fc.property(
        fc.array(wild, { maxLength: 5 }),
        fc.constantFrom(conversion, revenue, orderValue),
        (arms, metric) => {
          const report = impact(
            arms.map(a => ({ ...a, control: a.variant === '' })),
            { metric },
          )
          expect(JSON.parse(JSON.stringify(report))).toEqual(report)
          expect(report.sentence).not.toMatch(/NaN|Infinity|undefined|null/)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
