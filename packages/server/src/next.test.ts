import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'
import { Optimizer } from './workers/optimizer.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 2, 2)
const DAYS = 10
let now = START
let server: TestServer
beforeAll(async () => {
  server = await testServer({}, { now: () => now })
  await server.services.optimizer.stop()
})
afterAll(() => server.stop())

const two = [{ key: 'a' }, { key: 'b' }]

function experience(key: string, body: object = {}) {
  const variants = [{ key: 'a', content: { [key]: 'A' } }]
  const full = { tactic: 'content', touchpoints: [key], control: 0.5, goal: 'bought', variants, ...body }
  return { kind: 'experience', key, body: full }
}
const at = (key: string, some: readonly { key: string; weight?: number }[]) =>
  some.map(variant => ({ ...variant, content: { [key]: variant.key } }))

let row = 0
let items: object[] = []

/** Takes in what was planted, in as many files as it takes. */
async function importAll(name: string): Promise<void> {
  for (let from = 0; from < items.length; from += 5000) {
    const part = items.slice(from, from + 5000)
    const answer = await server.post('/v1/import', { file: name.repeat(64), items: part })
    expect(answer.json, answer.text).toMatchObject({ stored: part.length, errors: [] })
  }
  items = []
}

/** People of an arm, spread evenly over the days, of whom each `did` in a hundred does it an hour later. */
function plant(
  key: string,
  arm: string,
  people: number,
  propensity: number,
  did: Readonly<Record<string, number>> = {},
  planted: {
    readonly from?: number
    readonly days?: number
    readonly exposed?: (day: number) => boolean
    readonly touchpoint?: string
    readonly who?: string
  } = {},
): void {
  const { from = START, days = DAYS, exposed = () => true, touchpoint = key } = planted
  const { who = `${key}-${arm}-${from}` } = planted
  for (let i = 0; i < people; i++) {
    const userId = `${who}-${i}`
    const day = i % days
    const seen = from + day * DAY + 2 * HOUR + i * 1000
    items.push({
      row: row++,
      type: 'decision',
      userId,
      timestamp: seen,
      touchpoint,
      experience: key,
      variant: arm,
      propensity,
      exposed: exposed(day),
    })
    for (const [event, share] of Object.entries(did)) {
      // Of every hundred in a row, so many, on all days alike.
      if ((Math.floor(i / days) * 37 + day * 11) % 100 >= share) continue
      items.push({
        row: row++,
        type: 'track',
        userId,
        event,
        timestamp: new Date(seen + HOUR).toISOString(),
        ...(event === 'Order Completed' && { properties: { total: 10 } }),
      })
    }
  }
}

const ordered = (share: number) => ({ 'Order Completed': share })
const look = async () => (await server.post('/v1/next', {})).json
const of = (next: { suggestions: { kind: string; about: { experience?: string } }[] }, key: string) =>
  next.suggestions.filter(({ about }) => about.experience === key).map(({ kind }) => kind)

describe('GET /v1/next', () => {
  it('has nothing before it looked, and nothing to say of a workspace where nothing runs', async () => {
    expect((await server.get('/v1/next')).json).toMatchObject({ at: null, suggestions: [] })
    expect(await server.services.optimizer.round()).toBe(0)
    expect(await look()).toMatchObject({
      at: START,
      experiences: 0,
      suggestions: [],
      sentence: expect.stringMatching(/^Nothing to do/),
    })
  })

  it('looks once a day, on one node, and finds what was planted and nothing else', async () => {
    const keys = ['hero', 'list', 'panel', 'cart', 'mail', 'promo', 'deal', 'lost', 'gone', 'calm']
    const published = await server.post('/v1/definitions', {
      changes: [
        { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
        ...keys.map(key => ({ kind: 'touchpoint', key, body: { channel: 'web' } })),
        { kind: 'segment', key: 'vip', body: { condition: { trait: 'vip', is: true } } },
        { kind: 'segment', key: 'pro', body: { condition: { trait: 'plan', is: 'pro' } } },
        {
          kind: 'metric',
          key: 'bought',
          body: { type: 'conversion', event: 'Order Completed', window: '1d', worthwhile: 0.02 },
        },
        {
          kind: 'metric',
          key: 'left',
          body: { type: 'conversion', event: 'Muted', window: '1d', direction: 'down', guardrail: true },
        },
        experience('hero', { control: 1 / 3, variants: at('hero', two) }),
        ...['list', 'panel', 'cart', 'deal', 'lost', 'gone', 'calm'].map(key => experience(key)),
        experience('mail', { control: 0 }),
        experience('promo', { control: 0.1, audience: { segment: 'pro' } }),
      ],
    })
    expect(published.status, published.text).toBe(200)
    // They are in the segment before they see anything.
    const vips = ['', 'a'].flatMap(arm => Array.from({ length: 250 }, (_, i) => `deal-vip-${arm}-${i}`))
    const batch = vips.map(userId => ({ type: 'identify', userId, traits: { vip: true }, messageId: userId }))
    expect((await server.post('/v1/batch', { batch })).status).toBe(200)

    now = START + DAYS * DAY + HOUR
    plant('hero', '', 300, 1 / 3, ordered(14))
    plant('hero', 'a', 300, 1 / 3, ordered(15))
    plant('hero', 'b', 300, 1 / 3, ordered(42))
    plant('list', '', 300, 0.5, ordered(30))
    plant('list', 'a', 300, 0.5, ordered(10))
    plant('panel', '', 300, 0.5, ordered(20))
    plant('panel', 'a', 300, 0.5, ordered(28))
    plant('cart', '', 400, 0.5, { ...ordered(20), Muted: 8 })
    plant('cart', 'a', 400, 0.5, { ...ordered(20), Muted: 24 })
    plant('mail', 'a', 120, 1)
    plant('promo', '', 150, 0.1, ordered(20))
    plant('promo', 'a', 1350, 0.9, ordered(50))
    plant('elsewhere', 'a', 2500, 1, {}, { touchpoint: 'promo' })
    for (const [arm, vip, others] of [['', 18, 30] as const, ['a', 50, 12] as const]) {
      plant('deal', arm, 250, 0.5, ordered(vip), { who: `deal-vip-${arm}` })
      plant('deal', arm, 500, 0.5, ordered(others))
    }
    plant('lost', '', 200, 0.5, ordered(20))
    plant('lost', 'a', 400, 0.5, ordered(20))
    // From the last day on nobody reports what was seen.
    plant('gone', '', 300, 0.5, ordered(20), { exposed: day => day < 9 })
    plant('gone', 'a', 300, 0.5, ordered(20), { exposed: day => day < 9 })
    await importAll('a')
    await server.services.shipper.drain(10_000)

    const { services } = server
    const other = new Optimizer({ ...services, holder: 'another node' })
    const rounds = await Promise.all([services.optimizer.round(), other.round()])
    expect(rounds[0] + rounds[1]).toBe(1)
    expect(await other.round()).toBe(0)
    const next = (await server.get('/v1/next')).json
    expect(next).toMatchObject({ at: now, experiences: 10 })
    const found = Object.fromEntries(keys.map(key => [key, of(next, key)]))
    expect(found).toEqual({
      hero: ['declare'],
      list: ['stop'],
      panel: ['extend'],
      cart: ['metric-hurt'],
      mail: ['no-control'],
      promo: ['declare', 'widen'],
      deal: ['try-segment'],
      lost: ['tracking-broke'],
      gone: ['tracking-broke'],
      calm: [],
    })
    // Nothing beyond these: no alarm of an event or touchpoint that is as ever.
    expect(next.suggestions).toHaveLength(Object.values(found).flat().length)
    expect(next.suggestions.map(({ kind }: { kind: string }) => kind).slice(0, 2)).toEqual([
      'tracking-broke',
      'tracking-broke',
    ])
    expect(JSON.stringify(next)).not.toMatch(/NaN|Infinity/)
    const hero = next.suggestions.find(({ about }: { about: { experience?: string } }) => about.experience === 'hero')
    expect(hero).toMatchObject({ id: 'declare~hero~b~bought~2026-03-12', about: { variant: 'b' }, since: now })
    const [low, high] = hero.expected.interval
    expect(low).toBeGreaterThan(0)
    expect(low).toBeLessThan(2)
    expect(high).toBeGreaterThan(2)
    expect(hero.expected.monthly).toMatchObject({ unit: 'bought', isNew: true })
    const [segment] = next.suggestions.filter(({ kind }: { kind: string }) => kind === 'try-segment')
    expect(segment.about.segment).toBe('vip:in')
  }, 300_000)

  it('says what is left of the money, once the settings name a margin', async () => {
    const heroOf = (next: {
      suggestions: { about: { experience?: string }; expected: { monthly: { value: number } } }[]
    }) => next.suggestions.find(({ about }) => about.experience === 'hero')!.expected.monthly
    const bought = heroOf((await server.get('/v1/next')).json)
    expect(bought).toMatchObject({ unit: 'bought' })
    const body = { holdout: 0, currency: 'EUR', impact: { margin: { rate: 0.4 } } }
    const answer = await server.call('PUT', '/v1/settings', { body })
    expect(answer.status, answer.text).toBe(200)
    const net = heroOf(await look())
    expect(net).toMatchObject({ unit: 'EUR', isMoney: true, isNet: true })
    // Each buys once for 10, of which 4 are left.
    expect(net.value).toBeCloseTo(4 * bought.value, 6)
  }, 300_000)
})

describe('the record of what was promised', () => {
  it('takes what the team says it did, and sees what it published', async () => {
    const { suggestions } = (await server.get('/v1/next')).json
    const idOf = (kind: string, key: string) =>
      suggestions.find(
        (some: { kind: string; about: { experience?: string } }) => some.kind === kind && some.about.experience === key,
      ).id
    const said = (id: string, what: string, body: object = {}) =>
      server.post(`/v1/next/${encodeURIComponent(id)}/${what}`, body)
    const promo = idOf('declare', 'promo')
    expect((await said(promo, 'done', { note: 'kept' })).json).toMatchObject({
      state: 'done',
      by: 'team',
      note: 'kept',
    })
    expect((await said(promo, 'done')).json.error.code).toBe('conflict')
    expect((await said(idOf('metric-hurt', 'cart'), 'dismiss')).json).toMatchObject({ state: 'dismissed' })
    expect((await said('declare~nothing', 'done')).status).toBe(404)
    expect((await server.post(`/v1/next/${promo}/done`, {}, { key: 'write-key-of-tests' })).status).toBe(403)

    const put = (key: string, body: object) =>
      server.call('PUT', `/v1/experiences/${key}`, { body: experience(key, body).body })
    const winner = at('hero', two).map(variant => ({ ...variant, weight: variant.key === 'b' ? 1 : 0 }))
    expect((await put('hero', { control: 0.25, variants: winner })).status).toBe(200)
    expect((await put('list', { status: 'ended' })).status).toBe(200)
    expect((await put('promo', { control: 0, audience: { segment: 'pro' } })).status).toBe(200)
    expect((await server.call('PUT', '/v1/settings', { body: { holdout: 0.4 } })).status).toBe(200)
    now += HOUR
    const next = await look()
    expect(of(next, 'hero')).toEqual([])
    expect(of(next, 'list')).toEqual([])
    expect(of(next, 'cart')).toEqual([])
    expect(of(next, 'promo')).toEqual(['widen'])
    const { record, calibration } = (await server.get('/v1/next/record')).json
    const line = (id: string) => record.find((some: { id: string }) => some.id === id)
    expect(line(idOf('declare', 'hero'))).toMatchObject({ state: 'done', by: 'definitions', closed: now - HOUR })
    expect(line(idOf('stop', 'list'))).toMatchObject({ state: 'done', by: 'definitions' })
    expect(calibration.measured).toBe(0)
    expect(calibration.sentence).toContain('wait')
  }, 300_000)

  it('measures afterwards what came: inside what was promised where it lasts, outside where it was a flash', async () => {
    const from = Math.ceil(now / DAY) * DAY
    // It lasts.
    plant('hero', '', 300, 0.25, ordered(14), { from, days: 12 })
    plant('hero', 'b', 900, 0.75, ordered(40), { from, days: 12 })
    // Promised was more than twice as many: now it is as many as without. Nobody is left out of it but the holdout.
    now = from + 2 * DAY
    const people = Array.from({ length: 160 }, (_, i) => `pro-${i}`)
    const batch = people.map(userId => ({ type: 'identify', userId, traits: { plan: 'pro' } }))
    expect((await server.post('/v1/batch', { batch })).status).toBe(200)
    await Promise.all(
      people.map(userId =>
        server.post('/v1/decide', { userId, touchpoints: ['promo'], expose: true }, { key: 'secret-key-of-tests' }),
      ),
    )
    now += HOUR
    const orders = people
      .filter((_, i) => i % 4 === 0)
      .map(userId => ({ type: 'track', userId, event: 'Order Completed' }))
    expect((await server.post('/v1/batch', { batch: orders })).status).toBe(200)
    now = from + 16 * DAY
    await importAll('b')
    await server.services.shipper.drain(10_000)
    await look()
    const { record, calibration } = (await server.get('/v1/next/record')).json
    const line = (start: string) => record.find(({ id }: { id: string }) => id.startsWith(start))
    const hero = line('declare~hero')
    expect(hero).toMatchObject({ state: 'measured', outcome: { by: 'control group', inside: true, agrees: true } })
    expect(hero.outcome.control).toBe(300)
    expect(hero.outcome.lift).toBeGreaterThan(1)
    expect(hero.outcome.sentence).toContain('was promised')
    const promo = line('declare~promo')
    expect(promo).toMatchObject({ state: 'measured', outcome: { by: 'holdout', inside: false } })
    expect(promo.outcome.people + promo.outcome.control).toBe(160)
    expect(promo.outcome.control).toBeGreaterThan(40)
    expect(promo.outcome.lift).toBeLessThan(1)
    // It was ended at once: nobody was there to measure it by, and that is said.
    expect(line('stop~list')).toMatchObject({ state: 'measured', outcome: { by: 'nothing', lift: null } })
    expect(calibration).toMatchObject({ measured: 2, inside: 0.5 })
    expect(calibration.meanMeasured).toBeLessThan(calibration.meanPromised)
  }, 300_000)
})
