import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature } from '@openfeature/server-sdk'
import { type Provider, OpenFeature as WebOpenFeature } from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer, WRITE_KEY } from './testing/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
  const touchpoint = (key: string, content: unknown) => ({
    kind: 'touchpoint',
    key,
    body: { channel: 'web', ...(content !== undefined && { default: content }) },
  })
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      touchpoint('home.hero', 'plain'),
      touchpoint('new.checkout', false),
      touchpoint('list.size', 10),
      touchpoint('home.layout', { columns: 2 }),
      touchpoint('empty.place', undefined),
      {
        kind: 'experience',
        key: 'welcome',
        body: {
          tactic: 'content',
          touchpoints: ['home.hero', 'new.checkout'],
          control: 0,
          policy: {
            kind: 'rules',
            rules: [{ when: { context: 'plan', is: 'pro' }, variant: 'warm' }],
            otherwise: 'cold',
          },
          variants: [
            { key: 'warm', content: { 'home.hero': 'Welcome back', 'new.checkout': true } },
            { key: 'cold', content: { 'home.hero': 'Hello', 'new.checkout': false } },
          ],
        },
      },
    ],
  })
  expect(published.status, published.text).toBe(200)
}, 300_000)
afterAll(async () => {
  await OpenFeature.close()
  await WebOpenFeature.close()
  await server.stop()
})

const exposures = async () => {
  await server.services.shipper.drain(5000)
  return (await server.get('/v1/summary')).json.totals.exposures as number
}

describe('the published OFREP provider for Node', () => {
  it('evaluates touchpoints of every type as flags, without a word of exposure', async () => {
    await OpenFeature.setProviderAndWait(
      new OFREPProvider({ baseUrl: server.url, headers: [['Authorization', `Bearer ${WRITE_KEY}`]] }),
    )
    const client = OpenFeature.getClient()
    const pro = { targetingKey: 'ada', plan: 'pro' }
    const hero = await client.getStringDetails('home.hero', 'code', pro)
    expect(hero).toMatchObject({ value: 'Welcome back', variant: 'warm', reason: 'TARGETING_MATCH' })
    expect(await client.getBooleanValue('new.checkout', false, pro)).toBe(true)
    expect(await client.getStringValue('home.hero', 'code', { targetingKey: 'anonymousId:device-1' })).toBe('Hello')
    expect(await client.getNumberValue('list.size', 5, pro)).toBe(10)
    expect(await client.getObjectValue('home.layout', {}, pro)).toEqual({ columns: 2 })
    // Nothing is said of this place: the code's own default holds.
    expect(await client.getStringValue('empty.place', 'code', pro)).toBe('code')
    expect(await client.getStringDetails('home.header', 'code', pro)).toMatchObject({
      value: 'code',
      errorCode: 'FLAG_NOT_FOUND',
    })
    expect(await client.getStringDetails('home.hero', 'code', {})).toMatchObject({
      value: 'code',
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(await exposures()).toBe(0)
    // Seen is an event of its own, by the id that came with the flag.
    const { decisionId } = hero.flagMetadata
    const seen = { userId: 'ada', event: 'Exposure', properties: { decisionId } }
    expect((await server.post('/v1/track', seen)).status).toBe(200)
    expect(await exposures()).toBe(1)
  })
})

describe('the published OFREP provider for the web', () => {
  it('has all flags at once, and those of somebody else when that changes', async () => {
    await WebOpenFeature.setContext({ targetingKey: 'grace', plan: 'pro' })
    const provider = new OFREPWebProvider({
      baseUrl: server.url,
      pollInterval: 0,
      headers: [['Authorization', `Bearer ${WRITE_KEY}`]],
    })
    await WebOpenFeature.setProviderAndWait(provider as Provider)
    const client = WebOpenFeature.getClient()
    expect(client.getStringDetails('home.hero', 'code')).toMatchObject({ value: 'Welcome back', variant: 'warm' })
    expect(client.getBooleanValue('new.checkout', false)).toBe(true)
    expect(client.getObjectValue('home.layout', {})).toEqual({ columns: 2 })
    expect(client.getStringValue('empty.place', 'code')).toBe('code')
    expect(client.getStringDetails('home.header', 'code').errorCode).toBe('FLAG_NOT_FOUND')
    await WebOpenFeature.setContext({ targetingKey: 'anonymousId:device-2' })
    expect(client.getStringValue('home.hero', 'code')).toBe('Hello')
    expect(await exposures()).toBe(1)
  })
})

describe('POST /ofrep/v1/evaluate/flags', () => {
  const ask = (context: object, headers: Record<string, string> = {}) =>
    server.post('/ofrep/v1/evaluate/flags', { context }, { key: WRITE_KEY, headers })

  it('answers 304 where nothing a client would see has changed', async () => {
    const first = await ask({ targetingKey: 'ada', plan: 'pro' })
    expect(first.json.flags).toHaveLength(5)
    const etag = first.headers.get('etag')!
    const again = await ask({ targetingKey: 'ada', plan: 'pro' }, { 'if-none-match': etag })
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    const other = await ask({ targetingKey: 'ada', plan: 'free' }, { 'if-none-match': etag })
    expect(other.status).toBe(200)
    expect(other.headers.get('etag')).not.toBe(etag)
  })

  it('answers 304 to nobody else, though all is alike: exposures are told by the ids of one’s own decisions', async () => {
    const device = { targetingKey: 'anonymousId:shared', plan: 'pro' }
    const first = await ask(device)
    const etag = first.headers.get('etag')!
    expect((await ask(device, { 'if-none-match': etag })).status).toBe(304)
    await ask({ targetingKey: 'somebody else' })
    const user = await ask({ ...device, userId: 'somebody else' }, { 'if-none-match': etag })
    const values = (answer: typeof first) =>
      answer.json.flags.map(({ key, value }: { key: string; value: unknown }) => [key, value])
    expect(values(user)).toEqual(values(first))
  })

  it('a person who is named by a number is who they are by its text', async () => {
    for (const context of [{ targetingKey: 4711 }, { userId: 4711, targetingKey: 'anonymousId:elsewhere' }]) {
      const flag = await server.post('/ofrep/v1/evaluate/flags/home.hero', { context }, { key: WRITE_KEY })
      expect(flag.status, flag.text).toBe(200)
    }
    expect((await server.get('/v1/profiles/userId:4711')).status).toBe(200)
    expect((await server.get('/v1/profiles/anonymousId:elsewhere')).status).toBe(404)
  })

  it('refuses in the protocol’s own words', async () => {
    const nobody = await ask({})
    expect([nobody.status, nobody.json.errorCode]).toEqual([400, 'TARGETING_KEY_MISSING'])
    const broken = await server.post('/ofrep/v1/evaluate/flags', '{', { key: WRITE_KEY })
    expect([broken.status, broken.json.errorCode]).toEqual([400, 'PARSE_ERROR'])
    const odd = await server.post('/ofrep/v1/evaluate/flags', { context: 'ada' }, { key: WRITE_KEY })
    expect([odd.status, odd.json.errorCode]).toEqual([400, 'INVALID_CONTEXT'])
    for (const path of ['/ofrep/v1/evaluate/flags', '/ofrep/v1/evaluate/flags/home.hero']) {
      const context = { targetingKey: 'ada', page: 'x'.repeat(33_000) }
      const large = await server.post(path, { context }, { key: WRITE_KEY })
      expect(large).toMatchObject({
        status: 400,
        json: { errorCode: 'INVALID_CONTEXT', error: { code: 'context_too_large' } },
      })
    }
    const gone = await server.post(
      '/ofrep/v1/evaluate/flags/no.such',
      { context: { targetingKey: 'ada' } },
      { key: WRITE_KEY },
    )
    expect([gone.status, gone.json.key, gone.json.errorCode]).toEqual([404, 'no.such', 'FLAG_NOT_FOUND'])
    expect((await server.post('/ofrep/v1/evaluate/flags', {}, { key: '' })).status).toBe(401)
  })

  it('is understood by the published provider where a body is larger than any request may be, and a key longer than any flag’s', async () => {
    const headers: [string, string][] = [['Authorization', `Bearer ${WRITE_KEY}`]]
    await OpenFeature.setProviderAndWait('limits', new OFREPProvider({ baseUrl: server.url, headers }))
    const client = OpenFeature.getClient('limits')
    const ask = (flag: string, page = '') => client.getStringDetails(flag, 'code', { targetingKey: 'ada', page })
    expect(await ask('home.hero', 'x'.repeat(600_000))).toMatchObject({
      value: 'code',
      errorCode: 'PARSE_ERROR',
      errorMessage: 'The body is larger than 512000 bytes.',
    })
    expect(await ask('x'.repeat(300))).toMatchObject({ value: 'code', errorCode: 'FLAG_NOT_FOUND' })
    const context = { targetingKey: 'ada', page: 'x'.repeat(600_000) }
    const bulk = await server.post('/ofrep/v1/evaluate/flags', { context }, { key: WRITE_KEY })
    expect([bulk.status, bulk.json.errorCode]).toEqual([400, 'PARSE_ERROR'])
  })

  it('takes the key as X-API-Key where Authorization names none', async () => {
    const ask = async (given: Readonly<Record<string, string>>) => {
      const headers = { 'x-api-key': WRITE_KEY, ...given }
      const body = { context: { targetingKey: 'ada' } }
      return (await server.post('/ofrep/v1/evaluate/flags', body, { key: '', headers })).status
    }
    expect(await ask({})).toBe(200)
    for (const authorization of ['', 'Bearer', 'Basic Og==', 'Negotiate YII=']) {
      expect(await ask({ authorization }), authorization).toBe(200)
    }
    expect(await ask({ authorization: 'Bearer nobody-s' })).toBe(401)
  })
})
