import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SECRET_KEY, type TestServer, testServer, WRITE_KEY } from '../testing/server.ts'
import { toProblem } from './failure.ts'
import { routes } from './routes/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.stop())

const track = (more: object = {}) => ({ type: 'track', userId: 'u1', event: 'Tested', ...more })

describe('bad input is named by its path', () => {
  const secret = { key: SECRET_KEY }
  it.each<[string, string, unknown, object]>([
    ['POST', '/v1/decide', { userId: 'u1' }, { path: 'body' }],
    ['POST', '/v1/decide', { touchpoints: ['a'] }, { path: 'body.userId' }],
    ['POST', '/v1/decide', { userId: 'undefined', touchpoints: ['a'] }, { path: 'body.userId' }],
    ['POST', '/v1/decide', { userId: 'u1', touchpoints: [] }, { path: 'body.touchpoints' }],
    ['POST', '/v1/decide', { userId: 'u1', touchpoints: ['a', 7] }, { path: 'body.touchpoints[1]' }],
    ['POST', '/v1/decide', { userId: 'u1', touchpoints: ['a'], speed: 1 }, { path: 'body', message: /speed/ }],
    ['POST', '/v1/decide', { userId: 'u1', touchpoints: ['a'], preview: { nope: 'x' } }, { path: 'body.preview.nope' }],
    ['POST', '/v1/decide', [], { path: 'body' }],
    ['POST', '/v1/catalog', { items: [{ id: 'a', price: -1 }] }, { path: 'body.items[0].price' }],
    // As a part of an address they are taken out of it, also as %2E: nobody could ask for the item, or remove it.
    [
      'POST',
      '/v1/catalog',
      { items: [{ id: 'a' }, { id: '.' }] },
      { path: 'body.items[1].id', mend: 'Call it otherwise.' },
    ],
    ['POST', '/v1/catalog', { items: [{ id: '..' }] }, { path: 'body.items[0].id' }],
    ['POST', '/v1/catalog', { items: [{ id: 'a', stock: '7' }] }, { path: 'body.items[0].stock' }],
    ['POST', '/v1/catalog', { items: [{ id: 'a', image: 'javascript:alert(1)' }] }, { path: 'body.items[0].image' }],
    [
      'POST',
      '/v1/rates',
      { rates: [{ day: '2026-13-01', currency: 'EUR', base: 'USD', rate: 1 }] },
      { path: 'body.rates[0].day' },
    ],
    ['POST', '/v1/keys', { kind: 'admin' }, { path: 'body.kind' }],
    ['POST', '/v1/import', { file: 'x', items: [{}] }, { path: 'body.file' }],
    ['POST', '/v1/links', { allows: ['explain'] }, { path: 'body.userId' }],
    ['PUT', '/v1/touchpoints/a', [], { path: 'body' }],
    ['GET', '/v1/summary?from=tomorrow', undefined, { path: 'query.from' }],
    ['GET', '/v1/catalog?limit=many', undefined, { path: 'query.limit' }],
    ['GET', '/v1/profiles/userId:u1/events?limit=0', undefined, { path: 'query.limit' }],
    ...['1.5', '', '%20', '0x10', '1e1', '5;', '-1', '99999999999999999999'].map(
      (text): [string, string, unknown, object] => [
        'GET',
        `/v1/catalog?limit=${text}`,
        undefined,
        { path: 'query.limit' },
      ],
    ),
  ])('%s %s %j', async (method, path, body, expected) => {
    await server.post('/v1/track', track())
    const answer = await server.call(method, path, { ...secret, body })
    const { message, ...rest } = expected as { message?: RegExp }
    expect(answer.json.error).toMatchObject({ code: 'invalid', ...rest })
    if (message !== undefined) expect(answer.json.error.message).toMatch(message)
    expect(answer.status).toBe(400)
  })

  it.each([
    ['GET', '/v1/profiles/userId:u1?limt=1', 'query.limt', /Leave it out/],
    ['GET', '/v1/profiles/userId:u1/events?limt=1', 'query.limt', /^Use before, limit\.$/],
    ['GET', '/v1/keys?kind=write', 'query.kind', /Leave it out/],
    ['GET', '/v1/doctor?clok=1', 'query.clok', /^Use clock\.$/],
    ['GET', '/v1/summary?__proto__=1', 'query.__proto__', /^Use from, to\.$/],
    ['POST', '/v1/catalog?dryRun=true', 'query.dryRun', /Leave it out/],
    ['DELETE', '/v1/profiles/userId:u1?purpose=ads', 'query.purpose', /Leave it out/],
  ])('%s %s names the field that nobody knows, and those there are, and does nothing', async (method, path, field, mend) => {
    await server.post('/v1/track', track())
    const body = method === 'POST' ? { items: [{ id: 'not-stored', title: 'x' }] } : undefined
    const answer = await server.call(method, path, { ...secret, body })
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid', path: field } } })
    expect(answer.json.error.message).toBe(`${field} is not known here.`)
    expect(answer.json.error.mend).toMatch(mend)
    expect((await server.get('/v1/catalog/not-stored')).status).toBe(404)
    expect((await server.get('/v1/profiles/userId:u1')).status).toBe(200)
  })

  it('only formats of others, and what probes and scrapers read, pass over what stands in their query', async () => {
    expect(
      routes.filter(route => route.passesOverQuery === true).map(({ method, path }) => `${method} ${path}`),
    ).toEqual([
      ...['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch'].map(type => `POST /v1/${type}`),
      ...['i', 't', 'p', 's', 'g', 'a', 'b'].map(letter => `POST /v1/${letter}`),
      'POST /v1/import/',
      'POST /ofrep/v1/evaluate/flags',
      'POST /ofrep/v1/evaluate/flags/{key}',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
    ])
    expect((await server.post('/v1/track?_=1', track())).status).toBe(200)
    expect((await server.get('/health/live?verbose=1')).status).toBe(200)
  })

  it('all that an error holds is in the OpenAPI document, for clients that are made from it', async () => {
    const { paths, components } = (await server.get('/openapi.json', { key: '' })).json
    const changes = [{ kind: 'segment', key: 'broken', body: {}, file: 'broken.yaml' }]
    const refused: [path: string, body: object, members: string[]][] = [
      ['/v1/track', {}, ['error', 'errors', 'success']],
      ['/v1/batch', {}, ['error', 'success']],
      ['/v1/definitions', { changes }, ['error', 'errors']],
      ['/ofrep/v1/evaluate/flags', {}, ['error', 'errorCode', 'errorDetails']],
      ['/ofrep/v1/evaluate/flags/{key}', {}, ['error', 'errorCode', 'errorDetails', 'key']],
    ]
    for (const [path, body, members] of refused) {
      const { status, json } = await server.post(path.replace('{key}', 'none'), body, secret)
      expect(Object.keys(json).sort(), path).toEqual(members)
      const { responses } = paths[path].post
      const { $ref } = (responses[status] ?? responses.default).content['application/json'].schema
      const { properties } = components.schemas[$ref.split('/').at(-1)]
      expect(Object.keys(properties), path).toEqual(expect.arrayContaining(members))
      const item = Object.keys(json.errors?.[0] ?? {})
      expect(Object.keys(properties.errors.items.properties), path).toEqual(expect.arrayContaining(item))
    }
  })

  it('what is not there is 404 with a mend', async () => {
    for (const path of [
      '/v1/touchpoints/none',
      '/v1/experiences/none/versions',
      '/v1/catalog/none',
      '/v1/profiles/userId:nobody',
      '/v1/profiles/0197f000-0000-7000-8000-000000000000',
      '/v1/experiences/none/impact?metric=none',
    ]) {
      const answer = await server.get(path)
      expect(answer, path).toMatchObject({
        status: 404,
        json: { error: { code: 'not_found', mend: expect.any(String) } },
      })
      // That document tells routes, and none of these.
      expect(answer.json.error.mend, path).not.toContain('openapi')
    }
    expect((await server.get('/v1/nowhere')).json.error.mend).toContain('/openapi.json')
  })

  it('a broken definition is named by file, kind, key and path, and nothing is published', async () => {
    const changes = [
      { kind: 'touchpoint', key: 'fine', body: { channel: 'web' } },
      {
        kind: 'experience',
        key: 'broken',
        file: 'experiences/broken.yaml',
        body: { tactic: 'content', touchpoints: ['gone'], variants: [] },
      },
      { kind: 'nonsense', key: 'x', body: {} },
    ]
    const answer = await server.post('/v1/definitions', { changes })
    expect(answer).toMatchObject({
      status: 422,
      json: { error: { code: 'invalid_definition', mend: expect.any(String) } },
    })
    expect(answer.json.errors).toContainEqual(
      expect.objectContaining({
        file: 'experiences/broken.yaml',
        kind: 'experience',
        key: 'broken',
        mend: expect.any(String),
      }),
    )
    expect(answer.json.errors).toContainEqual(expect.objectContaining({ kind: 'nonsense', key: 'x' }))
    expect((await server.get('/v1/definitions')).json).toMatchObject({ version: 0, definitions: [] })
  })
})

describe('what no schema says', () => {
  it('an address that cannot be decoded is refused as everything else is', async () => {
    const answer = await server.get('/v1/profiles/userId:%zz')
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid', mend: expect.any(String) } } })
  })

  it('control characters in a path, a query or a name: PostgreSQL could not be asked, and nobody could type them', async () => {
    const paths = ['profiles/x%00', 'profiles/userId:a%0A', 'accounts/%00', 'catalog/%00', 'catalog?after=%00']
    paths.push('experiences/%00/impact', 'experiences/x/impact?metric=%00', 'touchpoints/%00/versions', 'erasures/%00')
    for (const path of paths) {
      const answer = await server.get(`/v1/${path}`)
      expect(answer, path).toMatchObject({ status: 400, json: { error: { code: 'invalid', mend: 'Remove it.' } } })
    }
    const as = { touchpoints: ['home.hero'], preview: { as: 'x\u0000' } }
    const bodies: [string, object, string][] = [
      ['/v1/catalog', { items: [{ id: 'a' }, { id: 'b\u0000' }] }, 'body.items[1].id'],
      ['/v1/catalog', { items: [{ id: 'half \ud800' }] }, 'body.items[0].id'],
      ['/v1/keys', { kind: 'write', label: 'mine\u0000' }, 'body.label'],
      ['/v1/decide', as, 'body.preview.as'],
    ]
    for (const [path, body, place] of bodies) {
      const answer = await server.post(path, body, { key: SECRET_KEY })
      expect(answer, place).toMatchObject({ status: 400, json: { error: { path: place } } })
    }
    expect((await server.get('/v1/catalog/a')).status).toBe(404)
  })

  it('nobody is decided for whom no event could name', async () => {
    for (const kind of ['userId', 'anonymousId']) {
      const answer = await server.post('/v1/decide', { [kind]: 'a\u0000', touchpoints: ['home.hero'] })
      expect(answer).toMatchObject({ status: 400, json: { error: { path: `body.${kind}` } } })
    }
    const asked = await server.post('/ofrep/v1/evaluate/flags', { context: { targetingKey: 'a\u0000' } })
    expect(asked.status).toBe(400)
  })

  it('who asks for a decision may be named as in events: by a number, and with null for what there is not', async () => {
    await server.post('/v1/identify', { userId: 42, anonymousId: null, traits: { plan: 'pro' } })
    const asked = { userId: 42, anonymousId: null, context: null, events: null, touchpoints: ['home.hero'] }
    const answer = await server.post('/v1/decide', asked, { key: SECRET_KEY })
    const { profile } = (await server.get('/v1/profiles/userId:42')).json
    expect(answer).toMatchObject({ status: 200, json: { profile: profile.id } })
    const inexact = await server.post('/v1/decide', { userId: 2 ** 60, touchpoints: ['home.hero'] })
    expect(inexact).toMatchObject({ status: 400, json: { error: { path: 'body.userId' } } })
    const nobody = await server.post('/v1/decide', { userId: null, touchpoints: ['home.hero'] })
    expect(nobody).toMatchObject({ status: 400, json: { error: { path: 'body.userId' } } })
  })

  it('a day that no month has is neither spent on nor has it a rate', async () => {
    const day = '2026-02-30'
    const rates = [{ day, currency: 'USD', base: 'EUR', rate: 1 }]
    const spend = [{ day, channel: 'ads', amount: 1 }]
    for (const answer of [await server.post('/v1/rates', { rates }), await server.post('/v1/spend', { spend })]) {
      expect(answer).toMatchObject({ status: 400, json: { error: { message: '"2026-02-30" is no day.' } } })
    }
  })

  it('a value that is none of several is told which they are', async () => {
    const by = await server.get('/v1/impact?by=day')
    expect(by.json.error).toMatchObject({ message: 'query.by must be "week" or "month".', path: 'query.by' })
    const kind = await server.post('/v1/keys', { kind: 'reader' })
    expect(kind.json.error.message).toBe('body.kind must be "write" or "secret" or "analyst".')
    const flag = await server.post('/ofrep/v1/evaluate/flags', { context: 5 })
    expect(flag.json.error.message).toBe('body.context must be object.')
  })

  it('a client that goes away while it sends is no error of the server', () => {
    const aborted = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    expect(toProblem(aborted)).toMatchObject({ code: 'invalid' })
    expect(toProblem(new Error('aborted'))).toMatchObject({ code: 'internal' })
  })
})

describe('pages of other origins', () => {
  const preflight = (path: string, asked?: string) =>
    server.call('OPTIONS', path, {
      key: '',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        ...(asked === undefined ? {} : { 'access-control-request-headers': asked }),
      },
    })

  it('may track and ask for decisions from anywhere, and nothing else', async () => {
    for (const path of ['/v1/track', '/v1/batch', '/v1/decide']) {
      const answer = await preflight(path)
      expect(answer.status).toBe(204)
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
      expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization')
    }
    expect((await preflight('/v1/definitions')).headers.get('access-control-allow-origin')).toBeNull()
    const answer = await server.get('/v1/definitions', { headers: { origin: 'https://shop.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('may send what SDKs put beside the body, whatever each version calls it', async () => {
    const allowed = async (asked: string) =>
      (await preflight('/v1/track', asked)).headers.get('access-control-allow-headers')
    // RudderStack's SDK of pages, at its first try and when it tries again.
    const rudder = 'anonymousid,authorization,content-type,sentat'
    expect(await allowed(rudder)).toBe(rudder)
    const again = 'anonymousid, authorization, content-type, rsa-retry-attempt, rsa-retry-reason, sentat'
    expect(await allowed(again)).toBe(again)
    // What is no list of names is not repeated.
    expect(await allowed('x"y; z')).toBe(await allowed('content-type,'))
  })

  it('send by analytics.js, which names its calls by their first letters', async () => {
    const own = { writeKey: WRITE_KEY, anonymousId: 'browser', context: { page: { path: '/p/1' } } }
    const at = (id: string) => ({ ...own, messageId: `ajs-next-${id}`, timestamp: new Date().toISOString() })
    const headers = { origin: 'https://shop.example', 'content-type': 'text/plain' }
    const calls: [string, object][] = [
      ['/v1/p', { ...at('p'), type: 'page', name: 'Home', properties: { path: '/p/1' } }],
      ['/v1/t', { ...at('t'), type: 'track', event: 'Product Viewed', properties: { product_id: 'p1' } }],
      ['/v1/i', { ...at('i'), type: 'identify', userId: 'browsing', traits: { plan: 'pro' } }],
      ['/v1/g', { ...at('g'), type: 'group', userId: 'browsing', groupId: 'acme', traits: {} }],
      ['/v1/a', { ...at('a'), type: 'alias', userId: 'browsing', previousId: 'browser-before' }],
      ['/v1/s', { ...at('s'), type: 'screen', name: 'Main' }],
    ]
    const batch = [{ ...at('b'), type: 'track', event: 'Product Added', properties: {} }, calls[1]![1]]
    calls.push(['/v1/b', { writeKey: WRITE_KEY, batch, sentAt: new Date().toISOString() }])
    for (const [path, body] of calls) {
      const answer = await server.post(path, body, { key: '', headers })
      expect(answer, path).toMatchObject({ status: 200, json: { success: true } })
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    }
    const { profile, timeline } = (await server.get('/v1/profiles/userId:browsing')).json
    const ids = ['anonymousId:browser', 'anonymousId:browser-before', 'userId:browsing']
    expect([...profile.identifiers].sort()).toEqual(ids)
    expect(profile).toMatchObject({ events: 7, traits: { plan: { value: 'pro' } } })
    const names = timeline.map((event: { type: string; name: string }) => `${event.type} ${event.name}`)
    expect(names.sort()).toEqual([
      'alias alias',
      'group group',
      'identify identify',
      'page Home',
      'screen Main',
      'track Product Added',
      'track Product Viewed',
    ])
  })

  it('read errors too', async () => {
    const answer = await server.post('/v1/track', '{', { headers: { origin: 'https://shop.example' } })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    // Both are how clients learn when to try again.
    expect(answer.headers.get('access-control-expose-headers')).toBe('ETag, Retry-After, X-RateLimit-Reset')
  })
})

it('monitors may ask by HEAD whether the server is up', async () => {
  for (const path of ['/health/live', '/health/ready']) {
    expect((await fetch(server.url + path, { method: 'HEAD' })).status, path).toBe(200)
  }
})

it('a store that hangs is told of before a probe gives up', async () => {
  const { store } = server.services
  const check = vi.spyOn(store, 'check').mockReturnValue(new Promise(() => undefined))
  const hanging = await server.get('/health/ready')
  check.mockRestore()
  expect(hanging).toMatchObject({ status: 503, json: { error: { code: 'unavailable' } } })
  expect(hanging.headers.get('retry-after')).toBe('2')
  expect((await server.get('/health/ready')).status).toBe(200)
})
