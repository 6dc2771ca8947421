import { describe, expect, it } from 'vitest'
import { drilldown } from '../experiment/drilldown.ts'
import { armOfConversions, armOfPeople, unspeakable } from '../experiment/testing.ts'
import { type Cell, MONTH_DAYS, NOBODY } from '../impact/index.ts'
import { judge } from './judge.ts'
import { netOf } from './net.ts'
import { suggest } from './suggest.ts'
import { DAY, experienceOf, NOON, type Planted, SPENT, watchedOf, watchOf } from './testing.ts'
import type { Watch } from './watched.ts'

const two = experienceOf({
  control: 1 / 3,
  variants: [
    { key: 'a', content: {} },
    { key: 'b', content: {} },
  ],
})

function next(planted: Planted, more: Partial<Watch> = {}) {
  const found = suggest(watchOf([watchedOf(planted)], more))
  expect(unspeakable(found)).toEqual([])
  return found
}

describe('declare', () => {
  it('the variant that works, with its lift, its interval, and what that is worth a month', () => {
    const [one, ...others] = next({ experience: two, goal: { '': [4000, 400], a: [4000, 410], b: [4000, 560] } })
    expect(others).toEqual([])
    expect(one).toMatchObject({
      kind: 'declare',
      about: { experience: 'hero', variant: 'b', metric: 'bought' },
      action: { call: { method: 'PUT', path: '/v1/experiences/hero' } },
    })
    const { expected } = one!
    expect(expected!.lift).toBeCloseTo(0.4, 12)
    expect(expected!.interval[0]).toBeGreaterThan(0.05)
    expect(expected!.interval[0]).toBeLessThan(0.4)
    // 12,000 people in 14 days, of whom a third has it and a tenth is to be left out; each buys 0.04 times more.
    const people = (12_000 / 14) * MONTH_DAYS * (0.9 - 1 / 3)
    expect(expected!.monthly).toMatchObject({ unit: 'bought', isMoney: false, isNew: true })
    expect(expected!.monthly!.people).toBeCloseTo(people, 6)
    expect(expected!.monthly!.value).toBeCloseTo(0.04 * people, 6)
    expect(one!.reason).toContain('"b" of "hero" works: Bought is +40.0 %')
    expect(one!.action.say).toContain('Give "b" to everybody')
  })

  it('tells in money what it brings where money was measured', () => {
    const person = (value: number) => (_: unknown, i: number) => ({ value: i % 10 === 0 ? value : 0 })
    const arms = [
      armOfPeople('', Array.from({ length: 4000 }, person(50)), 4000),
      armOfPeople('a', Array.from({ length: 4000 }, person(75)), 4000),
    ]
    const statistics = { arms, contaminated: 0, missingRates: [], first: NOON - 14 * DAY, last: NOON }
    const money = judge(experienceOf(), { key: 'spent', metric: SPENT }, statistics, NOON)
    const [one] = next({ goal: { '': [4000, 400], a: [4000, 560] }, more: { money } })
    // Everybody comes with 2.50 EUR more; four tenths of 8,000 people in 14 days do not get it yet.
    expect(one!.expected!.monthly).toMatchObject({ unit: 'EUR', isMoney: true, isNew: true })
    expect(one!.expected!.monthly!.value).toBeCloseTo(2.5 * 0.4 * (8000 / 14) * MONTH_DAYS, 6)
    expect(one!.reason).toContain('EUR a month')
  })

  it('by the control group that the lift is over, where its chances changed', () => {
    // Half of the first people were left out and one in twenty of the later ones, who buy four times as often.
    const part = (stratum: string, control: [number, number], a: [number, number]) => [
      { ...armOfConversions('', ...control), stratum },
      { ...armOfConversions('a', ...a), stratum },
    ]
    const arms = [...part('0', [5000, 500], [5000, 600]), ...part('1', [500, 200], [9500, 4560])]
    const people = 20_000
    const [one] = next({ arms, more: { people, peopleComing: people } })
    expect(one!.expected!.lift).toBeCloseTo(0.2, 12)
    // A fifth of a mean of 0.25 of all people, of whom those in the control group do it far less often.
    const { monthly } = one!.expected!
    expect(monthly!.value).toBeCloseTo(0.2 * 0.25 * monthly!.people, 6)
  })

  it('tells what is left of the money where the margin is known, however much more was paid', () => {
    // All buy alike often; those of `a` pay 20 more and were given 25.
    const sums = (control: boolean) => {
      const [paid, off] = control ? [50, 0] : [95, 25]
      const net = 0.4 * (paid + off) - off
      const squares = (value: number) => 400 * value ** 2
      return {
        ...NOBODY,
        people: 4000,
        buyers: 400,
        orders: 400,
        revenue: 400 * paid,
        revenueSquares: squares(paid),
        margin: 400 * 0.4 * (paid + off),
        marginSquares: squares(0.4 * (paid + off)),
        discounts: 400 * off,
        discountsSquares: squares(off),
        net: 400 * net,
        netSquares: squares(net),
      }
    }
    const cell = (control: boolean, more: Partial<Cell> = {}): Cell => ({
      experience: 'hero',
      touchpoint: 'home.hero',
      version: 1,
      control,
      variant: control ? '' : 'a',
      propensity: 0.5,
      sums: sums(control),
      ...more,
    })
    const cells = [cell(true), cell(false), cell(true, { experience: 'other' })]
    const facts = { cells, currency: 'EUR', event: 'Order Completed' }
    const net = netOf(experienceOf(), facts)
    const [one] = next({ goal: { '': [4000, 400], a: [4000, 560] }, more: { net } })
    expect(one!.expected!.monthly).toMatchObject({ unit: 'EUR', isMoney: true, isNet: true })
    // A person is worth 2 without and 2.3 with it, not 5 and 9.50.
    expect(one!.expected!.monthly!.value).toBeCloseTo(0.3 * 0.4 * (8000 / 14) * MONTH_DAYS, 6)
    expect(one!.reason).toContain('EUR a month, net of goods, discounts and sends')

    // Versions of an earlier start do not count, and of variants whose chances changed nothing is known.
    expect(netOf(experienceOf(), facts, 2)).toBeNull()
    const later = [cell(true, { version: 2, propensity: 0.1 }), cell(false, { version: 2, propensity: 0.9 })]
    const changed = netOf(experienceOf(), { ...facts, cells: [...cells, ...later] })!
    expect(changed.report.variants).toEqual([])
    expect(changed.report.personalized!.difference.value).toBeCloseTo(0.3, 9)
    // Variants of unlike chances are told one by one all the same, as long as each kept its own.
    const beside = cell(false, { variant: 'b', propensity: 0.3 })
    const touched = cell(false, { touchpoint: 'cart.top' })
    // For whom nothing was chosen is no control group.
    const nothing = cell(false, { variant: '', propensity: 0.1 })
    const each = netOf(experienceOf(), { ...facts, cells: [...cells, touched, beside, nothing] })!
    expect(each.report.variants.map(({ variant, people }) => [variant, people])).toEqual([
      ['a', 8000],
      ['b', 4000],
      ['', 4000],
    ])
    const moved = netOf(experienceOf(), { ...facts, cells: [...cells, { ...touched, propensity: 0.2 }, beside] })!
    expect(moved.report.variants).toEqual([])
    // Of too many orders the margin is not known.
    const unknown = cells.map(one => ({ ...one, sums: { ...one.sums, unpriced: 100 } }))
    expect(netOf(experienceOf(), { ...facts, cells: unknown })).toBeNull()
    expect(netOf(experienceOf(), { ...facts, cells: [] })).toBeNull()
  })

  it('keeps what everybody has already: nothing is to be changed', () => {
    const experience = experienceOf({ control: 0.1 })
    const [one] = next({ experience, goal: { '': [2000, 200], a: [18_000, 2700] } })
    expect(one).toMatchObject({ kind: 'declare', expected: { monthly: { isNew: false } } })
    expect(one!.action.say).toContain('nothing to change')
  })

  it('says nothing of a policy that shares people out by itself but of all its variants together', () => {
    const experience = experienceOf({ ...two.body, policy: { kind: 'bandit' } })
    const [one] = next({ experience, goal: { '': [4000, 400], a: [4000, 560], b: [4000, 560] } })
    expect(one).toMatchObject({ kind: 'declare', about: { experience: 'hero', metric: 'bought' } })
    expect(one!.about).not.toHaveProperty('variant')
  })
})

describe('stop', () => {
  it('what hurts, with the loss it ends', () => {
    const [one] = next({ goal: { '': [4000, 560], a: [4000, 400] } })
    expect(one).toMatchObject({ kind: 'stop', about: { experience: 'hero' }, evidence: { verdict: 'hurts' } })
    expect(one!.expected!.lift).toBeLessThan(-0.2)
    // Half of the people get it; without it each would buy 0.04 times more.
    expect(one!.expected!.monthly!.value).toBeCloseTo(0.04 * 0.5 * (8000 / 14) * MONTH_DAYS, 6)
    expect(one!.action.say).toContain('status: ended')
  })

  it('one of two that hurts, while the other may turn out well', () => {
    const found = next({ experience: two, goal: { '': [4000, 560], a: [4000, 400], b: [4000, 565] } })
    expect(found).toMatchObject([{ kind: 'stop', about: { variant: 'a' } }])
    expect(found[0]!.action.say).toContain('Take "a" out')
  })

  it('what makes no difference worth having', () => {
    const [one, ...others] = next({ goal: { '': [200_000, 60_000], a: [200_000, 60_100] } })
    expect(one).toMatchObject({ kind: 'stop', evidence: { verdict: 'no-worthwhile-difference' } })
    expect(one!.expected).toMatchObject({ monthly: null })
    expect(one!.reason).toContain('no difference worth having')
    expect(others).toEqual([])
  })
})

describe('extend', () => {
  it('so many more days as the verdict says, and what may come of it', () => {
    const [one, ...others] = next({ goal: { '': [2000, 200], a: [2000, 236] } })
    expect(others).toEqual([])
    expect(one!.kind).toBe('extend')
    const days = one!.evidence.moreDays as number
    expect(days).toBeGreaterThan(7)
    expect(days).toBeLessThan(56)
    expect(one!.reason).toContain(`about ${days} more days`)
    // Better than its lift, since a loss would not be taken; never below nothing.
    expect(one!.expected!.lift).toBeGreaterThan(0.18)
    expect(one!.expected!.interval[0]).toBe(0)
  })

  it('says when the schedule ends before that', () => {
    const experience = experienceOf({ schedule: { end: '2026-03-12T00:00:00Z' } })
    const [one] = next({ experience, goal: { '': [2000, 200], a: [2000, 236] } })
    expect(one!.reason).toContain('2026-03-12')
    expect(one!.action.say).toContain('schedule.end')
  })

  it('says what to test instead where it would take too long', () => {
    const experience = experienceOf({ control: 0.1 })
    const [one] = next({ experience, goal: { '': [200, 20], a: [1800, 182] }, days: 20 })
    expect(one).toMatchObject({ kind: 'extend', expected: null })
    expect(one!.action.say.length).toBeGreaterThan(20)
  })

  it('is silent in the first week', () => {
    expect(next({ goal: { '': [1000, 100], a: [1000, 118] }, days: 5 })).toEqual([])
  })
})

describe('widen', () => {
  it('what works for the few that get into it', () => {
    const experience = experienceOf({ audience: { trait: 'plan', is: 'pro' }, control: 0.1 })
    const found = next({
      experience,
      goal: { '': [2000, 200], a: [18_000, 2700] },
      more: { people: 20_000, peopleComing: 100_000, peopleDays: 28 },
    })
    expect(found.map(({ kind }) => kind)).toEqual(['declare', 'widen'])
    const one = found[1]!
    expect(one.evidence).toMatchObject({ reach: 0.2 })
    expect(one.expected!.monthly!.people).toBeCloseTo((80_000 * MONTH_DAYS) / 28, 6)
    expect(one.reason).toContain('20 %')
  })

  it('a rollout that has come to a quarter', () => {
    const experience = experienceOf({ policy: { kind: 'rollout', variant: 'a', guardrails: ['left'] }, control: 0.1 })
    const arms = [armOfConversions('', 9000, 900, 9000), armOfConversions('a', 9000, 1300, 9000)]
    const found = next({ experience, arms, more: { rolledOut: 0.25, people: 20_000, peopleDays: 28 } })
    expect(found.map(({ kind }) => kind)).toEqual(['declare', 'widen'])
    expect(found[1]!.action.say).toContain('go on to everybody')
  })

  it('not where priority or caps keep people out: an audience would not change that', () => {
    const experience = experienceOf({ control: 0.1 })
    const more = { people: 20_000, peopleComing: 100_000, peopleDays: 28 }
    const found = next({ experience, goal: { '': [2000, 200], a: [18_000, 2700] }, more })
    expect(found.map(({ kind }) => kind)).toEqual(['declare'])
  })
})

describe('try this segment', () => {
  const segment = (dimension: string, value: string, control: number, variant: number, n = 4000) => ({
    dimension,
    value,
    arms: [armOfConversions('', n, control), armOfConversions('a', n, variant)],
  })

  it('the one that responds, where all together say nothing', () => {
    const segments = [
      segment('big-spenders', 'in', 400, 620, 4000),
      segment('big-spenders', 'out', 800, 640, 8000),
      segment('new', 'in', 600, 630, 6000),
      segment('new', 'out', 600, 630, 6000),
    ]
    const found = next({ goal: { '': [12_000, 1200], a: [12_000, 1260] }, segments })
    const one = found.find(({ kind }) => kind === 'try-segment')!
    expect(one).toMatchObject({
      about: { experience: 'hero', segment: 'big-spenders:in' },
      evidence: { comparisons: 4 },
    })
    // Drawn towards the others: the best of several looks better than it is.
    const [best] = drilldown(segments, { type: 'conversion', direction: 'up' }).best
    expect(one.expected!.lift).toBeCloseTo(best!.shrunken! / (400 / 4000), 10)
    expect(one.expected!.lift).toBeLessThan(0.55)
    expect(one.expected!.lift).toBeGreaterThan(0.2)
    expect(one.reason).toContain('people in "big-spenders"')
  })

  it('none that only seems to respond since its people came when more of them were given it, and did more', () => {
    const part = (stratum: string, control: [number, number], a: [number, number]) => [
      { ...armOfConversions('', ...control), stratum },
      { ...armOfConversions('a', ...a), stratum },
    ]
    const segments = [
      {
        dimension: 'new',
        value: 'in',
        arms: [...part('0', [2000, 200], [2000, 200]), ...part('1', [200, 60], [3800, 1140])],
      },
      {
        dimension: 'new',
        value: 'out',
        arms: [...part('0', [2000, 200], [2000, 200]), ...part('1', [200, 20], [3800, 380])],
      },
    ]
    const kinds = (some: typeof segments) => {
      const plain = some.map(one => ({ ...one, arms: one.arms.map(({ stratum: _, ...arm }) => arm) }))
      return [some, plain].map(each =>
        next({ arms: [armOfConversions('', 4400, 440), armOfConversions('a', 11_600, 1180)], segments: each }).map(
          ({ kind }) => kind,
        ),
      )
    }
    const [within, pooled] = kinds(segments)
    expect(within).not.toContain('try-segment')
    expect(pooled).toContain('try-segment')
  })

  it('none where segments respond alike', () => {
    const segments = [segment('new', 'in', 400, 425), segment('new', 'out', 400, 418)]
    const found = next({ goal: { '': [8000, 800], a: [8000, 843] }, segments })
    expect(found.filter(({ kind }) => kind === 'try-segment')).toEqual([])
  })
})

describe('no control group', () => {
  const experience = experienceOf({ control: 0 })
  it('one a touchpoint, with how many people that is about', () => {
    const some = [experience, experienceOf({ control: 0 }, { key: 'other' })].map(one =>
      watchedOf({ experience: one, goal: { a: [500, 50] } }),
    )
    const found = suggest(watchOf(some, { holdout: 0 }))
    expect(found).toMatchObject([
      { kind: 'no-control', about: { touchpoint: 'home.hero' }, evidence: { people: 1000 } },
    ])
  })

  it('not where a holdout of the programme measures it, nor for a handful of people', () => {
    expect(next({ experience, goal: { a: [500, 50] } })).toEqual([])
    expect(next({ experience, goal: { a: [50, 5] } }, { holdout: 0 })).toEqual([])
  })

  it('not while a rollout leaves people out by itself, but when it has reached everybody', () => {
    const rollout = experienceOf({ policy: { kind: 'rollout', variant: 'a', guardrails: ['left'] }, control: 0 })
    const kinds = (rolledOut: number) =>
      next({ experience: rollout, goal: { a: [500, 50] }, more: { rolledOut } }, { holdout: 0 }).map(({ kind }) => kind)
    expect(kinds(0)).toEqual([])
    expect(kinds(0.25)).toEqual([])
    expect(kinds(1)).toEqual(['no-control'])
  })
})

describe('a metric is hurt', () => {
  it('is said instead of declaring what works', () => {
    const found = next({ goal: { '': [4000, 400], a: [4000, 560] }, guardrail: { '': [4000, 200], a: [4000, 400] } })
    expect(found).toMatchObject([{ kind: 'metric-hurt', about: { experience: 'hero', metric: 'left' } }])
    expect(found[0]!.expected).toMatchObject({ direction: 'down' })
    // Fewer people who leave: worth something.
    expect(found[0]!.expected!.monthly!.value).toBeGreaterThan(0)
    expect(found[0]!.action.say).toContain('status: paused')
  })
})

describe('tracking broke', () => {
  const steady = Array.from({ length: 28 }, (_, day) => 1000 + 400 * (day % 7) + (day % 3) * 10)
  const gone = [...steady.slice(0, -1), 40]

  it('exposures that stopped while decisions go on, and nothing else is said of the experience then', () => {
    const planted = { goal: { '': [4000, 400], a: [4000, 560] } } as const
    const found = next({ ...planted, more: { decided: steady, exposed: gone } })
    expect(found).toMatchObject([
      { kind: 'tracking-broke', about: { experience: 'hero' }, evidence: { exposures: 40 } },
    ])
    // Fewer were decided: that is why fewer were seen.
    expect(next({ ...planted, more: { decided: gone, exposed: gone } }).map(({ kind }) => kind)).toEqual(['declare'])
  })

  it('events of a goal that stopped, and touchpoints that nobody asks for', () => {
    const found = next(
      { goal: { '': [4000, 400], a: [4000, 560] } },
      {
        events: [{ name: 'Order Completed', metrics: ['bought'], counts: gone }],
        touchpoints: [{ key: 'home.hero', asked: [...steady.slice(0, -1), 0] }],
      },
    )
    expect(found.map(({ about }) => about)).toEqual([{ touchpoint: 'home.hero' }, { metric: 'bought' }])
  })

  it('groups whose sizes do not fit the design', () => {
    const found = next({ goal: { '': [3000, 300, 4000], a: [5000, 500, 4000] } })
    expect(found).toMatchObject([{ kind: 'tracking-broke', about: { metric: 'bought' } }])
    expect(found[0]!.evidence.p).toBeLessThan(0.001)
  })

  it('a control group that was never seen', () => {
    const experience = experienceOf({ control: 0.1 })
    const found = next({ experience, goal: { a: [900, 90] } })
    expect(found).toMatchObject([{ kind: 'tracking-broke', evidence: { control: 0 } }])
    expect(found[0]!.action.say).toContain('default content')
  })

  it('people in two groups', () => {
    const arms = [
      { ...armOfConversions('', 4000, 400), crossed: 200 },
      { ...armOfConversions('a', 4000, 402), crossed: 205 },
    ]
    const found = next({ arms })
    expect(found[0]).toMatchObject({ kind: 'tracking-broke', evidence: { people: 405 } })
  })

  it('rates that are missing', () => {
    const watched = watchedOf({ goal: { '': [4000, 400], a: [4000, 560] } })
    const missingRates = [{ currency: 'USD', days: 3, firstDay: '2026-03-01' }]
    const goal = { ...watched.goal!, metric: SPENT, key: 'spent', missingRates }
    const found = suggest(watchOf([{ ...watched, goal }]))
    expect(found).toMatchObject([{ kind: 'tracking-broke', action: { call: { path: '/v1/rates' } } }])
    expect(found[0]!.reason).toContain('USD on 3 days')
  })
})

it('is quiet when there is nothing', () => {
  expect(suggest(watchOf([]))).toEqual([])
  expect(next({})).toEqual([])
  expect(next({ goal: { '': [0, 0], a: [0, 0] } })).toEqual([])
  expect(next({ goal: { '': [1, 1], a: [1, 0] } })).toEqual([])
})

it('puts what cannot wait first, and of one kind what is worth most', () => {
  const declared = (key: string, did: number) =>
    watchedOf({ experience: experienceOf({}, { key }), goal: { '': [4000, 400], a: [4000, did] } })
  const some = [
    declared('small', 540),
    declared('large', 700),
    watchedOf({ experience: experienceOf({}, { key: 'bad' }), goal: { '': [4000, 560], a: [4000, 400] } }),
    watchedOf({ experience: experienceOf({}, { key: 'lost' }), goal: { '': [3000, 300, 4000], a: [5000, 500, 4000] } }),
  ]
  expect(suggest(watchOf(some)).map(({ about }) => about.experience)).toEqual(['lost', 'bad', 'large', 'small'])
})
