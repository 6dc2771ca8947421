import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer, WRITE_KEY } from './testing/server.ts'

const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
let server: TestServer

const experience = (more: object = {}) => ({
  tactic: 'content',
  touchpoints: ['home.hero'],
  variants: [
    { key: 'a', content: { 'home.hero': { text: 'A' } } },
    { key: 'b', content: { 'home.hero': { text: 'B' } } },
  ],
  ...more,
})

const publish = async (changes: object[]) => {
  const answer = await server.post('/v1/definitions', { changes })
  expect(answer.status, answer.text).toBe(200)
  return answer.json
}

beforeAll(async () => {
  server = await testServer()
  await publish([
    { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
    { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: { text: 'default' } } },
    { kind: 'touchpoint', key: 'cart.note', body: { channel: 'web', default: 'nothing' } },
    { kind: 'experience', key: 'split', body: experience({ control: 0.3 }) },
    {
      kind: 'experience',
      key: 'buyers',
      body: {
        tactic: 'offer',
        touchpoints: ['cart.note'],
        control: 0,
        audience: { did: 'Order Completed', atLeast: 2, within: '7d' },
        variants: [{ key: 'thanks', content: { 'cart.note': { item: { $item: 'mug' } } } }],
      },
    },
  ])
  await server.post('/v1/catalog', { items: [{ id: 'mug', title: 'Mug', price: 9 }] })
})
afterAll(() => server.stop())

const decide = (body: object, key?: string) =>
  server.post('/v1/decide', { touchpoints: ['home.hero'], ...body }, key === undefined ? {} : { key })
const hero = async (body: object) => (await decide(body)).json.answers['home.hero']
const buy = (userId: string, i: number) => ({
  type: 'track',
  userId,
  event: 'Order Completed',
  messageId: `${userId}-${i}`,
})

describe('POST /v1/decide', () => {
  it('R6 gives the same person the same variant; some are in the control group and get the default', async () => {
    const people = Array.from({ length: 60 }, (_, i) => `person-${i}`)
    const first = await Promise.all(people.map(anonymousId => hero({ anonymousId })))
    const again = await Promise.all(people.map(anonymousId => hero({ anonymousId })))
    const essence = (answers: { variant?: string; reason: string }[]) => answers.map(one => [one.variant, one.reason])
    expect(essence(again)).toEqual(essence(first))
    const control = first.filter(one => one.control)
    expect(control.length).toBeGreaterThan(5)
    expect(control.length).toBeLessThan(35)
    for (const one of control) {
      expect(one).toMatchObject({ reason: 'control', content: { text: 'default' }, experience: 'split' })
      expect(one).not.toHaveProperty('variant')
      expect(one.decisionId).toEqual(expect.any(String))
    }
    expect(new Set(first.map(one => one.variant))).toEqual(new Set(['a', 'b', undefined]))
  })

  it('R4 events that come along are taken in first', async () => {
    const { userId: _, ...unnamed } = buy('same-trip', 2)
    const events = [buy('same-trip', 1), unnamed, { type: 'track' }]
    const answer = await decide({ userId: 'same-trip', touchpoints: ['cart.note'], events })
    expect(answer.json.answers['cart.note']).toMatchObject({
      experience: 'buyers',
      variant: 'thanks',
      content: { item: { id: 'mug', title: 'Mug', price: 9 } },
    })
    expect(answer.json.errors).toHaveLength(1)
    expect(answer.json.errors).toMatchObject([{ index: 2 }])
  })

  it('a missing catalog item shows the default and names what is missing', async () => {
    await server.call('DELETE', '/v1/catalog/mug')
    const answer = await decide({ userId: 'same-trip', touchpoints: ['cart.note'] })
    expect(answer.json.answers['cart.note']).toMatchObject({
      reason: 'missing-item',
      content: 'nothing',
      missing: ['mug'],
    })
    await server.post('/v1/catalog', { items: [{ id: 'mug', title: 'Mug', price: 9 }] })
  })

  it('somebody unknown becomes a person to whom later events belong', async () => {
    const { profile } = (await decide({ anonymousId: 'new-here' }, SECRET_KEY)).json
    await server.post('/v1/identify', { anonymousId: 'new-here', userId: 'named-now' })
    expect((await server.get('/v1/profiles/userId:named-now')).json.profile.id).toBe(profile)
  })

  it('an unknown user on a known device is that device’s person, as an event would have it', async () => {
    const device = (await decide({ anonymousId: 'device-1' }, SECRET_KEY)).json
    const both = (await decide({ anonymousId: 'device-1', userId: 'user-1' }, SECRET_KEY)).json
    expect(both.profile).toBe(device.profile)
    expect(both.answers['home.hero'].variant).toBe(device.answers['home.hero'].variant)
  })

  it('bots get the default, leave nothing and are nobody', async () => {
    const context = { userAgent: GOOGLEBOT }
    expect(await hero({ anonymousId: 'crawler', context })).toMatchObject({
      reason: 'bot',
      content: { text: 'default' },
    })
    expect(await hero({ anonymousId: 'crawler', context })).not.toHaveProperty('decisionId')
    const header = await server.post(
      '/v1/decide',
      { anonymousId: 'crawler', touchpoints: ['home.hero'] },
      { headers: { 'user-agent': GOOGLEBOT } },
    )
    expect(header.json.answers['home.hero'].reason).toBe('bot')
    expect((await server.get('/v1/profiles/anonymousId:crawler')).status).toBe(404)
  })

  it('a bot is one whatever its user agent begins with; the HTTP client of a server makes none of a person', async () => {
    const ask = (agent: string, given: object, key = WRITE_KEY) =>
      server.post('/v1/decide', { touchpoints: ['home.hero'], ...given }, { key, headers: { 'user-agent': agent } })
    const reason = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).json.answers['home.hero'].reason
    const track = (agent: string, anonymousId: string) =>
      server.post(
        '/v1/batch',
        { batch: [{ type: 'track', anonymousId, event: 'x' }] },
        { headers: { 'user-agent': agent } },
      )
    const known = async (id: string) => (await server.get(`/v1/profiles/anonymousId:${id}`)).status === 200

    expect(await reason('Googlebot/2.1', { anonymousId: 'plain-bot' })).toBe('bot')
    expect((await track('Googlebot/2.1', 'plain-bot')).json.errors).toMatchObject([{ index: 0, code: 'bot' }])
    expect(await known('plain-bot')).toBe(false)
    const flag = await server.call('POST', '/ofrep/v1/evaluate/flags/home.hero', {
      body: { context: { targetingKey: 'anonymousId:flag-bot' } },
      key: WRITE_KEY,
      headers: { 'user-agent': 'Googlebot/2.1' },
    })
    expect(flag.status).toBe(200)
    expect(await known('flag-bot')).toBe(false)

    for (const [i, agent] of ['node', 'axios/1.7.2', 'python-requests/2.32.3', 'Go-http-client/2.0'].entries()) {
      expect(await reason(agent, { anonymousId: `asked-for-${i}` }), agent).not.toBe('bot')
      expect(await known(`asked-for-${i}`), agent).toBe(true)
      expect((await track(agent, `told-of-${i}`)).json.errors, agent).toBeUndefined()
    }
    // A server that is called like one, and says for whom it asks, or proves to be ours.
    const context = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' }
    expect(await reason('shopbot/1.0', { anonymousId: 'of-shopbot', context })).not.toBe('bot')
    expect(await reason('shopbot/1.0', { anonymousId: 'of-shopbot-2' }, SECRET_KEY)).not.toBe('bot')
  })

  it('R8 who refuses personalization gets the default, and nothing is kept of it', async () => {
    const context = { consent: { categoryPreferences: { personalization: false } } }
    const answer = await hero({ anonymousId: 'private', context })
    expect(answer).toMatchObject({ reason: 'consent', content: { text: 'default' } })
    expect(answer).not.toHaveProperty('decisionId')
    expect((await server.get('/v1/profiles/anonymousId:private')).status).toBe(404)
    await server.post('/v1/track', { anonymousId: 'refused-before', event: 'x', context })
    expect(await hero({ anonymousId: 'refused-before' })).toMatchObject({ reason: 'consent' })
  })

  it('unknown touchpoints, also those named like JavaScript’s own, are answered', async () => {
    const touchpoints = ['no.such', '__proto__', 'constructor', 'toString']
    const { answers } = (await decide({ anonymousId: 'x1', touchpoints })).json
    for (const touchpoint of touchpoints) {
      expect(Object.hasOwn(answers, touchpoint), touchpoint).toBe(true)
      expect(answers[touchpoint]).toMatchObject({ reason: 'unknown-touchpoint', content: null })
    }
  })

  it('preview forces a variant, for a secret key or a link, logs nothing and makes nobody a person', async () => {
    const preview = { split: 'b' }
    const { link } = (await server.post('/v1/links', { allows: ['preview'] })).json
    const before = (await server.get('/v1/summary')).json.totals.decisions
    for (const answer of [
      await decide({ anonymousId: 'viewer', preview }, SECRET_KEY),
      await decide({ anonymousId: 'viewer', preview, link }),
      await server.post(`/v1/decide?link=${link}`, { anonymousId: 'viewer', touchpoints: ['home.hero'], preview }),
    ]) {
      expect(answer.json.answers['home.hero']).toMatchObject({
        reason: 'preview',
        variant: 'b',
        content: { text: 'B' },
      })
      expect(answer.json.answers['home.hero']).not.toHaveProperty('decisionId')
    }
    expect((await server.get('/v1/profiles/anonymousId:viewer')).status).toBe(404)
    expect((await server.get('/v1/summary')).json.totals.decisions).toBe(before)
  })

  it('explain says why, condition by condition', async () => {
    const answer = await decide({ userId: 'same-trip', touchpoints: ['cart.note'], explain: true }, SECRET_KEY)
    const { explanation, propensity } = answer.json.answers['cart.note']
    expect(explanation.candidates[0]).toMatchObject({ experience: 'buyers', outcome: 'won' })
    expect(propensity).toBe(1)
  })

  it('R11 a context that would make every decision and exposure large is refused; events along with it may be many', async () => {
    const context = { cart: 'x'.repeat(33_000) }
    const refused = await decide({ anonymousId: 'hoarder', context, expose: true }, WRITE_KEY)
    expect(refused).toMatchObject({ status: 400, json: { error: { code: 'context_too_large', path: 'body.context' } } })
    expect((await server.get('/v1/profiles/anonymousId:hoarder')).status).toBe(404)
    const events = Array.from({ length: 3 }, () => ({
      type: 'track',
      event: 'Read',
      properties: { text: context.cart.slice(0, 30_000) },
    }))
    const kept = await decide({ anonymousId: 'reader', context: { cart: 'x'.repeat(32_000) }, events }, WRITE_KEY)
    expect(kept.status, kept.text).toBe(200)
  })

  it('R7 a context with a number that its log could not hold is refused, as an event is', async () => {
    const ask = '{"anonymousId":"endless","touchpoints":["home.hero"],"context":{"cart":{"totals":[1,-1e400]}}}'
    const refused = await server.post('/v1/decide', ask)
    const path = 'body.context.cart.totals[1]'
    expect(refused).toMatchObject({ status: 400, json: { error: { code: 'invalid', path } } })
    const flags = await server.post('/ofrep/v1/evaluate/flags', '{"context":{"targetingKey":"ada","n":1e400}}')
    expect(flags).toMatchObject({ status: 400, json: { errorCode: 'INVALID_CONTEXT' } })
  })

  it('an exposure is counted for the arm of its decision id; `expose` counts at once', async () => {
    const before = (await server.get('/v1/summary')).json.totals
    const { decisionId } = await hero({ anonymousId: 'seer' })
    const exposure = { anonymousId: 'seer', event: 'Exposure', properties: { decisionId } }
    expect((await server.post('/v1/track', exposure)).status).toBe(200)
    await decide({ anonymousId: 'seer-2', expose: true })
    const after = (await server.get('/v1/summary')).json.totals
    expect(after.exposures - before.exposures).toBe(2)
    expect(after.decisions - before.decisions).toBe(2)
  })

  it('an exposure to somebody else’s answer counts for nobody, until they are one; R13 only a secret key is told so', async () => {
    const exposures = async () => (await server.get('/v1/summary')).json.totals.exposures
    const before = await exposures()
    const { decisionId } = await hero({ anonymousId: 'shown' })
    const seen = (who: object) => ({ ...who, type: 'track', event: 'Exposure', properties: { decisionId } })
    const ofAnother = { index: 1, code: 'exposure_foreign', message: expect.stringContaining('identify') }
    const batch = [seen({ anonymousId: 'shown', messageId: 'shown-1' }), seen({ userId: 'sneaky' })]
    expect((await server.post('/v1/batch', { batch }, { key: SECRET_KEY })).json).toEqual({
      success: true,
      warnings: [ofAnother],
    })
    expect((await server.post('/v1/batch', { batch: [seen({ userId: 'sneaky' })] })).json).toEqual({ success: true })
    expect(await exposures()).toBe(before + 1)
    await server.post('/v1/identify', { anonymousId: 'shown', userId: 'known-now' })
    expect(
      (await server.post('/v1/batch', { batch: [seen({ userId: 'known-now' })] }, { key: SECRET_KEY })).json,
    ).toEqual({
      success: true,
    })
    expect(await exposures()).toBe(before + 2)
  })

  it('R7 the log’s row holds what another policy could be judged by', async () => {
    const rows: string[] = []
    const { outbox } = server.services.store
    const { log } = outbox
    outbox.log = given => {
      rows.push(...given.map(row => row.line))
      return log.call(outbox, given)
    }
    try {
      await decide({ userId: 'same-trip', touchpoints: ['home.hero', 'cart.note'], context: { ip: '203.0.113.9' } })
    } finally {
      outbox.log = log
    }
    const [row] = rows.map(line => JSON.parse(line))
    expect(row).toMatchObject({
      workspace: 'main',
      bucket_key: expect.any(String),
      'answers.touchpoint': ['home.hero', 'cart.note'],
      'answers.experience': ['split', 'buyers'],
      inputs: { signals: { 'Order Completed': [expect.any(Number), expect.any(Number)] } },
      context: { ip: '203.0.113.0' },
    })
    expect(row['answers.propensity'][1]).toBe(1)
  })
})

describe('R4 freshness', () => {
  it('a decision asked after an acknowledgement sees that event, whatever happens at the same time', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ person: fc.nat({ max: 5 }), buys: fc.boolean() }), { minLength: 5, maxLength: 40 }),
        async steps => {
          run++
          const bought = new Map<string, number>()
          const chains = new Map<number, Promise<void>>()
          for (const { person, buys } of steps) {
            const userId = `fresh-${run}-${person}`
            // Each person does one thing after the other; people do theirs at the same time.
            const next = async () => {
              const count = bought.get(userId) ?? 0
              if (buys) {
                expect((await server.post('/v1/track', buy(userId, count))).status).toBe(200)
                bought.set(userId, count + 1)
              } else {
                const { answers } = (await decide({ userId, touchpoints: ['cart.note'] })).json
                expect(answers['cart.note'].reason).toBe(count >= 2 ? 'assigned' : 'no-experience')
              }
            }
            chains.set(person, (chains.get(person) ?? Promise.resolve()).then(next))
          }
          await Promise.all(chains.values())
        },
      ),
      { numRuns: 15 },
    )
  })

  it('a publication is used by the next request on this node, and a request sees one set', async () => {
    await publish([{ kind: 'touchpoint', key: 'fresh.note', body: { channel: 'web', default: 1 } }])
    for (let version = 2; version < 6; version++) {
      await publish([{ kind: 'touchpoint', key: 'fresh.note', body: { channel: 'web', default: version } }])
      const { answers } = (await decide({ anonymousId: 'fresh', touchpoints: ['fresh.note'] })).json
      expect(answers['fresh.note'].content).toBe(version)
    }
  })
})

describe('signals that a new definition needs', () => {
  it('are filled in from the log, with the events that come meanwhile, each once', async () => {
    const before = Array.from({ length: 40 }, (_, i) => ({
      type: 'track',
      userId: `reader-${i % 10}`,
      event: 'Article Read',
      messageId: `read-${i}`,
    }))
    await server.post('/v1/batch', { batch: before })
    const during = Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        server.post('/v1/track', { userId: `reader-${i % 10}`, event: 'Article Read', messageId: `during-${i}` }),
      ),
    )
    await publish([
      { kind: 'touchpoint', key: 'blog.end', body: { channel: 'web', default: 'none' } },
      {
        kind: 'experience',
        key: 'readers',
        body: {
          tactic: 'content',
          touchpoints: ['blog.end'],
          control: 0,
          audience: { did: 'Article Read', atLeast: 6 },
          variants: [{ key: 'a', content: { 'blog.end': 'subscribe' } }],
        },
      },
    ])
    await during
    await server.services.backfill.idle()
    for (let i = 0; i < 10; i++) {
      const { profile } = (await server.get(`/v1/profiles/userId:reader-${i}`)).json
      const [signal] = Object.values(profile.signals) as { times: unknown[] }[]
      expect(signal!.times).toHaveLength(6)
      const { answers } = (await decide({ userId: `reader-${i}`, touchpoints: ['blog.end'] })).json
      expect(answers['blog.end'].content).toBe('subscribe')
    }
  })

  it('a signal filled in once is not filled in again, until it was not needed for a while', async () => {
    const { backfill, definitions } = server.services
    const read = async () => (await definitions.refresh('main')).compiled.plan.signals.get('Article Read')
    const first = await read()
    expect(first).toMatchObject({ filled: true })
    await publish([{ kind: 'touchpoint', key: 'blog.end', body: { channel: 'web', default: 'other' } }])
    expect(await read()).toMatchObject({ since: first!.since, filled: true })
    const { definitions: live } = await server.services.store.definitions.current('main')
    const readers = live.find(({ key }) => key === 'readers')!.body as Record<string, unknown>
    await publish([{ kind: 'experience', key: 'readers', body: null }])
    expect(await read()).toBeUndefined()
    await publish([{ kind: 'experience', key: 'readers', body: readers }])
    await backfill.idle()
    expect((await read())!.since).toBeGreaterThan(first!.since)
    expect(await read()).toMatchObject({ filled: true })
  })
})
