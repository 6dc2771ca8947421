import { random } from '@espalier/core/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer } from './testing/server.ts'

/** In the middle of a week, so that no day or week ends meanwhile. */
const TODAY = '2026-11-18'
const ahead = Date.parse(`${TODAY}T12:00:00Z`) - Date.now()

let server: TestServer
const SETTINGS = {
  currency: 'EUR',
  holdout: 0.25,
  impact: { margin: { rate: 0.5 }, sends: { email: 0.1 } },
}

beforeAll(async () => {
  server = await testServer({}, { now: () => Date.now() + ahead })
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: SETTINGS },
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', stage: 'discover', default: 'plain' } },
      { kind: 'touchpoint', key: 'cart.email', body: { channel: 'email', stage: 'buy' } },
      { kind: 'metric', key: 'bought', body: { name: 'Bought', type: 'conversion', event: 'Order Completed' } },
      { kind: 'metric', key: 'basket', body: { type: 'mean', event: 'Order Completed', property: 'total' } },
      { kind: 'segment', key: 'looked', body: { condition: { did: 'Looked' } } },
      ...['hero', 'rescue'].map((key, i) => ({
        kind: 'experience',
        key,
        body: {
          tactic: i === 0 ? 'content' : 'offer',
          touchpoints: [i === 0 ? 'home.hero' : 'cart.email'],
          control: 0.4,
          variants: [{ key: 'v', content: { [i === 0 ? 'home.hero' : 'cart.email']: 'special' } }],
        },
      })),
    ],
  })
  expect(published.status, published.text).toBe(200)
  // Until the past of its condition is there, nobody enters a segment.
  await server.services.backfill.idle()
})
afterAll(() => server.stop())

interface Shopper {
  readonly held: boolean
  /** Whether they got it; undefined for who was held out. */
  readonly hero: boolean
  readonly rescue: boolean
  readonly looked: boolean
  readonly paid: number
  readonly discount: number
}

const PEOPLE = 480
const shoppers: Shopper[] = []

/** A fifth buys anyway; the hero brings half as many more, the offer in the cart a third, both no more than the hero. */
async function shop(): Promise<void> {
  const rng = random('programme')
  const [seen, bought]: [object[], object[]] = [[], []]
  const looked = (i: number) => i % 3 === 0
  const looks = Array.from({ length: PEOPLE }, (_, i) => ({ type: 'track', userId: `s${i}`, event: 'Looked' }))
  await server.post('/v1/batch', { batch: looks.filter((_, i) => looked(i)) })
  const decide = async (i: number) => {
    const asked = { userId: `s${i}`, touchpoints: ['home.hero', 'cart.email'] }
    return (await server.post('/v1/decide', asked)).json.answers
  }
  for (let from = 0; from < PEOPLE; from += 16) {
    const some = Array.from({ length: 16 }, (_, j) => from + j)
    const answers = await Promise.all(some.map(decide))
    for (const [j, i] of some.entries()) {
      const [hero, rescue] = [answers[j]['home.hero'], answers[j]['cart.email']]
      for (const { decisionId } of [hero, rescue]) {
        seen.push({ type: 'track', userId: `s${i}`, event: 'Exposure', properties: { decisionId } })
      }
      const has = { hero: hero.variant === 'v', rescue: rescue.variant === 'v' }
      const buys = rng.chance(has.hero ? 0.5 : has.rescue ? 0.4 : 0.2)
      const discount = buys && has.rescue ? 10 : 0
      const paid = buys ? 100 - discount : 0
      shoppers.push({ held: hero.holdout, ...has, looked: looked(i), paid, discount })
      if (!buys) continue
      const properties = { order_id: `o${i}`, total: paid, discount }
      bought.push({ type: 'track', userId: `s${i}`, event: 'Order Completed', properties })
    }
  }
  for (const batch of [seen, bought]) expect((await server.post('/v1/batch', { batch })).status).toBe(200)
}

const mean = (some: readonly Shopper[], of: (one: Shopper) => number) =>
  some.reduce((sum, one) => sum + of(one), 0) / some.length
const net = ({ paid, discount, rescue }: Shopper) => 0.5 * (paid + discount) - discount - (rescue ? 0.1 : 0)
/** What was brought: the difference of means times the people of the first group. */
const brought = (group: readonly Shopper[], others: readonly Shopper[], of: (one: Shopper) => number) =>
  group.length * (mean(group, of) - mean(others, of))

describe('GET /v1/impact', () => {
  beforeAll(shop, 120_000)

  it('has each experience’s lift and money against its control group, net of discounts and sends', async () => {
    const report = (await server.get('/v1/impact')).json
    expect(report).toMatchObject({ complete: true, currency: 'EUR', kpi: { name: 'Revenue', type: 'money' } })
    const free = shoppers.filter(({ held }) => !held)
    for (const key of ['hero', 'rescue'] as const) {
      const [got, left] = [free.filter(one => one[key]), free.filter(one => !one[key])]
      const row = report.experiences.find((one: { key: string }) => one.key === key)
      expect(row.people).toEqual({ personalized: got.length, control: left.length })
      const lift = mean(got, ({ paid }) => paid) / mean(left, ({ paid }) => paid) - 1
      expect(row.kpi.lift.value).toBeCloseTo(lift, 9)
      expect(row.kpi.lift.interval[0]).toBeLessThan(lift)
      expect(row.money.revenue.value).toBeCloseTo(
        brought(got, left, ({ paid }) => paid),
        6,
      )
      expect(row.money.net.value).toBeCloseTo(brought(got, left, net), 6)
      // A month is said of a whole week only.
      expect(row.month).toMatchObject({
        kpi: { value: null, reason: 'short-time' },
        revenue: { value: null, reason: 'short-time' },
        net: { value: null, reason: 'short-time' },
      })
      expect(row.sentence).toMatch(
        /EUR so far .* of no less than 7 days, .*: of one that lasts until \d{4}-\d\d-\d\d \d\d:\d\d UTC\./,
      )
    }
    const rescue = report.experiences.find((one: { key: string }) => one.key === 'rescue')
    const [got, left] = [free.filter(one => one.rescue), free.filter(one => !one.rescue)]
    const buyers = (some: Shopper[]) => mean(some, ({ paid }) => (paid > 0 ? 1 : 0))
    const anyway = Math.min(1, buyers(left) / buyers(got))
    expect(rescue.money.givenAnyway.share).toBeCloseTo(anyway, 9)
    expect(rescue.money.sends.value).toBeCloseTo(0.1 * got.length, 6)
  })

  it('holds the sum against the holdout, and says whether they overlap', async () => {
    const { growth, holdout } = (await server.get('/v1/impact')).json
    const [free, held] = [shoppers.filter(one => !one.held), shoppers.filter(one => one.held)]
    expect(holdout.people).toEqual({ personalized: free.length, control: held.length })
    expect(holdout.share).toBeCloseTo(held.length / PEOPLE, 9)
    const parts = (['hero', 'rescue'] as const).map(key =>
      brought(
        free.filter(one => one[key]),
        free.filter(one => !one[key]),
        net,
      ),
    )
    const [sum, whole] = [parts[0]! + parts[1]!, brought(free, held, net)]
    const { soFar } = growth.net
    expect(soFar.sum.value).toBeCloseTo(sum, 5)
    expect(soFar.programme.value).toBeCloseTo(whole, 5)
    expect(soFar.overlap.value).toBeCloseTo(sum - whole, 5)
    expect(growth.net.sum).toMatchObject({ value: null, reason: 'short-time' })
    const [low, high] = soFar.overlap.interval
    expect(growth.net.verdict).toBe(low > 0 ? 'counted-twice' : high < 0 ? 'stand-in' : 'not-told-apart')
    expect(growth.net.sentence).toContain('the holdout measures')
  })

  it('by tactic, channel, stage, segment and time, which add up; timing and targeting say what the log cannot tell', async () => {
    const report = (await server.get('/v1/impact?by=week')).json
    const total = (rows: { money: { revenue: { value: number } } }[]) =>
      rows.reduce((sum, { money }) => sum + money.revenue.value, 0)
    const sum = total(report.experiences)
    for (const by of ['touchpoints', 'tactics', 'channels', 'stages', 'periods']) {
      expect(total(report[by]), by).toBeCloseTo(sum, 6)
    }
    const keys = (rows: { key: string }[]) => rows.map(({ key }) => key)
    expect(keys(report.tactics)).toEqual(['content', 'offer'])
    expect(keys(report.channels)).toEqual(['email', 'web'])
    expect(keys(report.stages)).toEqual(['buy', 'discover'])
    expect(keys(report.segments)).toEqual(['looked'])
    const looked = shoppers.filter(one => !one.held && one.looked)
    const people = looked.filter(({ hero }) => hero).length + looked.filter(({ rescue }) => rescue).length
    expect(report.segments[0].people.personalized).toBe(people)
    const [touchpoint] = report.touchpoints
    expect(touchpoint.timing).toMatchObject({ known: false, sentence: expect.stringContaining('cannot be told') })
    expect(touchpoint.targeting[0]).toMatchObject({ experience: 'rescue', known: false })
  })

  it('another KPI, a conversion a person', async () => {
    const report = (await server.get('/v1/impact?metric=bought')).json
    expect(report.kpi).toEqual({ name: 'Bought', type: 'conversion', direction: 'up' })
    const free = shoppers.filter(({ held }) => !held)
    const rate = (some: Shopper[]) => mean(some, ({ paid }) => (paid > 0 ? 1 : 0))
    const hero = report.experiences.find((one: { key: string }) => one.key === 'hero')
    expect(hero.kpi.personalized).toBeCloseTo(rate(free.filter(one => one.hero)), 9)
    expect(hero.kpi.control).toBeCloseTo(rate(free.filter(one => !one.hero)), 9)
  })

  it('as CSV', async () => {
    const answer = await server.get('/v1/impact?format=csv')
    expect(answer.headers.get('content-type')).toContain('text/csv')
    const lines = answer.text.trimEnd().split('\r\n')
    expect(lines[0]).toMatch(/^by,key,name,people,/)
    expect(lines.filter(line => line.startsWith('experience,'))).toHaveLength(2)
  })

  it('spend is taken off its experience, and gives acquisition cost, return on spend and lifetime value', async () => {
    const before = (await server.get('/v1/impact')).json
    const spend = [
      { day: TODAY, channel: 'ads', campaign: 'autumn', amount: 900 },
      { day: TODAY, channel: 'letters', experience: 'rescue', amount: 100, currency: 'EUR' },
    ]
    expect((await server.post('/v1/spend', { spend })).json).toEqual({ stored: 2 })
    const after = (await server.get('/v1/impact')).json
    const netOf = (report: typeof after) =>
      report.experiences.find((one: { key: string }) => one.key === 'rescue').money.net.value
    expect(netOf(before) - netOf(after)).toBeCloseTo(100, 6)
    const buyers = shoppers.filter(({ paid }) => paid > 0)
    expect(after.spend.total).toBe(1000)
    expect(after.spend.acquisitionCost.value).toBeCloseTo(1000 / buyers.length, 9)
    expect(after.spend.returnOnSpend.value).toBeCloseTo((buyers.length * mean(buyers, ({ paid }) => paid)) / 1000, 9)
    expect(after.spend.lifetimeValue).toMatchObject({ of: 'net' })
    expect(after.spend.lifetimeValue.mean.value).toBeCloseTo(
      mean(buyers, ({ paid, discount }) => 0.5 * (paid + discount) - discount),
      6,
    )
    await server.post('/v1/spend', { spend: spend.map(one => ({ ...one, amount: 0 })) })
    expect((await server.get('/v1/impact')).json.spend.total).toBe(0)
  })

  it('what cannot be answered is named with the mend', async () => {
    const refused = async (path: string) => (await server.get(path)).json.error
    expect(await refused('/v1/impact?metric=none')).toMatchObject({ code: 'not_found', path: 'query.metric' })
    expect(await refused('/v1/impact?metric=basket')).toMatchObject({
      code: 'invalid',
      path: 'query.metric',
      mend: expect.stringContaining('conversion, count or sum'),
    })
    expect(await refused('/v1/impact?segments=none')).toMatchObject({ code: 'not_found', path: 'query.segments' })
    expect(await refused('/v1/impact?from=2026-02-01&to=2026-01-01')).toMatchObject({ code: 'invalid' })
    const spend = async (one: object) =>
      (await server.post('/v1/spend', { spend: [{ day: '2026-01-01', channel: 'ads', amount: 1, ...one }] })).json.error
    expect(await spend({ day: '2026-02-30' })).toMatchObject({ code: 'invalid', path: 'spend[0].day' })
    expect(await spend({ experience: 'none' })).toMatchObject({ code: 'invalid', path: 'spend[0].experience' })
    expect(await spend({ amount: -1 })).toMatchObject({ code: 'invalid', path: 'body.spend[0].amount' })
    await server.post('/v1/spend', { spend: [{ day: TODAY, channel: 'ads', amount: 5, currency: 'USD' }] })
    expect(await refused('/v1/impact')).toMatchObject({
      code: 'missing_rates',
      message: expect.stringContaining('USD'),
      mend: expect.stringContaining('/v1/rates'),
    })
    await server.post('/v1/spend', { spend: [{ day: TODAY, channel: 'ads', amount: 0, currency: 'USD' }] })
  })

  it('settings that cannot be meant are refused, and without a margin nothing is called profit', async () => {
    const publish = (impact: object) =>
      server.post('/v1/definitions', {
        changes: [{ kind: 'settings', key: 'workspace', body: { ...SETTINGS, impact } }],
      })
    const problem = async (impact: object) => JSON.stringify((await publish(impact)).json)
    expect(await problem({ margin: {} })).toContain('margin')
    expect(await problem({ metric: 'basket' })).toContain('does not add up over people')
    expect(await problem({ metric: 'bougth' })).toContain('did you mean \\"bought\\"?')
    expect(await problem({ orders: { event: 'X', refund: 'X' } })).toContain('is the order itself')
    expect((await publish({ metric: 'bought' })).status).toBe(200)
    const report = (await server.get('/v1/impact')).json
    expect(report.kpi.name).toBe('Bought')
    expect(report.growth.net).toBeNull()
    expect(report.experiences[0]).toMatchObject({ money: { net: null }, month: { net: null } })
    expect(report.notes.join()).toContain('No margin is set')
  })
})

it('what the moment brought over at once is told where a layer draws who is waited for', async () => {
  const own = await testServer()
  try {
    const experience = (key: string, from: number, to: number, plan: object) => ({
      kind: 'experience',
      key,
      body: {
        tactic: 'content',
        touchpoints: ['home.hero'],
        control: 0.4,
        layer: { key: 'moment', from, to },
        plan,
        variants: [{ key: 'v', content: { 'home.hero': key } }],
      },
    })
    const published = await own.post('/v1/definitions', {
      changes: [
        { kind: 'settings', key: 'workspace', body: { holdout: 0, currency: 'EUR' } },
        { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'plain' } },
        experience('evening', 0, 0.6, { atOnce: 'now' }),
        experience('now', 0.6, 1, {}),
      ],
    })
    expect(published.status, published.text).toBe(200)
    const arms: Record<string, number[]> = {}
    const bought: object[] = []
    for (let i = 0; i < 160; i++) {
      const body = { userId: `t${i}`, touchpoints: ['home.hero'], expose: true }
      const { experience: given, control } = (await own.post('/v1/decide', body, { key: SECRET_KEY })).json.answers[
        'home.hero'
      ]
      const paid = i % (control ? 5 : given === 'evening' ? 2 : 4) === 0 ? 10 : 0
      arms[`${given}${control ? ' control' : ''}`] ??= []
      arms[`${given}${control ? ' control' : ''}`]!.push(paid)
      const properties = { order_id: `t${i}`, total: paid }
      if (paid > 0) bought.push({ type: 'track', userId: `t${i}`, event: 'Order Completed', properties })
    }
    expect((await own.post('/v1/batch', { batch: bought })).status).toBe(200)
    const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const total = (key: string) => arms[key]!.length * (average(arms[key]!) - average(arms[`${key} control`]!))
    const [touchpoint] = (await own.get('/v1/impact')).json.touchpoints
    expect(touchpoint.timing).toMatchObject({ known: true, experiences: [{ experience: 'evening', atOnce: 'now' }] })
    // Of the layer six tenths wait and four do not, with control groups alike.
    expect(touchpoint.timing.experiences[0].total.revenue.value).toBeCloseTo(total('evening') - 1.5 * total('now'), 6)
    expect(touchpoint.timing.sentence).toContain('The moment of "evening" brought')

    const refused = await own.post('/v1/definitions', { changes: [experience('alone', 0, 0, { atOnce: 'none' })] })
    expect(refused.status).toBe(422)
  } finally {
    await own.stop()
  }
}, 300_000)

it('an empty workspace has nothing to report, and says so', async () => {
  const empty = await testServer()
  try {
    const report = (await empty.get('/v1/impact')).json
    expect(report).toMatchObject({
      from: null,
      to: null,
      experiences: [],
      sentence: expect.stringContaining('not known'),
    })
  } finally {
    await empty.stop()
  }
})

it('a holdout whose share was changed says nothing of who came before: they had more time to buy', async () => {
  let now = Date.UTC(2026, 3, 3, 12)
  const own = await testServer({}, { now: () => now++ })
  try {
    const holdout = async (share: number) => {
      const experience = {
        tactic: 'content',
        touchpoints: ['home'],
        control: 0.5,
        variants: [{ key: 'v', content: { home: 'v' } }],
      }
      const changes = [
        { kind: 'settings', key: 'workspace', body: { holdout: share } },
        { kind: 'touchpoint', key: 'home', body: { channel: 'web', default: 'plain' } },
        { kind: 'experience', key: 'hero', body: experience },
      ]
      expect((await own.post('/v1/definitions', { changes })).status).toBe(200)
    }
    const come = (name: string) =>
      Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          const asked = { userId: `${name}-${i}`, touchpoints: ['home'], expose: true }
          const { status, json } = await own.post('/v1/decide', asked, { key: SECRET_KEY })
          expect(status).toBe(200)
          return { userId: `${name}-${i}`, held: json.answers.home.holdout as boolean }
        }),
      )
    const buy = async (people: readonly { userId: string }[]) => {
      const properties = { revenue: 10 }
      const batch = people.map(({ userId }) => ({ type: 'track', userId, event: 'Order Completed', properties }))
      expect((await own.post('/v1/batch', { batch })).status).toBe(200)
    }
    await holdout(0)
    const early = await come('early')
    await buy(early)
    now += 30 * 86_400_000
    await holdout(0.5)
    const late = await come('late')
    now += 86_400_000
    await buy([...early, ...late])
    const { holdout: measured, notes } = (await own.get('/v1/impact')).json
    expect(measured.people.control).toBe(late.filter(({ held }) => held).length)
    expect(measured.people.personalized).toBe(late.filter(({ held }) => !held).length)
    expect(measured.kpi).toMatchObject({ personalized: 10, control: 10, total: { value: 0 } })
    expect(notes).toContain('In some of the time nobody was held out; it is taken to be like the rest.')
    // Each time by the share of its own: of the first nobody was to be held out.
    expect(measured.sampleRatio).toMatchObject({
      times: [{ people: 60, heldOut: measured.people.control, expected: 30 }],
    })
    expect(measured.sampleRatio.verdict).not.toBe('unknown')
  } finally {
    await own.stop()
  }
}, 300_000)

it('a holdout that lost its people, whose exposures the client did not send, is told as one', async () => {
  let now = Date.UTC(2026, 3, 3, 12)
  const own = await testServer({}, { now: () => now++ })
  try {
    const experience = {
      tactic: 'content',
      touchpoints: ['home'],
      control: 0.5,
      variants: [{ key: 'v', content: { home: 'v' } }],
    }
    const changes = [
      { kind: 'settings', key: 'workspace', body: { holdout: 0.3 } },
      { kind: 'touchpoint', key: 'home', body: { channel: 'web', default: 'plain' } },
      { kind: 'experience', key: 'hero', body: experience },
    ]
    expect((await own.post('/v1/definitions', { changes })).status).toBe(200)
    const batch = await Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        const { json } = await own.post('/v1/decide', { userId: `visitor-${i}`, touchpoints: ['home'] })
        const { decisionId, holdout } = json.answers.home
        return { held: holdout, type: 'track', userId: `visitor-${i}`, event: 'Exposure', properties: { decisionId } }
      }),
    )
    const send = async (some: typeof batch) => {
      const events = some.map(({ held: _, ...event }) => event)
      expect((await own.post('/v1/batch', { batch: events })).status).toBe(200)
    }
    const free = batch.filter(({ held }) => !held)
    await send(free)
    const lost = (await own.get('/v1/impact')).json
    expect(lost.holdout.sampleRatio).toMatchObject({
      verdict: 'mismatch',
      times: [{ people: free.length, heldOut: 0, expected: expect.closeTo(0.3 * free.length, 6) }],
    })
    expect(lost.notes.join()).toContain(`0 of ${free.length} people were held out`)
    await send(batch.filter(({ held }) => held))
    expect((await own.get('/v1/impact')).json.holdout.sampleRatio).toMatchObject({
      verdict: 'ok',
      times: [{ people: 120, heldOut: 120 - free.length, expected: expect.closeTo(36, 6) }],
    })
  } finally {
    await own.stop()
  }
}, 300_000)
