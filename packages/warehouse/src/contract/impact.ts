import type { Metric } from '@espalier/core/definition'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ImpactQuestion, ImpactStatistics, Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, link, NOON, ship } from './harness.ts'
import { bruteForceImpact, type Facts } from './oracle.ts'
import { factsOf, randomMetric, randomWorld } from './randomFacts.ts'

export function impactContract(warehouse: () => Warehouse, worlds: number): void {
  async function measure(metric: Metric, workspace: string, facts: Partial<Facts>, rest: Partial<ImpactQuestion> = {}) {
    const all: Facts = { exposures: [], events: [], links: [], rates: [], ...facts }
    await ship(warehouse(), 'exposures', all.exposures)
    await ship(warehouse(), 'events', all.events)
    await ship(warehouse(), 'identity_links', all.links)
    await warehouse().putRates(workspace, all.rates)
    const question = { workspace, experience: 'spring', metric, now: NOON + 300 * DAY, ...rest }
    const answer = await warehouse().impact(question)
    expectClose(answer, bruteForceImpact(question, all))
    return answer
  }

  const orders: Metric = { type: 'conversion', event: 'Order Completed' }
  const revenue: Metric = { type: 'sum', event: 'Order Completed', property: 'total' }

  it('counts people by the arm of their first exposure, converted or not', async () => {
    const workspace = fresh('impact')
    const answer = await measure(orders, workspace, {
      exposures: [
        exposure({ workspace, profile: 'ada' }),
        exposure({ workspace, profile: 'ada', timestamp: NOON + HOUR }),
        exposure({ workspace, profile: 'bob' }),
        exposure({ workspace, profile: 'cyd', control: true, variant: '', propensity: 0.2 }),
      ],
      events: [event({ workspace, profile: 'ada', timestamp: NOON + 1 }), event({ workspace, profile: 'dan' })],
    })
    expect(answer.arms).toMatchObject([
      { variant: '', control: true, people: 1, exposures: 1, conversions: 0, sum: 0, sumSquares: 0 },
      { variant: 'bold', control: false, people: 2, exposures: 3, conversions: 1, sum: 1, sumSquares: 1 },
    ])
    expect(answer.contaminated).toBe(0)
    // By propensities .2 and .5 of three people.
    expect(answer.arms[0]?.expected).toBeCloseTo(3 * (0.2 / 0.7), 12)
  })

  it('reports people who saw two arms, and keeps them in their first', async () => {
    const workspace = fresh('impact')
    const answer = await measure(orders, workspace, {
      exposures: [
        exposure({ workspace, profile: 'ada', variant: 'calm' }),
        exposure({ workspace, profile: 'ada', variant: 'bold', timestamp: NOON + 1 }),
        exposure({ workspace, profile: 'bob', variant: 'bold' }),
      ],
    })
    expect(answer.contaminated).toBe(1)
    expect(answer.arms.map(arm => [arm.variant, arm.people])).toEqual([
      ['bold', 1],
      ['calm', 1],
    ])
  })

  it('leaves the holdout out, as people and as first exposures', async () => {
    const workspace = fresh('impact')
    const answer = await measure(orders, workspace, {
      exposures: [
        exposure({ workspace, profile: 'ada', holdout: true, variant: '' }),
        exposure({ workspace, profile: 'bob', holdout: true, variant: '' }),
        exposure({ workspace, profile: 'bob', timestamp: NOON + DAY }),
      ],
      events: [
        event({ workspace, profile: 'ada', timestamp: NOON + 2 }),
        event({ workspace, profile: 'bob', timestamp: NOON + 2 }),
      ],
    })
    expect(answer.arms).toMatchObject([{ variant: 'bold', people: 1, conversions: 0 }])
  })

  it('takes events from the first exposure on, to the end of the window, up to now', async () => {
    const workspace = fresh('impact')
    const at = (timestamp: number) => event({ workspace, timestamp, properties: { total: 1 } })
    const facts = {
      exposures: [exposure({ workspace })],
      events: [at(NOON - 1), at(NOON), at(NOON + 7 * DAY - 1), at(NOON + 7 * DAY), at(NOON + 8 * DAY)],
    }
    const inWindow = await measure({ ...revenue, window: '7d' }, workspace, facts)
    expect(inWindow.arms[0]?.sum).toBe(2)
    const all = bruteForceImpact(
      { workspace, experience: 'spring', metric: revenue, now: NOON + 7 * DAY },
      { links: [], rates: [], ...facts },
    )
    const upToNow = await warehouse().impact({ workspace, experience: 'spring', metric: revenue, now: NOON + 7 * DAY })
    expect(upToNow).toEqual(all)
    expect(upToNow.arms[0]?.sum).toBe(3)
  })

  it('adds up each person before it squares', async () => {
    const workspace = fresh('impact')
    const total = (profile: string, total: number | string) =>
      event({ workspace, profile, timestamp: NOON + HOUR, properties: { total } })
    const answer = await measure(revenue, workspace, {
      exposures: [exposure({ workspace, profile: 'ada' }), exposure({ workspace, profile: 'bob' })],
      events: [total('ada', 3), total('ada', '4.5'), total('bob', 2), total('bob', 'no number')],
    })
    expect(answer.arms).toMatchObject([{ people: 2, conversions: 2, sum: 9.5, sumSquares: 7.5 ** 2 + 4 }])
  })

  it('gives the sums of a ratio for a mean: values, counts and their products', async () => {
    const workspace = fresh('impact')
    const total = (profile: string, total: number) =>
      event({ workspace, profile, timestamp: NOON + 1, properties: { total } })
    const answer = await measure({ ...revenue, type: 'mean' }, workspace, {
      exposures: [exposure({ workspace, profile: 'ada' }), exposure({ workspace, profile: 'bob' })],
      events: [total('ada', 3), total('ada', 4), total('bob', 2)],
    })
    expect(answer.arms).toMatchObject([
      { sum: 9, sumSquares: 53, denominatorSum: 3, denominatorSumSquares: 5, crossSum: 7 * 2 + 2 },
    ])
  })

  it('takes several quantiles of the same values in one pass, as of a goal and a guardrail', async () => {
    const workspace = fresh('impact')
    const exposures = ['ada', 'bob'].map(profile => exposure({ workspace, profile }))
    const events = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((total, i) =>
      event({ workspace, profile: i % 2 === 0 ? 'ada' : 'bob', timestamp: NOON + 1, properties: { total } }),
    )
    await ship(warehouse(), 'exposures', exposures)
    await ship(warehouse(), 'events', events)
    const metrics = [0.5, 0.9, 0.5].map((level): Metric => ({ ...revenue, type: 'quantile', level }))
    const question = { workspace, experience: 'spring', now: NOON + DAY }
    const answers = await warehouse().impacts({ ...question, metrics })
    expect(answers.map(({ quantiles }) => quantiles?.together?.value)).toEqual([6, 10, 6])
    const facts: Facts = { exposures, events, links: [], rates: [] }
    for (const [i, metric] of metrics.entries()) {
      expectClose(answers[i]!, bruteForceImpact({ ...question, metric }, facts))
    }
  })

  it('subtracts refunds inside the window, whatever their sign, and counts no conversion for them', async () => {
    const workspace = fresh('impact')
    const metric: Metric = { ...revenue, window: '7d', refund: { event: 'Order Refunded', property: 'amount' } }
    const answer = await measure(metric, workspace, {
      exposures: [exposure({ workspace, profile: 'ada' }), exposure({ workspace, profile: 'bob' })],
      events: [
        event({ workspace, profile: 'ada', timestamp: NOON + 1, properties: { total: 10 } }),
        event({ workspace, profile: 'ada', timestamp: NOON + 2, name: 'Order Refunded', properties: { amount: 4 } }),
        event({ workspace, profile: 'bob', timestamp: NOON + 2, name: 'Order Refunded', properties: { amount: -3 } }),
        event({
          workspace,
          profile: 'bob',
          timestamp: NOON + 8 * DAY,
          name: 'Order Refunded',
          properties: { amount: 99 },
        }),
      ],
    })
    expect(answer.arms).toMatchObject([{ conversions: 1, sum: 3, sumSquares: 45 }])
  })

  it('without a property takes the money of the row, refunds negative', async () => {
    const workspace = fresh('impact')
    const answer = await measure(
      { type: 'sum', event: 'Order Completed', refund: { event: 'Order Refunded' } },
      workspace,
      {
        exposures: [exposure({ workspace })],
        events: [
          event({ workspace, timestamp: NOON + 1, revenue: 20 }),
          event({ workspace, timestamp: NOON + 1, name: 'Order Refunded', revenue: -5 }),
        ],
      },
    )
    expect(answer.arms).toMatchObject([{ sum: 15 }])
  })

  it('sees merged people as one, from the moment the link is in, and as two again after it is taken back', async () => {
    const workspace = fresh('impact')
    const facts = {
      exposures: [
        exposure({ workspace, profile: 'phone', variant: 'calm' }),
        exposure({ workspace, profile: 'laptop', variant: 'bold', timestamp: NOON + 1 }),
      ],
      events: [event({ workspace, profile: 'laptop', timestamp: NOON + 2 })],
    }
    const two = await measure(orders, workspace, facts)
    expect(two.arms).toHaveLength(2)
    const merged = link({ workspace, source: 'phone', canonical: 'laptop', at: NOON + DAY })
    await ship(warehouse(), 'identity_links', [merged])
    const question = { workspace, experience: 'spring', metric: orders, now: NOON + 300 * DAY }
    const one = await warehouse().impact(question)
    expectClose(one, bruteForceImpact(question, { rates: [], ...facts, links: [merged] }))
    expect(one.arms).toMatchObject([
      { variant: 'bold', people: 0 },
      { variant: 'calm', people: 1, conversions: 1 },
    ])
    expect(one.contaminated).toBe(1)
    await ship(warehouse(), 'identity_links', [
      link({ workspace, source: 'phone', canonical: 'phone', at: NOON + 2 * DAY }),
    ])
    expect(await warehouse().impact(question)).toEqual(two)
  })

  it('of two links of one millisecond the later in the batch holds', async () => {
    const workspace = fresh('impact')
    const at = NOON
    const answer = await measure(orders, workspace, {
      exposures: [
        exposure({ workspace, profile: 'a' }),
        exposure({ workspace, profile: 'b' }),
        exposure({ workspace, profile: 'c' }),
      ],
      links: [
        link({ workspace, source: 'a', canonical: 'b', at }),
        link({ workspace, source: 'b', canonical: 'c', at }),
        link({ workspace, source: 'a', canonical: 'c', at }),
      ],
    })
    expect(answer.arms).toMatchObject([{ people: 1, exposures: 3 }])
  })

  it('follows a link to somebody who has become somebody else: clocks of nodes differ', async () => {
    const workspace = fresh('impact')
    const answer = await measure(orders, workspace, {
      exposures: [exposure({ workspace, profile: 'a' }), exposure({ workspace, profile: 'c' })],
      // The second merge is the later one, by a node whose clock is behind.
      links: [
        link({ workspace, source: 'a', canonical: 'b', at: NOON }),
        link({ workspace, source: 'b', canonical: 'c', at: NOON - 50 }),
        link({ workspace, source: 'a', canonical: 'c', at: NOON - 50 }),
      ],
    })
    expect(answer.arms).toMatchObject([{ people: 1, exposures: 2 }])
  })

  it('counts in times before 1970 too', async () => {
    const workspace = fresh('impact')
    const then = -5 * DAY - 1
    const answer = await measure({ ...revenue, window: '1d' }, workspace, {
      exposures: [
        exposure({ workspace, timestamp: then }),
        exposure({ workspace, timestamp: then - 1, variant: 'calm' }),
      ],
      events: [then - 2, then - 1, then + DAY - 2, then + DAY - 1].map(timestamp =>
        event({ workspace, timestamp, properties: { total: 1 } }),
      ),
    })
    expect(answer.arms).toMatchObject([
      { variant: 'bold', people: 0 },
      { variant: 'calm', people: 1, sum: 2 },
    ])
  })

  it('takes no amount for one that is none: beyond 10^12, no plain decimal, true', async () => {
    const workspace = fresh('impact')
    const totals = [2e12, '2e3', 'Infinity', 'nan', '', true, null, [5], { a: 1 }, '0x10', '+1.5 ', -0.5]
    const answer = await measure(revenue, workspace, {
      exposures: [exposure({ workspace })],
      events: totals.map(total => event({ workspace, timestamp: NOON + 1, properties: { total } })),
    })
    expect(answer.arms).toMatchObject([{ sum: 1, conversions: 1 }])
  })

  it('takes exposures of the range asked for, and people by their first in it', async () => {
    const workspace = fresh('impact')
    const facts = {
      exposures: [
        exposure({ workspace, profile: 'ada', variant: 'calm', timestamp: NOON - DAY }),
        exposure({ workspace, profile: 'ada', variant: 'bold', timestamp: NOON }),
        exposure({ workspace, profile: 'bob', variant: 'bold', timestamp: NOON + DAY }),
      ],
    }
    const answer = await measure(orders, workspace, facts, { from: NOON, to: NOON + DAY })
    expect(answer.arms).toMatchObject([{ variant: 'bold', people: 1, exposures: 1 }])
    expect(answer.contaminated).toBe(0)
  })

  it('leaves out the exposures of times that are not asked for, and takes people by their first besides', async () => {
    const workspace = fresh('impact')
    const seen = (profile: string, hours: number, variant = 'bold') =>
      exposure({
        workspace,
        profile,
        timestamp: NOON + hours * HOUR,
        ...(variant === '' ? { control: true } : { variant }),
      })
    const exposures = [
      seen('ada', 0),
      seen('bob', 1),
      seen('cyd', 2, ''),
      // Before the second time begins, and after the first is over.
      seen('cyd', 3),
      seen('dan', 3, ''),
      seen('eve', 5),
    ]
    await ship(warehouse(), 'exposures', exposures)
    const without = [{ from: NOON + HOUR, to: NOON + 3 * HOUR }, { from: NOON + 5 * HOUR }]
    const question = { workspace, experience: 'spring', metric: orders, now: NOON + DAY, without }
    const told = (arms: readonly { variant: string; control: boolean; people: number }[]) =>
      arms.map(({ variant, control, people }) => [control ? 'control' : variant, people])
    const { arms, first, last } = await warehouse().impact(question)
    expect(told(arms)).toEqual([
      ['control', 1],
      ['bold', 2],
    ])
    expect([first, last]).toEqual([NOON, NOON + 3 * HOUR])
    const { cells } = await warehouse().evidenceCells({ ...question, by: [{ kind: 'trait', key: 'plan' }] })
    expect(cells.reduce((sum, { arm }) => sum + arm.people, 0)).toBe(3)
    const days = await warehouse().evidenceDays({ ...question, now: NOON + 9 * DAY, days: 2 })
    expect(days.reduce((sum, { people }) => sum + people, 0)).toBe(3)
    const parts = await warehouse().segmentArms({ ...question, segments: ['none'] })
    expect(told(parts.find(({ value }) => value === 'out')!.arms)).toEqual(told(arms))
  })

  it('R13 sees nothing of another workspace or experience', async () => {
    const [mine, theirs] = [fresh('impact'), fresh('impact')]
    await measure(orders, theirs, {
      exposures: [exposure({ workspace: theirs })],
      events: [event({ workspace: theirs, timestamp: NOON + 1 })],
      links: [link({ workspace: theirs, source: 'bob', canonical: 'ada', at: NOON })],
    })
    const answer = await measure(orders, mine, {
      exposures: [
        exposure({ workspace: mine }),
        exposure({ workspace: mine, profile: 'bob' }),
        exposure({ workspace: mine, profile: 'cyd', experience: 'summer' }),
      ],
    })
    expect(answer.arms).toMatchObject([{ people: 2, conversions: 0 }])
  })

  it('answers with no arms where nobody was exposed', async () => {
    expect(await measure(orders, fresh('impact'), {})).toEqual({ arms: [], contaminated: 0, missingRates: [] })
  })

  it('binds what a metric says: names, paths and values never become part of the question', async () => {
    const workspace = fresh('impact')
    const name = "x' OR 1=1 -- {workspace:String} \\"
    const answer = await measure(
      { type: 'sum', event: name, property: `${name}.b`, where: [{ property: name, isNot: name }] },
      workspace,
      {
        exposures: [exposure({ workspace })],
        events: [
          event({ workspace, name, timestamp: NOON + 1, properties: { [name]: { b: 2 } } }),
          event({ workspace, name: 'other', timestamp: NOON + 1, properties: { [name]: { b: 5 } } }),
        ],
      },
    )
    expect(answer.arms).toMatchObject([{ sum: 2 }])
  })

  it('converts money by the rate of its UTC day or the last earlier one, through a common base where needed', async () => {
    const workspace = fresh('impact')
    const order = (currency: string, total: number, timestamp: number) =>
      event({ workspace, currency, timestamp, properties: { total } })
    const answer = await measure({ ...revenue, currency: 'GBP' }, workspace, {
      exposures: [exposure({ workspace })],
      events: [order('USD', 10, NOON), order('USD', 10, NOON + 2 * DAY), order('EUR', 7, NOON), order('GBP', 1, NOON)],
      rates: [
        { day: '2026-03-01', currency: 'USD', base: 'EUR', rate: 0.9 },
        { day: '2026-03-11', currency: 'USD', base: 'EUR', rate: 0.8 },
        { day: '2026-03-09', currency: 'GBP', base: 'EUR', rate: 1.2 },
        { day: '2026-03-13', currency: 'GBP', base: 'EUR', rate: 99 },
      ],
    })
    expect(answer.missingRates).toEqual([])
    expect(answer.arms[0]?.sum).toBeCloseTo((10 * 0.9) / 1.2 + (10 * 0.8) / 1.2 + 7 / 1.2 + 1, 12)
  })

  it('names the currencies without a rate, with the days and the first of them', async () => {
    const workspace = fresh('impact')
    const order = (currency: string, timestamp: number) =>
      event({ workspace, currency, timestamp, properties: { total: 1 } })
    const answer = await measure({ ...revenue, currency: 'EUR' }, workspace, {
      exposures: [exposure({ workspace })],
      events: [
        order('SEK', NOON + DAY),
        order('SEK', NOON + 2 * DAY),
        order('SEK', NOON + 2 * DAY + 1),
        order('USD', NOON),
        order('', NOON),
        // Out of scope: before the exposure.
        order('NOK', NOON - 1),
      ],
      rates: [{ day: '2026-03-20', currency: 'USD', base: 'EUR', rate: 0.9 }],
    })
    expect(answer.missingRates).toEqual([
      { currency: '', days: 1, firstDay: '2026-03-10' },
      { currency: 'SEK', days: 2, firstDay: '2026-03-11' },
      { currency: 'USD', days: 1, firstDay: '2026-03-10' },
    ])
  })

  it('agrees with going through everything, on random data, for several metrics in one pass', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomMetric, { minLength: 1, maxLength: 4 }), randomWorld, async (metrics, world) => {
        const workspace = fresh('impact')
        const facts = factsOf(workspace, world.facts)
        await ship(warehouse(), 'exposures', facts.exposures)
        await ship(warehouse(), 'events', facts.events)
        await ship(warehouse(), 'identity_links', facts.links)
        await warehouse().putRates(workspace, facts.rates)
        const question = { workspace, experience: 'spring', now: NOON + 300 * DAY, ...world.rest }
        const answers = await warehouse().impacts({ ...question, metrics })
        for (const [index, metric] of metrics.entries()) {
          expectClose(answers[index]!, bruteForceImpact({ ...question, metric }, facts))
        }
      }),
      { numRuns: worlds, seed: 4, endOnFailure: true },
    )
  }, 300_000)
}

/** Sums may differ in the last digits, by the order they were added in. What differs by chance has its own contract (`chances.ts`). */
function expectClose({ byChance: _, ...actual }: ImpactStatistics, expected: ImpactStatistics): void {
  const rounded = (answer: ImpactStatistics) =>
    JSON.parse(JSON.stringify(answer), (_, value) =>
      typeof value === 'number' ? Number(value.toPrecision(9)) || 0 : value,
    )
  expect(rounded(actual)).toEqual(rounded(expected))
}
