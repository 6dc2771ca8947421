import type { JsonObject } from '@espalier/core'
import type { Metric } from '@espalier/core/definition'
import type { ExposureRow } from '@espalier/core/stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ProgrammeQuestion } from '../queries/programme/question.ts'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, link, NOON, ship } from './harness.ts'
import type { Facts } from './oracle.ts'
import { bruteForceProgramme } from './programmeOracle.ts'

export function programmeContract(warehouse: () => Warehouse, worlds: number): void {
  const question = (workspace: string, rest: Partial<ProgrammeQuestion> = {}): ProgrammeQuestion => ({
    workspace,
    now: NOON + 300 * DAY,
    currency: 'EUR',
    orders: { event: 'Order Completed', refund: 'Order Refunded', discount: 'discount' },
    sends: [],
    by: 'month',
    zone: 'UTC',
    segments: [],
    ...rest,
  })
  const order = (workspace: string, profile: string, timestamp: number, paid: number, properties: object = {}) =>
    event({ workspace, profile, timestamp, revenue: paid, currency: 'EUR', properties: { ...properties } })

  async function put(facts: Facts): Promise<void> {
    await ship(warehouse(), 'exposures', facts.exposures)
    await ship(warehouse(), 'events', facts.events)
    await ship(warehouse(), 'identity_links', facts.links)
  }

  it('answers a workspace in which nothing happened', async () => {
    const answer = await warehouse().programme(question(fresh('programme')))
    expect(answer).toMatchObject({ time: null, cells: [], periods: [], holdout: [], spend: [], missingRates: [] })
    expect(answer.customers).toMatchObject({ people: 0, acquired: 0, revenue: 0 })
  })

  it('has margin before discounts by property, else cost, else rate, and a refund takes it back', async () => {
    const workspace = fresh('programme')
    const exposed = exposure({ workspace })
    await put({
      exposures: [exposed],
      events: [
        order(workspace, 'ada', NOON + 1, 90, { discount: 10, margin: 40, cost: 20 }),
        order(workspace, 'ada', NOON + 2, 90, { discount: '10', cost: 70 }),
        order(workspace, 'ada', NOON + 3, 90, { discount: 10 }),
        event({ workspace, name: 'Order Refunded', timestamp: NOON + 4, revenue: -90, currency: 'EUR' }),
        order(workspace, 'ada', NOON - 1, 1000, { discount: 500 }),
      ],
      links: [],
      rates: [],
    })
    const margin = { property: 'margin', cost: 'cost', rate: 0.5 }
    const [cell] = (await warehouse().programme(question(workspace, { margin }))).cells
    expect(cell?.sums).toMatchObject({
      people: 1,
      buyers: 1,
      orders: 3,
      unpriced: 0,
      revenue: 180,
      kpi: 180,
      margin: 40 + 30 + 50 - 45,
      discounts: 30,
      net: 45,
      netSquares: 45 ** 2,
    })
    const [none] = (await warehouse().programme(question(workspace))).cells
    expect(none?.sums).toMatchObject({ orders: 3, unpriced: 4, margin: 0, revenue: 180 })
  })

  it('an order that is refunded whole leaves nothing: neither margin nor discount, where the refund names it', async () => {
    const workspace = fresh('programme')
    const refund = (at: number, properties: JsonObject) =>
      event({ workspace, name: 'Order Refunded', timestamp: NOON + at, revenue: -90, currency: 'EUR', properties })
    await put({
      exposures: [exposure({ workspace })],
      events: [
        order(workspace, 'ada', NOON + 1, 90, { discount: 10 }),
        refund(2, { discount: 10 }),
        order(workspace, 'ada', NOON + 3, 90, { discount: 10, cost: 70 }),
        refund(4, { discount: '-10', cost: 70 }),
      ],
      links: [],
      rates: [],
    })
    const margin = { cost: 'cost', rate: 0.5 }
    const [cell] = (await warehouse().programme(question(workspace, { margin }))).cells
    const nothing = { revenue: 0, margin: 0, discounts: 0, net: 0, netSquares: 0 }
    expect(cell?.sums).toMatchObject({ orders: 2, unpriced: 0, ...nothing })
  })

  it('a KPI of any event, of points for several events or of bands is what the report of an experience has', async () => {
    const workspace = fresh('programme')
    const did = (name: string, at: number, more: object = {}) =>
      event({ workspace, name, timestamp: NOON + at, ...more })
    await put({
      exposures: [exposure({ workspace })],
      events: [
        did('Product Viewed', 1),
        did('Product Added', 2, { properties: { gift: true } }),
        did('Product Added', 3),
        did('Exposure', 4),
        did('Segment Entered', 5, { type: 'segment' }),
        did('Survey Answered', 6, { properties: { score: 10 } }),
        did('Survey Answered', 7, { properties: { score: 3 } }),
        did('Survey Answered', 8, { properties: { score: 'none' } }),
      ],
      links: [],
      rates: [],
    })
    const gift = { property: 'gift', is: true }
    const metrics: [Metric, number][] = [
      [{ type: 'conversion', event: '*' }, 1],
      [{ type: 'count', event: 'Product Viewed', others: [{ event: 'Product Added', where: [gift], points: 3 }] }, 4],
      [
        {
          type: 'sum',
          event: 'Survey Answered',
          property: 'score',
          bands: [
            { from: 9, points: 100 },
            { to: 6, points: -40 },
          ],
        },
        60,
      ],
    ]
    for (const [metric, expected] of metrics) {
      const { cells } = await warehouse().programme(question(workspace, { metric }))
      expect(cells[0]?.sums, JSON.stringify(metric)).toMatchObject({ kpi: expected, kpiSquares: expected ** 2 })
      const { arms } = await warehouse().impact({ workspace, experience: 'spring', metric, now: NOON + 300 * DAY })
      expect(arms[0]?.sum).toBe(expected)
    }
  })

  it('names the currencies without a rate and adds nothing up, until there is one', async () => {
    const workspace = fresh('programme')
    await put({
      exposures: [exposure({ workspace })],
      events: [event({ workspace, timestamp: NOON + 1, revenue: 10, currency: 'USD' })],
      links: [],
      rates: [],
    })
    await warehouse().putSpend(workspace, [
      { day: '2026-03-10', channel: 'ads', campaign: '', experience: '', currency: 'GBP', amount: 5 },
    ])
    const first = await warehouse().programme(question(workspace))
    expect(first.missingRates).toEqual([
      { currency: 'USD', base: 'EUR', days: 1, firstDay: '2026-03-10' },
      { currency: 'GBP', base: 'EUR', days: 1, firstDay: '2026-03-10' },
    ])
    expect(first.cells).toEqual([])
    await warehouse().putRates(workspace, [
      { day: '2026-03-01', currency: 'USD', base: 'EUR', rate: 0.5 },
      { day: '2026-03-01', currency: 'GBP', base: 'EUR', rate: 2 },
    ])
    const then = await warehouse().programme(question(workspace))
    expect(then.cells[0]?.sums.revenue).toBe(5)
    expect(then.spend).toEqual([{ channel: 'ads', campaign: '', experience: '', amount: 10 }])
  })

  it('spend is of its day in the zone, and the same again replaces', async () => {
    const workspace = fresh('programme')
    const row = { day: '2026-03-10', channel: 'ads', campaign: 'spring', experience: '', currency: 'EUR', amount: 5 }
    await put({ exposures: [exposure({ workspace })], events: [], links: [], rates: [] })
    await warehouse().putSpend(workspace, [{ ...row, amount: 1 }, row, { ...row, experience: 'spring', amount: 3 }])
    await warehouse().putSpend(workspace, [{ ...row, day: '2026-03-09', amount: 50 }])
    await warehouse().putSpend(workspace, [row])
    const ask = async (rest: Partial<ProgrammeQuestion>) =>
      (await warehouse().programme(question(workspace, rest))).spend.map(({ experience, amount }) => [
        experience,
        amount,
      ])
    expect(await ask({})).toEqual([
      ['', 5],
      ['spring', 3],
    ])
    expect(await ask({ from: NOON - DAY, to: NOON - DAY + HOUR })).toEqual([['', 50]])
    // 23:30 in London is the next day in Berlin.
    const evening = Date.UTC(2026, 2, 8, 23, 30)
    expect(await ask({ from: evening, to: evening + 1, zone: 'Europe/Berlin' })).toEqual([['', 50]])
    expect(await ask({ from: evening, to: evening + 1 })).toEqual([])
  })

  it('customers are who has ever bought, acquired who did for the first time in the time', async () => {
    const workspace = fresh('programme')
    await put({
      exposures: [exposure({ workspace })],
      events: [
        order(workspace, 'old', NOON - 30 * DAY, 100, { discount: 5 }),
        order(workspace, 'old', NOON + DAY, 10),
        order(workspace, 'new', NOON + DAY, 20),
        order(workspace, 'later', NOON + 60 * DAY, 40),
      ],
      links: [link({ workspace, source: 'phone', canonical: 'new', at: NOON })],
      rates: [],
    })
    await ship(warehouse(), 'events', [order(workspace, 'phone', NOON + 2 * DAY, 30)])
    const rest = { from: NOON, to: NOON + 10 * DAY, margin: { rate: 0.5 } }
    const { customers } = await warehouse().programme(question(workspace, rest))
    expect(customers).toEqual({
      people: 2,
      acquired: 1,
      revenue: 60,
      lifetimeRevenue: 160,
      lifetimeRevenueSquares: 110 ** 2 + 50 ** 2,
      lifetimeNet: 52.5 + 5 - 5 + 25,
      lifetimeNetSquares: 52.5 ** 2 + 25 ** 2,
      orders: 4,
      unpriced: 0,
    })
  })

  it('R13 sees nothing of another workspace', async () => {
    const [mine, theirs] = [fresh('programme'), fresh('programme')]
    await put({
      exposures: [
        exposure({ workspace: mine }),
        exposure({ workspace: theirs }),
        exposure({ workspace: theirs, profile: 'bob' }),
      ],
      events: [order(theirs, 'ada', NOON + 1, 10)],
      links: [],
      rates: [],
    })
    await warehouse().putSpend(theirs, [
      { day: '2026-03-10', channel: 'ads', campaign: '', experience: '', currency: 'EUR', amount: 5 },
    ])
    const answer = await warehouse().programme(question(mine))
    expect(answer.cells.map(({ sums }) => [sums.people, sums.revenue])).toEqual([[1, 0]])
    expect(answer.spend).toEqual([])
    expect(answer.customers.people).toBe(0)
  })

  it('compares nobody who came before the share of the holdout was changed with who came after', async () => {
    const workspace = fresh('programme')
    const seen = (profile: string, hours: number, holdout = false) =>
      exposure({ workspace, profile, timestamp: NOON + hours * HOUR, holdout })
    const facts: Facts = {
      // Until then nobody was held out; whoever comes again is who they are from then on.
      exposures: [seen('a', 0), seen('b', 1), seen('b', 5), seen('c', 6), seen('a', 7, true), seen('d', 100 * 24)],
      events: [0, 2, 6, 8].map(hours =>
        event({ workspace, profile: 'a', timestamp: NOON + hours * HOUR, revenue: 10 }),
      ),
      links: [],
      rates: [],
    }
    await put(facts)
    const asked = { ...question(workspace), now: NOON + 200 * 24 * HOUR, shareChanges: [NOON - HOUR, NOON + 4 * HOUR] }
    const { holdout } = await warehouse().programme(asked)
    const [before, change] = [-1, 4].map(hours => new Date(NOON + hours * HOUR).toISOString())
    expect(
      holdout.map(({ quarter, heldOut, sums: { people, revenue } }) => [quarter, heldOut, people, revenue]),
    ).toEqual([
      [before, false, 2, 20],
      [change, false, 2, 0],
      // What was done before somebody was seen, or in the other time, is not of it.
      [change, true, 1, 10],
      ['2026-04-01', false, 1, 0],
    ])
  })

  it('tells quarters and changes of the share by the zone, with the chance of who was held out and who decided it', async () => {
    const workspace = fresh('programme')
    // In New York it is still the last evening of March.
    const change = Date.UTC(2026, 3, 1, 1)
    const seen = (profile: string, hours: number, rest: Partial<ExposureRow> = {}) =>
      exposure({ workspace, profile, timestamp: change + hours * HOUR, ...rest })
    const held = { holdout: true, variant: '', propensity: 0.25 }
    await put({
      exposures: [
        seen('a', -1),
        seen('b', 1, held),
        seen('c', 1, { ...held, propensity: 0.5 }),
        seen('d', 1, { ...held, version: 0, propensity: 1 }),
        seen('e', 1),
        seen('e', 2, held),
        seen('f', 5),
      ],
      events: [],
      links: [],
      rates: [],
    })
    const { holdout } = await warehouse().programme({
      ...question(workspace),
      now: change + 24 * HOUR,
      zone: 'America/New_York',
      shareChanges: [change],
    })
    const within = new Date(change).toISOString()
    expect(
      holdout.map(({ sums: { people }, ...one }) => ({ ...one, people })).sort((a, b) => a.changes! - b.changes!),
    ).toEqual([
      { quarter: '2026-01-01', changes: 0, heldOut: false, people: 1 },
      { quarter: within, changes: 1, heldOut: false, people: 1 },
      { quarter: within, changes: 1, heldOut: true, weights: { sum: 6, sumSquares: 20 }, people: 2 },
      { quarter: within, changes: 1, heldOut: true, elsewhere: true, people: 1 },
      { quarter: '2026-04-01', changes: 1, heldOut: false, people: 1 },
    ])
  })

  it('agrees with going through everything, on random data', async () => {
    await fc.assert(
      fc.asyncProperty(randomWorld, randomQuestion, async (world, rest) => {
        const workspace = fresh('programme')
        const facts: Facts = {
          exposures: world.exposures.map(row => ({ ...row, workspace })),
          events: world.events.map(row => ({ ...row, workspace })),
          links: world.links.map(row => ({ ...row, workspace })),
          rates: [{ day: '2026-03-01', currency: 'USD', base: 'EUR', rate: 0.5 }],
        }
        await put(facts)
        await warehouse().putRates(workspace, facts.rates)
        const asked = { ...question(workspace), ...rest }
        const answer = await warehouse().programme(asked)
        expect(answer.missingRates).toEqual([])
        const { cells, periods, segments, holdout } = answer
        expect(rounded({ cells, periods, segments, holdout })).toEqual(
          rounded(bruteForceProgramme({ ...asked, from: asked.from ?? answer.time?.from ?? 0 }, facts)),
        )
      }),
      { numRuns: Math.min(worlds, 6), seed: 7, endOnFailure: true },
    )
  }, 300_000)
}

/** Sums may differ in the last digits, by the order they were added in. */
function rounded(answer: object): unknown {
  return JSON.parse(JSON.stringify(answer), (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(9)) || 0 : value,
  )
}

const workspace = ''
const profile = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
// Few different times, so that ties are hit; over the end of March, so that a quarter ends.
const timestamp = fc.integer({ min: 0, max: 30 }).map(step => NOON + step * 24 * HOUR)

const randomExposure = fc
  .record({
    profile,
    timestamp,
    experience: fc.constantFrom('spring', 'summer'),
    touchpoint: fc.constantFrom('home.hero', 'cart.email'),
    // 0: decided elsewhere.
    version: fc.constantFrom(1, 2, 1, 2, 0),
    variant: fc.constantFrom('bold', 'calm'),
    kind: fc.constantFrom('variant', 'variant', 'control', 'holdout'),
    // Of the second version some were left out with another chance than others.
    isNew: fc.boolean(),
  })
  .map(({ kind, isNew, ...row }) =>
    exposure({
      ...row,
      workspace,
      ...(kind === 'variant' ? {} : { variant: '' }),
      control: kind === 'control',
      holdout: kind === 'holdout',
      propensity: kind === 'control' ? (isNew && row.version === 2 ? 0.25 : 0.1) : 0.45 / (row.version || 1),
    }),
  )

const randomEvent = fc
  .record({
    profile,
    timestamp,
    name: fc.constantFrom('Order Completed', 'Order Completed', 'Order Refunded', 'Segment Entered', 'Segment Left'),
    currency: fc.constantFrom('EUR', 'USD', ''),
    revenue: fc.option(fc.integer({ min: -5, max: 50 })),
    discount: fc.constantFrom(0, 3, '2.5', -4, null),
    cost: fc.constantFrom(4, null),
    margin: fc.constantFrom(9, null, null),
    segment: fc.constantFrom('gold', 'new'),
  })
  .map(({ discount, cost, margin, segment, ...row }) =>
    event({
      ...row,
      workspace,
      ...(row.name.startsWith('Segment')
        ? { type: 'segment', revenue: null, properties: { segment } }
        : { properties: { discount, cost, margin, total: row.revenue } }),
    }),
  )

const randomWorld = fc.record({
  exposures: fc.array(randomExposure, { maxLength: 25 }),
  events: fc.array(randomEvent, { maxLength: 40 }),
  links: fc.array(
    fc.record({ source: profile, canonical: profile, at: timestamp }).map(row => link({ ...row, workspace })),
    { maxLength: 3 },
  ),
})

const randomQuestion: fc.Arbitrary<Partial<ProgrammeQuestion>> = fc.record(
  {
    from: timestamp,
    to: timestamp,
    margin: fc.constantFrom({ rate: 0.4 }, { property: 'margin', cost: 'cost' }, { cost: 'cost', rate: 0.2 }),
    sends: fc.constant([{ touchpoint: 'cart.email', cost: 0.5, default: 0.25 }]),
    metric: fc.constantFrom<NonNullable<ProgrammeQuestion['metric']>>(
      { type: 'conversion', event: 'Order Completed', window: '5d' },
      { type: 'count', event: 'Order Refunded' },
      { type: 'sum', event: 'Order Completed', property: 'total' },
    ),
    by: fc.constantFrom(...(['week', 'month'] as const)),
    segments: fc.constant(['gold', 'new']),
    shareChanges: fc.array(timestamp, { maxLength: 3 }).map(times => [...new Set(times)].sort((a, b) => a - b)),
  },
  { requiredKeys: [] },
)
