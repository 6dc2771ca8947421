import { filesWith } from '@espalier/testkit/files'
import { Analytics } from '@segment/analytics-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer, WRITE_KEY } from './testing/server.ts'

const MARK = 'marzipan-4711'
let server: TestServer

beforeAll(async () => {
  server = await testServer()
  const answer = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'default' } },
      {
        kind: 'experience',
        key: 'offer',
        body: {
          tactic: 'content',
          touchpoints: ['home.hero'],
          control: 0,
          variants: [{ key: 'a', content: { 'home.hero': 'personal' } }],
        },
      },
    ],
  })
  expect(answer.status, answer.text).toBe(200)
})
afterAll(() => server.stop())

const preferring = (categoryPreferences: object) => ({ context: { consent: { categoryPreferences } } })
const track = (body: object, options: Parameters<TestServer['post']>[2] = {}) =>
  server.post('/v1/track', { event: MARK, properties: { text: MARK }, ...body }, options)
const hero = async (body: object, key = WRITE_KEY) =>
  (await server.post('/v1/decide', { touchpoints: ['home.hero'], ...body }, { key })).json.answers['home.hero']
const profileOf = async (ref: string) => (await server.get(`/v1/profiles/${ref}`)).json.profile

describe('R8 refused is not stored', () => {
  it('the answer says so and fails no client; what is kept is the refusal', async () => {
    const answer = await track({ anonymousId: 'private', ...preferring({ analytics: false }) })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      success: true,
      refused: [{ index: 0, reason: 'consent', purpose: 'analytics' }],
    })
    const profile = await profileOf('anonymousId:private')
    expect(profile).toMatchObject({ events: 0, traits: {}, recent: [], identifiers: ['anonymousId:private'] })
    expect(profile.consent.analytics).toMatchObject({ granted: false })
  })

  it('R13 only a secret key learns who refuses', async () => {
    const again = await track({ anonymousId: 'private' }, { key: SECRET_KEY })
    expect(again.json.refused).toEqual([{ index: 0, reason: 'consent', purpose: 'analytics', by: 'person' }])
    expect((await track({ anonymousId: 'private' })).json.refused[0]).not.toHaveProperty('by')
  })

  it('of a batch the rest is kept', async () => {
    const batch = [
      { type: 'track', userId: 'open', event: 'Fine' },
      { type: 'track', userId: 'shut', event: MARK, ...preferring({ analytics: false }) },
      { type: 'track', event: 'nobody’s' },
    ]
    const { json, status } = await server.post('/v1/batch', { batch })
    expect(status).toBe(200)
    expect(json).toMatchObject({ success: true, errors: [{ index: 2 }], refused: [{ index: 1 }] })
    expect((await profileOf('userId:open')).events).toBe(1)
  })

  it('a client’s "false" is a no, what is unclear is taken for one and named, and a "granted" is a yes', async () => {
    const text = await track({ anonymousId: 'textual', ...preferring({ analytics: 'false' }) })
    expect(text.json).toEqual({ success: true, refused: [{ index: 0, reason: 'consent', purpose: 'analytics' }] })
    const ads = preferring({ analytics: 'granted', ads: 'sure' })
    const odd = await track({ anonymousId: 'odd', event: 'Fine', properties: {}, ...ads })
    expect(odd.status).toBe(200)
    expect(odd.json).toEqual({
      success: true,
      warnings: [{ index: 0, code: 'consent_unclear', message: expect.stringContaining('.ads is "sure"') }],
    })
    expect((await profileOf('anonymousId:odd')).consent).toMatchObject({
      analytics: { granted: true },
      ads: { granted: false },
    })
    const batch = [{ type: 'track', userId: 'odd-2', event: 'Fine' }]
    const shared = await server.post('/v1/batch', { batch, ...preferring({ ads: 7 }) })
    expect(shared.json.warnings).toMatchObject([{ index: 0, code: 'consent_unclear' }])
  })

  it('a decision reads its own context in the same way', async () => {
    const ask = (personalization: unknown) =>
      server.post('/v1/decide', { userId: 'asks', touchpoints: ['home.hero'], ...preferring({ personalization }) })
    const plain = (await ask('denied')).json
    expect(plain.answers['home.hero']).toMatchObject({ reason: 'consent', content: 'default' })
    expect(plain).not.toHaveProperty('warnings')
    const unclear = (await ask('perhaps')).json
    expect(unclear.answers['home.hero']).toMatchObject({ reason: 'consent', content: 'default' })
    expect(unclear.warnings).toMatchObject([{ code: 'consent_unclear' }])
    expect((await ask('yes')).json.answers['home.hero']).toMatchObject({ content: 'personal' })
  })

  it('it is counted', async () => {
    const { text } = await server.get('/metrics')
    expect(Number(/espalier_events_total\{outcome="consent"\} (\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(4)
  })

  it('an import is held back by what somebody said, row by row', async () => {
    const items = [
      { row: 0, type: 'track', anonymousId: 'private', event: MARK },
      { row: 1, type: 'track', userId: 'german', event: 'Fine', context: { location: { country: 'DE' } } },
    ]
    const { json } = await server.post('/v1/import', { file: 'a'.repeat(64), items })
    expect(json).toMatchObject({ stored: 1, duplicates: 0, errors: [{ row: 0, index: 0, code: 'consent' }] })
  })

  it('an import too takes a "0" for a no, also in a decision made elsewhere, and names what is unclear', async () => {
    const decision = { type: 'decision', touchpoint: 't', experience: 'e', timestamp: 1_700_000_000_000 }
    const items = [
      { row: 0, type: 'track', userId: 'imported', event: MARK, ...preferring({ analytics: '0' }) },
      { row: 1, userId: 'imported-2', ...decision, ...preferring({ analytics: '?' }) },
      { row: 2, type: 'track', userId: 'imported-3', event: 'Fine', ...preferring({ ads: '?' }) },
    ]
    const { json } = await server.post('/v1/import', { file: 'b'.repeat(64), items })
    expect(json).toMatchObject({
      stored: 1,
      errors: [
        { row: 0, code: 'consent' },
        { row: 1, code: 'consent' },
      ],
    })
    expect(json.warnings).toMatchObject([
      { row: 1, index: 1, code: 'consent_unclear' },
      { row: 2, index: 2, code: 'consent_unclear' },
    ])
  })

  it('a raw search of every file of the data folder finds nothing of what was refused', async () => {
    await server.services.shipper.drain(5000)
    expect((await server.get('/v1/summary')).json.events.map((one: { name: string }) => one.name)).not.toContain(MARK)
    expect(await filesWith(server.services.options.data, [MARK])).toEqual([])
  })

  it('real clients: @segment/analytics-node reports no error', async () => {
    const errors: unknown[] = []
    const client = new Analytics({ writeKey: WRITE_KEY, host: server.url, flushAt: 1, maxRetries: 0 })
    client.on('error', error => errors.push(error))
    client.track({ userId: 'sally', event: MARK, context: preferring({ analytics: false }).context })
    client.track({ userId: 'sally', event: MARK })
    await client.closeAndFlush()
    expect(errors).toEqual([])
    expect((await profileOf('userId:sally')).events).toBe(0)
  })
})

describe('R8 where nobody said anything', () => {
  const context = { location: { country: 'FR' } }

  it('a workspace without consent settings loses nobody to their place', async () => {
    expect((await track({ anonymousId: 'tours', event: 'Fine', context })).json).toEqual({ success: true })
    expect(await hero({ anonymousId: 'tours', context })).toMatchObject({ content: 'personal' })
    await server.call('PUT', '/v1/settings', { body: { holdout: 0, consent: {} } })
  })

  it('a place that asks first is asked first: nobody becomes a person, nothing is decided', async () => {
    expect((await track({ anonymousId: 'paris', context }, { key: SECRET_KEY })).json.refused[0].by).toBe('region')
    expect(await hero({ anonymousId: 'paris', context })).toMatchObject({ reason: 'consent', content: 'default' })
    expect((await server.get('/v1/profiles/anonymousId:paris')).status).toBe(404)
  })

  it('and from their yes on they are welcome', async () => {
    const agreed = { ...context, ...preferring({ analytics: true, personalization: true }).context }
    expect((await track({ anonymousId: 'lyon', event: 'Fine', context: agreed })).json).toEqual({ success: true })
    expect(await hero({ anonymousId: 'lyon', context })).toMatchObject({ content: 'personal' })
  })

  it('a workspace may see it otherwise, with its next request', async () => {
    const settings = { holdout: 0, consent: { regions: {} } }
    expect((await server.call('PUT', '/v1/settings', { body: settings })).status).toBe(200)
    expect((await track({ anonymousId: 'nice', event: 'Fine', context })).json).toEqual({ success: true })
    await server.call('PUT', '/v1/settings', { body: { holdout: 0, consent: {} } })
    expect((await track({ anonymousId: 'nice', event: 'Fine', context })).json.refused).toHaveLength(1)
  })
})

describe('R8 refused is not decided on', () => {
  it('R4 withdrawing takes effect at the next request', async () => {
    const who = { userId: 'fickle' }
    for (let i = 0; i < 5; i++) {
      await server.post('/v1/identify', { ...who, ...preferring({ personalization: true }) })
      expect(await hero(who)).toMatchObject({ content: 'personal', reason: 'assigned' })
      await server.post('/v1/identify', { ...who, ...preferring({ personalization: false }) })
      expect(await hero(who)).toMatchObject({ content: 'default', reason: 'consent' })
    }
  })

  it('what a visitor refused holds at once for the user they log in as on that device', async () => {
    await server.post('/v1/identify', { userId: 'known-user', traits: { a: 1 } })
    await track({ anonymousId: 'their-phone', event: 'Fine', ...preferring({ personalization: false }) })
    expect(await hero({ userId: 'known-user' })).toMatchObject({ reason: 'assigned' })
    expect(await hero({ userId: 'known-user', anonymousId: 'their-phone' })).toMatchObject({ reason: 'consent' })
  })

  it('who may be decided for and not measured is decided for and leaves no trace', async () => {
    const before = (await server.get('/v1/summary')).json.totals
    await track({ userId: 'unmeasured', ...preferring({ analytics: false, personalization: true }) })
    const answer = await hero({ userId: 'unmeasured', expose: true })
    expect(answer).toMatchObject({ content: 'personal', reason: 'assigned' })
    expect(answer).not.toHaveProperty('decisionId')
    const { decisions, exposures } = (await server.get('/v1/summary')).json.totals
    expect({ decisions, exposures }).toEqual({ decisions: before.decisions, exposures: before.exposures })
  })

  it('an explanation says who refuses', async () => {
    const asked = { userId: 'fickle', touchpoints: ['home.hero'], explain: true }
    const { answers } = (await server.post('/v1/decide', asked, { key: SECRET_KEY })).json
    expect(answers['home.hero'].explanation).toEqual({ consent: { purpose: 'personalization', refusedBy: 'person' } })
  })
})

describe('R8 what a browser says for its person', () => {
  it('Sec-GPC: 1 refuses ads and sale for good, and nothing else', async () => {
    const sent = await track({ anonymousId: 'gpc', event: 'Fine' }, { headers: { 'sec-gpc': '1' } })
    expect(sent.json).toEqual({ success: true })
    const { consent } = await profileOf('anonymousId:gpc')
    expect(consent).toMatchObject({ ads: { granted: false }, sale: { granted: false } })
    expect(Object.keys(consent)).toHaveLength(2)
  })

  it('DNT: 1 means what the workspace says it means', async () => {
    const consent = { doNotTrack: ['analytics', 'personalization'] }
    await server.call('PUT', '/v1/settings', { body: { holdout: 0, consent } })
    const headers = { dnt: '1' }
    expect((await track({ anonymousId: 'dnt' }, { headers, key: SECRET_KEY })).json.refused[0].by).toBe('dnt')
    const asked = { anonymousId: 'dnt-2', touchpoints: ['home.hero'] }
    const { answers } = (await server.post('/v1/decide', asked, { headers })).json
    expect(answers['home.hero']).toMatchObject({ reason: 'consent', content: 'default' })
    expect((await server.get('/v1/profiles/anonymousId:dnt-2')).status).toBe(404)
    await server.call('PUT', '/v1/settings', { body: { holdout: 0 } })
  })

  it('0 and nonsense say nothing', async () => {
    const headers = { 'sec-gpc': '0', dnt: 'unspecified' }
    await track({ anonymousId: 'open-minded', event: 'Fine' }, { headers })
    expect((await profileOf('anonymousId:open-minded')).consent).toEqual({})
  })
})

describe('bad settings', () => {
  it.each([
    [{ regions: { Germany: 'opt-in' } }, 'consent.regions.Germany'],
    [{ regions: { DE: 'sometimes' } }, 'consent.regions.DE'],
    [{ purposes: [{ key: 'a' }, { key: 'a' }] }, 'consent.purposes[1]'],
    [
      {
        purposes: [
          { key: 'a', categories: ['C1'] },
          { key: 'b', categories: ['C1'] },
        ],
      },
      'consent.purposes[1].categories[0]',
    ],
    [{ purposes: [{ key: 'a', categories: ['analytics'] }] }, 'consent.purposes[0].categories[0]'],
    [{ purposes: [{ key: 'a', categories: ['C1', 'personalization'] }] }, 'consent.purposes[0].categories[1]'],
    [{ globalPrivacyControl: 'ads' }, 'consent.globalPrivacyControl'],
  ])('%j is refused where it is wrong', async (consent, path) => {
    const { status, json } = await server.call('PUT', '/v1/settings', { body: { consent } })
    expect(status).toBe(422)
    expect(json.error.path).toBe(path)
  })

  it('retention shorter than a day is refused for rows, not for traits', async () => {
    const put = async (retention: object) => server.call('PUT', '/v1/settings', { body: { retention } })
    expect((await put({ events: '6h' })).json.error.path).toBe('retention.events')
    expect((await put({ traits: { phone: '6h' } })).status).toBe(200)
  })
})
