import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unspeakable } from '../experiment/testing.ts'
import { random } from '../random/random.ts'
import type { Cell } from './cell.ts'
import { programmeCsv } from './csv.ts'
import { MONTH_DAYS } from './month.ts'
import { type ProgrammeFacts, type ProgrammeOptions, programmeImpact } from './report.ts'
import { NO_CUSTOMERS } from './spend.ts'
import { NOBODY, type ValueSums } from './sums.ts'
import { cellOf, type Person, sumsOfPeople } from './testing.ts'

const facts = (rest: Partial<ProgrammeFacts> = {}): ProgrammeFacts => ({
  cells: [],
  periods: [],
  segments: [],
  holdout: [],
  spend: [],
  customers: NO_CUSTOMERS,
  ...rest,
})

const options: ProgrammeOptions = {
  days: 30.4375,
  currency: 'EUR',
  kpi: { name: 'Revenue', type: 'money' },
  hasMargin: true,
  experiences: new Map([
    ['hero', { name: 'The hero', tactic: 'content' }],
    ['cart', { tactic: 'offer' }],
  ]),
  touchpoints: new Map([
    ['home.hero', { channel: 'web', stage: 'discover' }],
    ['cart.email', { channel: 'email', stage: 'buy' }],
  ]),
}

/** Every third buys for 100, with half of it margin; a tenth of the price off where `discount` is. */
const buyers = (n: number, share: number, discount = 0) =>
  Array.from({ length: n }, (_, i): Person => (i < n * share ? { paid: 100 - discount, discount, margin: 50 } : {}))

const hero = [cellOf(buyers(900, 0.2)), cellOf(buyers(600, 0.1), { control: true })]
const cart = [
  cellOf(buyers(500, 0.3, 10), { experience: 'cart', touchpoint: 'cart.email', variant: 'offer' }),
  cellOf(buyers(500, 0.25), { experience: 'cart', touchpoint: 'cart.email', control: true }),
]

describe('the programme', () => {
  it('gives lift and money a month per experience, net of discounts, with what was given anyway', () => {
    const { experiences } = programmeImpact(facts({ cells: [...hero, ...cart] }), options)
    const [offer, story] = experiences
    expect(story).toMatchObject({
      key: 'hero',
      name: 'The hero',
      tactic: 'content',
      people: { personalized: 900, control: 600 },
    })
    expect(story!.kpi.lift.value).toBeCloseTo(1, 9)
    // A tenth more of 900 people buy for 100, of which half is left.
    expect(story!.month.revenue.value).toBeCloseTo(9000, 6)
    expect(story!.month.net!.value).toBeCloseTo(4500, 6)
    // 25 more of 500 buy, and all 150 have 10 off; 125 would have bought anyway.
    expect(offer!.month.net!.value).toBeCloseTo(25 * 50 - 1500, 6)
    expect(offer!.money.discounts.value).toBeCloseTo(1500, 6)
    expect(offer!.money.givenAnyway.total.value).toBeCloseTo(1250, 6)
    expect(offer!.sentence).toContain('About 83 % of the discounts went to people who would have bought anyway')
  })

  it('tactics, channels, stages and touchpoints add up to the sum of the experiences', () => {
    const report = programmeImpact(facts({ cells: [...hero, ...cart] }), options)
    const total = (rows: readonly { month: { revenue: { value: number | null } } }[]) =>
      rows.reduce((sum, { month }) => sum + month.revenue.value!, 0)
    const sum = report.growth.revenue.sum.value!
    for (const rows of [report.experiences, report.touchpoints, report.tactics, report.channels, report.stages]) {
      expect(rows).toHaveLength(2)
      expect(total(rows)).toBeCloseTo(sum, 6)
    }
    expect(report.channels.map(({ key }) => key)).toEqual(['email', 'web'])
    expect(report.touchpoints[0]).toMatchObject({ key: 'cart.email', channel: 'email', stage: 'buy' })
    expect(report.touchpoints[0]!.timing.sentence).toContain('cannot be told')
  })

  it('says of whom it does not know what an experience brought, since nobody was left out any more', () => {
    const later = cellOf(buyers(2000, 0.5), { version: 2 })
    const { experiences, notes } = programmeImpact(facts({ cells: [...hero, later] }), options)
    expect(experiences[0]!.people).toEqual({ personalized: 900, control: 600 })
    expect(experiences[0]!.kpi.lift.value).toBeCloseTo(1, 9)
    expect(notes).toContain(
      '2,000 people saw "hero" in a version without a control group: what it brought of them is not in the sum.',
    )
  })

  it('weeks or months add up to the whole, each person’s part of it being told by when they did it', () => {
    const at = (cells: Cell[], share: number) =>
      cells.map(cell => ({
        ...cell,
        sums: { ...scaledSums(cell.sums, share), people: cell.sums.people },
      }))
    const periods = [
      { period: '2026-10-01', cells: at(hero, 0.25) },
      { period: '2026-11-01', cells: at(hero, 0.75) },
    ]
    const report = programmeImpact(facts({ cells: hero, periods }), options)
    const values = report.periods.map(({ money }) => money.revenue.value!)
    expect(values[0]! + values[1]!).toBeCloseTo(report.experiences[0]!.money.revenue.value!, 6)
    expect(values[1]! / values[0]!).toBeCloseTo(3, 9)
    // A month at the rate of these weeks, not at that of all the time; of a part of a week nothing is said of a month.
    const weeks = programmeImpact(facts({ cells: hero, periods: [{ period: '2026-10-05', cells: hero }] }), {
      ...options,
      from: Date.UTC(2026, 9, 1),
      periods: { by: 'week', zone: 'UTC' },
    }).periods[0]!
    expect(weeks.month.revenue.value).toBeCloseTo((weeks.money.revenue.value! * MONTH_DAYS) / 7, 6)
    const short = programmeImpact(facts({ cells: hero, periods: [{ period: '2026-10-05', cells: hero }] }), {
      ...options,
      from: Date.UTC(2026, 9, 8),
      periods: { by: 'week', zone: 'UTC' },
    }).periods[0]!
    expect(short.month).toMatchObject({ revenue: { value: null, reason: 'short-time' }, net: { value: null } })
    expect(short.sentence).not.toContain('a month (')
  })

  it('spend that names an experience is taken off it, off its tactic, and off its touchpoint where it has one only', () => {
    const both = [...cart, ...hero.map(cell => ({ ...cell, experience: 'cart' }))]
    const spend = [
      { channel: 'ads', campaign: 'x', experience: 'cart', amount: 400 },
      { channel: 'ads', campaign: 'x', experience: '', amount: 600 },
    ]
    const one = programmeImpact(facts({ cells: cart, spend }), options)
    expect(one.experiences[0]!.month.net!.value).toBeCloseTo(-250 - 400, 6)
    expect(one.growth.net!.sum.value).toBeCloseTo(-250 - 400, 6)
    expect(one.touchpoints[0]!.money.spend).toBe(400)
    expect(one.tactics[0]!.money.spend).toBe(400)
    expect(one.spend).toMatchObject({ total: 1000, channels: [{ channel: 'ads', campaign: 'x', amount: 1000 }] })
    const two = programmeImpact(facts({ cells: both, spend }), options)
    expect(two.touchpoints.map(({ money }) => money.spend)).toEqual([0, 0])
    expect(two.tactics[0]!.money.spend).toBe(400)
  })

  it('acquisition cost, return on spend and lifetime value, or why there is none', () => {
    const customers = {
      ...NO_CUSTOMERS,
      people: 10,
      acquired: 4,
      revenue: 3000,
      lifetimeRevenue: 5000,
      lifetimeRevenueSquares: 3e6,
      lifetimeNet: 2000,
      lifetimeNetSquares: 5e5,
      orders: 12,
    }
    const spend = [{ channel: 'ads', campaign: '', experience: '', amount: 600 }]
    const { spend: told } = programmeImpact(facts({ customers, spend }), options)
    expect(told).toMatchObject({
      acquisitionCost: { value: 150 },
      returnOnSpend: { value: 5 },
      lifetimeValue: { of: 'net', mean: { value: 200 } },
      valueToCost: { value: 200 / 150 },
    })
    expect(told.lifetimeValue.mean.interval![0]).toBeLessThan(200)
    const none = programmeImpact(facts({ customers }), options).spend
    expect(none.acquisitionCost).toMatchObject({ value: null, sentence: expect.stringContaining('No spend') })
    const nobody = programmeImpact(facts({ spend }), options).spend
    expect(nobody.acquisitionCost).toMatchObject({
      value: null,
      sentence: expect.stringContaining('for the first time'),
    })
    expect(nobody.lifetimeValue.mean).toMatchObject({ value: null, reason: 'no-people' })
    const unpriced = programmeImpact(facts({ customers: { ...customers, unpriced: 6 } }), options).spend
    expect(unpriced.lifetimeValue).toMatchObject({ of: 'revenue', mean: { value: 500 } })
  })
})

describe('what is missing is said in words', () => {
  it('an arm with nobody, and no control group', () => {
    const uncontrolled = programmeImpact(facts({ cells: hero.slice(0, 1) }), options)
    expect(uncontrolled.experiences[0]).toMatchObject({
      kpi: { lift: { value: null, reason: 'no-control' } },
      sentence: expect.stringContaining('no control group'),
    })
    expect(uncontrolled.notes.join()).toContain('"hero" is not in the sum')
    const unseen = programmeImpact(facts({ cells: hero.slice(1) }), options)
    expect(unseen.experiences[0]!.sentence).toContain('nobody who was personalized')
  })

  it('a control group of which nobody did it has no lift, and money all the same', () => {
    const cells = [cellOf(buyers(100, 0.2)), cellOf(buyers(100, 0), { control: true })]
    const [row] = programmeImpact(facts({ cells }), options).experiences
    expect(row!.kpi.lift).toMatchObject({ value: null, reason: 'zero-control-mean' })
    expect(row!.sentence).toContain('nothing to take a percentage of')
    expect(row!.month.revenue.value).toBeCloseTo(2000, 6)
  })

  it('no holdout, no margin, and orders of which the margin is not known', () => {
    const report = programmeImpact(facts({ cells: hero }), { ...options, hasMargin: false })
    expect(report.holdout.share).toBeNull()
    expect(report.sentence).toContain('set a holdout')
    expect(report.growth.net).toBeNull()
    expect(report.experiences[0]).toMatchObject({ money: { net: null, margin: null }, month: { net: null } })
    expect(report.experiences[0]!.sentence).toContain('name the margin')
    expect(report.notes.join()).toContain('No margin is set')
    const unpriced = (n: number) =>
      programmeImpact(facts({ cells: hero.map(cell => ({ ...cell, sums: { ...cell.sums, unpriced: n } })) }), options)
    expect(unpriced(30).experiences[0]!.month.net).toBeNull()
    expect(unpriced(30).notes.join()).toContain('too many orders')
    expect(unpriced(30).experiences[0]!.sentence).toContain('the margin of too many orders is missing')
    expect(unpriced(30).experiences[0]!.sentence).not.toContain('in the settings')
    expect(unpriced(2).experiences[0]!.month.net).not.toBeNull()
    expect(unpriced(2).notes.join()).toContain('a few orders')
  })

  it('a month from less than a whole week: lift and money so far, and from when on there is a month', () => {
    const from = Date.UTC(2026, 9, 1, 8)
    const holdout = [
      { quarter: '2026-10-01', heldOut: false, sums: sumsOfPeople(buyers(900, 0.2)) },
      { quarter: '2026-10-01', heldOut: true, sums: sumsOfPeople(buyers(300, 0.1)) },
    ]
    const of = (days: number) => programmeImpact(facts({ cells: hero, holdout }), { ...options, days, from })
    const short = of(0.8)
    const [row] = short.experiences
    const none = { value: null, interval: null, reason: 'short-time' }
    expect(row!.kpi.lift.value).toBeCloseTo(1, 9)
    expect(row!.money.net!.value).toBeCloseTo(4500, 6)
    expect(row!.month).toMatchObject({ kpi: none, revenue: none, net: none })
    expect(row!.sentence).toMatch(/Margin: 4,500\.00 EUR so far \(95 % interval .*\)\. /)
    expect(row!.sentence).toContain(
      'of no less than 7 days, since no day of the week is like another: of one that lasts until 2026-10-08 08:00 UTC.',
    )
    expect(short.growth.net).toMatchObject({ sum: none, programme: none, overlap: none })
    expect(short.growth.net!.soFar.sum.value).toBeCloseTo(4500, 6)
    expect(short.sentence).toContain('The experiences bring 4,500.00 EUR so far')
    expect(short.sentence).toContain('until 2026-10-08 08:00 UTC')
    expect(short.notes.join()).toContain('until 2026-10-08 08:00 UTC')
    expect(JSON.stringify(short)).not.toContain('EUR a month')
    // What is not known for another reason has that one.
    expect(programmeImpact(facts({ cells: hero.slice(0, 1) }), { ...options, days: 0.8 }).growth.net!.sum.reason).toBe(
      'no-control',
    )

    expect(of(6.99).experiences[0]!.month.net!.value).toBeNull()
    const week = of(7)
    expect(week.experiences[0]!.month.net!.value).toBeCloseTo((4500 * MONTH_DAYS) / 7, 6)
    expect(week.growth.net!.sum.value).toBeCloseTo((4500 * MONTH_DAYS) / 7, 6)
    expect(week.growth.net!.verdict).toBe(short.growth.net!.verdict)
    expect(week.sentence).toContain('a month when each is taken alone')
    expect(week.notes).toEqual([])
  })

  it('nothing at all', () => {
    const report = programmeImpact(facts(), { ...options, days: 0 })
    expect(report.experiences).toEqual([])
    expect(unspeakable(report)).toEqual([])
    expect(report.sentence).toContain('not known')
  })

  it('no answer holds NaN or Infinity, whatever the sums', () => {
    const number = fc.oneof(fc.constantFrom(0, 1, 2, 1e308, 1e-308), fc.double({ min: 0, max: 1e15, noNaN: true }))
    const counts = ['people', 'buyers', 'orders', 'unpriced', 'acquired']
    const recordOf = <T>(names: readonly string[]) =>
      fc.record(
        Object.fromEntries(names.map(name => [name, counts.includes(name) ? fc.nat({ max: 1e9 }) : number])),
      ) as unknown as fc.Arbitrary<T>
    const sums = recordOf<ValueSums>(Object.keys(NOBODY))
    const cell = fc.record({
      experience: fc.constantFrom('hero', 'cart', 'other'),
      touchpoint: fc.constantFrom('home.hero', 'cart.email'),
      version: fc.constantFrom(1, 2),
      control: fc.boolean(),
      variant: fc.constantFrom('a', 'b'),
      propensity: fc.constantFrom(0, 0.1, 1),
      sums,
    }) as fc.Arbitrary<Cell>
    const holdout = fc.record({ quarter: fc.constantFrom('2026-07-01', '2026-10-01'), heldOut: fc.boolean(), sums })
    const spend = fc.record({
      channel: fc.constant('ads'),
      campaign: fc.constant(''),
      experience: fc.constantFrom('', 'hero'),
      // The route takes no more.
      amount: fc.double({ min: 0, max: 1e12, noNaN: true }),
    })
    const customers = recordOf<ProgrammeFacts['customers']>(Object.keys(NO_CUSTOMERS))
    fc.assert(
      fc.property(
        fc.array(cell, { maxLength: 6 }),
        fc.array(holdout, { maxLength: 4 }),
        fc.array(spend, { maxLength: 2 }),
        customers,
        fc.constantFrom(0, 1e-9, 7, 30),
        (cells, held, spent, who, days) => {
          const report = programmeImpact(facts({ cells, holdout: held, spend: spent, customers: who }), {
            ...options,
            days,
            experiences: new Map([['hero', { tactic: 'content', policy: { kind: 'rules', rules: [] } as never }]]),
          })
          expect(unspeakable(report)).toEqual([])
          expect(programmeCsv(report)).not.toMatch(/NaN|Infinity|undefined|null/)
        },
      ),
      { seed: 11, numRuns: 200 },
    )
  })
})

describe('as CSV', () => {
  it('a line an experience, touchpoint and so on; names cannot break it or become a formula', () => {
    const experiences = new Map([['hero', { name: '=cmd("x"), "quoted"', tactic: 'content' as const }]])
    const csv = programmeCsv(programmeImpact(facts({ cells: hero }), { ...options, experiences }))
    const lines = csv.split('\r\n')
    expect(lines[0]).toMatch(/^by,key,name,people,people_control,kpi,kpi_control,lift,lift_low,lift_high,/)
    expect(lines[1]).toMatch(/^experience,hero,"'=cmd\(""x""\), ""quoted""",900,600,20,10,1,0\.\d+,1\.\d+,/)
    expect(lines.map(line => line.split(',')[0])).toEqual([
      'by',
      'experience',
      'touchpoint',
      'tactic',
      'channel',
      'stage',
      'holdout',
      '',
    ])
  })
})

function scaledSums(sums: ValueSums, share: number): ValueSums {
  const entries = Object.entries(sums).map(([name, value]) => [
    name,
    name.endsWith('Squares') ? value * share ** 2 : value * share,
  ])
  return Object.fromEntries(entries) as unknown as ValueSums
}

it('sums of people are what they are', () => {
  expect(sumsOfPeople([{ paid: 90, discount: 10, margin: 50, sends: 1 }, {}])).toMatchObject({
    people: 2,
    buyers: 1,
    net: 39,
    netSquares: 39 ** 2,
  })
})

it('of experiences of one seed, which leave out the same people, 95 of 100 intervals of their sum hold it', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f']
  const seeded = new Map(keys.map(key => [key, { tactic: 'content' as const, seed: 'together' }]))
  const rng = random('one seed')
  const programmes = 200
  let outside = 0
  let outsideOfOne = 0
  for (let i = 0; i < programmes; i++) {
    const cells = new Map(keys.map(key => [key, { left: [] as Person[], got: [] as Person[] }]))
    for (let person = 0; person < 2000; person++) {
      const isLeftOut = rng.chance(0.3)
      const does = rng.chance(0.2) ? { paid: 1 + rng.integer(20) } : {}
      for (const key of keys) if (rng.chance(0.8)) cells.get(key)![isLeftOut ? 'left' : 'got'].push(does)
    }
    const told = programmeImpact(
      facts({
        cells: [...cells].flatMap(([experience, { left, got }]) => [
          cellOf(got, { experience, propensity: 0.7 }),
          cellOf(left, { experience, control: true, propensity: 0.3 }),
        ]),
      }),
      { ...options, experiences: seeded },
    )
    const excludesNothing = ([low, high]: readonly [number, number]) => low > 0 || high < 0
    if (excludesNothing(told.growth.revenue.soFar.sum.interval!)) outside++
    if (excludesNothing(told.experiences[0]!.money.revenue.interval!)) outsideOfOne++
    expect(told.touchpoints[0]!.money.revenue).toEqual(told.growth.revenue.soFar.sum)
  }
  expect(outsideOfOne / programmes).toBeLessThan(0.1)
  expect(outside / programmes).toBeLessThan(0.1)
})
