import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer, WRITE_KEY } from '../testing/server.ts'
import { createApp } from './app.ts'
import { toProblem } from './failure.ts'
import { routes } from './routes/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.stop())

const track = (more: object = {}) => ({ type: 'track', userId: 'u1', event: 'Tested', ...more })
const known = async (id: string) => (await server.get(`/v1/profiles/userId:${encodeURIComponent(id)}`)).status === 200

/** All that is answered on a connection to what is written there, to its end. */
function answerTo(written: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(written))
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

describe('tracking: what is taken', () => {
  it('a body’s writeKey, Basic with and without colon, and Bearer', async () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    const calls = [
      server.post('/v1/track', { ...track(), writeKey: WRITE_KEY }, { key: '' }),
      server.post('/v1/batch', { batch: [track()], writeKey: WRITE_KEY }, { key: '' }),
      server.post('/v1/track', track(), { key: '', headers: basic(`${WRITE_KEY}:`) }),
      server.post('/v1/track', track(), { key: '', headers: basic(WRITE_KEY) }),
      server.post('/v1/track', track(), { key: WRITE_KEY }),
      server.post('/v1/track', track(), { key: SECRET_KEY }),
      server.post('/v1/track', { ...track(), writeKey: WRITE_KEY }, { key: '', headers: basic(':') }),
    ]
    for (const answer of await Promise.all(calls))
      expect(answer).toMatchObject({ status: 200, json: { success: true } })
  })

  it('beacons of text/plain, bodies without a type, and gzip', async () => {
    const beacon = { key: '', headers: { 'content-type': 'text/plain;charset=UTF-8' } }
    const body = JSON.stringify({ ...track({ userId: 'beacon' }), writeKey: WRITE_KEY })
    expect(await server.post('/v1/track', body, beacon)).toMatchObject({ status: 200 })
    expect(
      await server.post('/v1/track', Buffer.from(body), { key: '', headers: { 'content-type': '' } }),
    ).toMatchObject({
      status: 200,
    })
    const zipped = gzipSync(JSON.stringify({ batch: [track({ userId: 'zipped' })] }))
    expect(await server.post('/v1/batch', zipped, { headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 200,
    })
    expect(await known('beacon')).toBe(true)
    expect(await known('zipped')).toBe(true)
  })

  it('a batch under the older name that Segment’s Java client knows it by', async () => {
    const sent = new Date().toISOString()
    const batch = [{ ...track({ userId: 'java' }), channel: 'server', integrations: {}, timestamp: sent }]
    const answer = await server.post('/v1/import/', { batch, sentAt: sent, context: {}, sequence: 1 })
    expect(answer).toMatchObject({ status: 200, json: { success: true } })
    expect(await known('java')).toBe(true)
  })

  it('a batch under the oldest name, which Segment’s clients for Android and .NET know; R13 a write key imports no file there', async () => {
    const sent = '2026-11-23T15:00:00.1234567+01:00'
    const item = { ...track({ userId: 'dotnet' }), timestamp: sent, integrations: {}, context: { direct: true } }
    const body = { batch: [item, { type: 'x' }], messageId: 'b1', sentAt: sent, writeKey: WRITE_KEY }
    const basic = { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` }
    const zipped = gzipSync(JSON.stringify(body))
    const answer = await server.post('/v1/import', zipped, {
      key: '',
      headers: { ...basic, 'content-encoding': 'gzip' },
    })
    expect(answer).toMatchObject({
      status: 200,
      json: { success: true, errors: [{ index: 1, code: 'type_unknown' }] },
    })
    expect((await server.get('/v1/profiles/userId:dotnet')).json.profile.events).toBe(1)
    const key = { key: WRITE_KEY }
    expect((await server.post('/v1/import', { batch: 'x' }, key)).json.error.code).toBe('batch_missing')
    const long = { batch: [track()], more: 'x'.repeat(600_000) }
    expect(await server.post('/v1/import', long, key)).toMatchObject({
      status: 400,
      json: { error: { code: 'too_large' } },
    })
    const rows = { file: 'a'.repeat(64), items: [{ ...track({ userId: 'row' }), row: 0 }] }
    for (const refused of [rows, [], 'batch', null]) {
      expect((await server.post('/v1/import', JSON.stringify(refused), key)).json.error.code).toBe('wrong_key')
    }
    expect(await server.post('/v1/import', rows, { key: SECRET_KEY })).toMatchObject({
      status: 200,
      json: { stored: 1 },
    })
  })

  it('a batch of nothing, which RudderStack’s older client for Node sends where nothing gathered, and logs an error if refused', async () => {
    const body = { batch: [], sentAt: new Date().toISOString() }
    expect(await server.post('/v1/batch', body)).toMatchObject({ status: 200, text: '{"success":true}' })
    expect(await server.post('/v1/batch', body, { key: 'nobody-s' })).toMatchObject({ status: 401 })
  })

  it('R3 a repeated messageId is acknowledged and changes nothing', async () => {
    const event = track({ userId: 'twice', messageId: 'm-twice' })
    expect(await server.post('/v1/track', event)).toMatchObject({ status: 200 })
    expect(await server.post('/v1/batch', { batch: [event, event] })).toMatchObject({
      status: 200,
      json: { success: true },
    })
    expect((await server.get('/v1/profiles/userId:twice')).json.profile.events).toBe(1)
  })

  it('R10 a timestamp far ahead is clamped to five minutes', async () => {
    const ahead = new Date(Date.now() + 3_600_000).toISOString()
    expect(await server.post('/v1/track', track({ userId: 'ahead', timestamp: ahead }))).toMatchObject({ status: 200 })
    const { profile } = (await server.get('/v1/profiles/userId:ahead')).json
    expect(profile.lastSeen).toBeLessThanOrEqual(Date.now() + 5 * 60_000)
  })
})

describe('tracking: of a batch the good items are kept', () => {
  const bad: readonly [code: string, item: unknown][] = [
    ['not_an_object', 'text'],
    ['not_an_object', null],
    ['type_unknown', { userId: 'u1' }],
    ['no_user_anon_id', { type: 'track', event: 'x' }],
    ['no_user_anon_id', track({ userId: 'null' })],
    ['id_invalid', track({ userId: { $ne: 1 } })],
    ['id_too_long', track({ userId: 'x'.repeat(501) })],
    ['control_character', track({ userId: 'a\u0000b' })],
    ['control_character', track({ event: 'line\nbreak' })],
    ['name_missing', track({ event: '' })],
    ['name_invalid', track({ event: 7 })],
    ['message_id_too_long', track({ messageId: 'm'.repeat(100) })],
    ['not_an_object', track({ properties: [1] })],
    ['not_an_object', track({ context: 'web' })],
    ['timestamp_invalid', track({ timestamp: 'yesterday' })],
    ['timestamp_out_of_range', track({ timestamp: '1066-10-14T09:00:00Z' })],
    ['timestamp_out_of_range', track({ timestamp: '9999-01-01T00:00:00Z' })],
    [
      'prototype_key',
      JSON.parse('{"type":"track","userId":"u1","event":"x","properties":{"__proto__":{"polluted":1}}}'),
    ],
    ['prototype_key', track({ properties: { constructor: { prototype: {} } } })],
    ['too_large', track({ properties: { text: 'x'.repeat(33_000) } })],
    ['too_deep', track({ properties: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) })],
    ['group_id_missing', { type: 'group', userId: 'u1' }],
    ['previous_id_missing', { type: 'alias', userId: 'u1' }],
    [
      'bot',
      track({ context: { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' } }),
    ],
    ['invalid_decision_id', track({ event: 'Exposure', properties: { decisionId: 'made up' } })],
  ]

  it('each bad one is named by its place, code and a message; the others are stored', async () => {
    const batch = bad.flatMap(([, item], i) => [item, track({ userId: `good-${i}` })])
    const answer = await server.post('/v1/batch', { batch })
    expect(answer.status).toBe(200)
    expect(answer.json.success).toBe(true)
    const found = answer.json.errors.map((error: { index: number; code: string }) => [error.code, error.index])
    expect(found).toEqual(bad.map(([code], i) => [code, 2 * i]))
    for (const { message } of answer.json.errors) expect(message.length).toBeGreaterThan(15)
    for (const i of bad.keys()) expect(await known(`good-${i}`)).toBe(true)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it('10,000 properties in one event are more than its bound of bytes or keys', async () => {
    const properties = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [i, 1]))
    const answer = await server.post('/v1/track', track({ properties }))
    expect(answer.status).toBe(400)
    expect(['too_large', 'too_many_properties']).toContain(answer.json.errors[0].code)
  })

  it('400 when none is kept, 200 with ?strict=false', async () => {
    const body = { batch: [{ type: 'nope' }, 1] }
    const strict = await server.post('/v1/batch', body)
    expect(strict).toMatchObject({ status: 400, json: { success: false, error: { code: 'nothing_kept' } } })
    expect(strict.json.errors).toHaveLength(2)
    expect(await server.post('/v1/batch?strict=false', body)).toMatchObject({ status: 200, json: { success: true } })
    expect(await server.post('/v1/track', { event: 'x' })).toMatchObject({
      status: 400,
      json: { errors: [{ index: 0 }] },
    })
    expect(await server.post('/v1/track?strict=false', { event: 'x' })).toMatchObject({ status: 200 })
  })
})

describe('tracking: whole requests that cannot be read', () => {
  it('R11 a request that never ends holds its connection for five minutes at most', () => {
    const { requestTimeout, headersTimeout } = createApp([], server.services).server
    expect(requestTimeout).toBe(5 * 60_000)
    expect(headersTimeout).toBe(60_000)
  })

  it.each([
    [400, 'Transfer-Encoding: chunked\r\n\r\nzz\r\n', 'no HTTP that can be read'],
    [400, 'Content-Length: -1\r\n\r\n', 'no HTTP that can be read'],
    [400, 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n', 'no HTTP that can be read'],
    [431, `Cookie: ${'x'.repeat(20_000)}\r\n\r\n`, 'larger than 16 KB'],
  ])('what is no HTTP is told so as all else is: %i %j', async (status, rest, message) => {
    const answer = await answerTo(`POST /v1/track HTTP/1.1\r\nHost: x\r\n${rest}`)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining(message) })
    expect(error.mend).not.toContain('`path`')
  })

  it.each([
    [400, '%ff'],
    [400, '%zz'],
    [414, 'x'.repeat(7000)],
  ])('an address that leads nowhere is told so, with the place: %i %.5s', async (status, part) => {
    const answer = await server.get(`/v1/profiles/${part}`)
    expect(answer).toMatchObject({ status, json: { error: { code: 'invalid', path: 'path' } } })
    expect(JSON.stringify(answer.json).length).toBeLessThan(300)
    const flag = await server.post(`/ofrep/v1/evaluate/flags/${part}`, {})
    expect(flag).toMatchObject({ status, json: { errorCode: 'INVALID_CONTEXT' } })
  })

  const invalidUtf8 = Buffer.concat([
    Buffer.from('{"userId":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('","event":"x"}'),
  ])
  const deep = `{"batch":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  it.each<[number, string, string, string | Buffer]>([
    [400, 'not_json', '/v1/track', '{"event": '],
    [400, 'not_json', '/v1/track', 'event=x&userId=u1'],
    [400, 'not_utf8', '/v1/track', invalidUtf8],
    [400, 'too_deep', '/v1/batch', deep],
    [400, 'too_large', '/v1/batch', JSON.stringify({ batch: [track()], pad: 'x'.repeat(512_000) })],
    [400, 'batch_missing', '/v1/batch', '{}'],
    [400, 'body_invalid', '/v1/batch', '[]'],
    [400, 'batch_too_long', '/v1/batch', JSON.stringify({ batch: Array(2501).fill(1) })],
    [400, 'nothing_kept', '/v1/track', ''],
    [400, 'nothing_kept', '/v1/track', '"text"'],
    [404, 'not_found', '/v1/tracks', '{}'],
  ])('%i %s', async (status, code, path, body) => {
    const answer = await server.post(path, body)
    expect(answer.json.error).toMatchObject({ code, message: expect.any(String), mend: expect.any(String) })
    expect(answer.status).toBe(status)
  })

  it('R11 R13 nobody has megabytes unpacked and read without a secret key, which is known before them', async () => {
    const item = { row: 0, type: 'track', userId: 'unpacked', event: 'x' }
    const body = (pad: number) => JSON.stringify({ file: 'd'.repeat(64), items: [item], pad: 'x'.repeat(pad) })
    const zipped = gzipSync(body(600_000))
    const headers = { 'content-encoding': 'gzip' }
    const codeOf = async (path: string, given: string | Buffer, key: string) => {
      const { status, json } = await server.post(path, given, { key, ...(Buffer.isBuffer(given) && { headers }) })
      return [status, json.error.code]
    }
    for (const path of ['/v1/import', '/v1/definitions']) {
      expect(await codeOf(path, zipped, '')).toEqual([401, 'no_key'])
      expect(await codeOf(path, '{', 'nobody-s')).toEqual([401, 'unknown_key'])
      expect(await codeOf(path, '{', SECRET_KEY)).toEqual([400, 'not_json'])
    }
    expect(await codeOf('/v1/import', zipped, WRITE_KEY)).toEqual([400, 'too_large'])
    expect(await codeOf('/v1/definitions', zipped, WRITE_KEY)).toEqual([403, 'wrong_key'])
    expect(await codeOf('/v1/import', zipped, SECRET_KEY)).toEqual([400, 'invalid'])
    // What a tracking request may hold may have its key within.
    const batch = { batch: [track({ userId: 'within' })], writeKey: WRITE_KEY }
    expect((await server.post('/v1/import', batch, { key: '' })).status).toBe(200)
  })

  it('a zip bomb is refused without being unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20, ' '))
    const answer = await server.post('/v1/batch', bomb, { headers: { 'content-encoding': 'gzip' } })
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'too_large' } } })
  })

  it('what says it is gzip and is not is refused', async () => {
    const answer = await server.post('/v1/batch', '{}', { headers: { 'content-encoding': 'gzip' } })
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'bad_encoding' } } })
  })

  it('elsewhere too large is 413', async () => {
    const answer = await server.post('/v1/catalog', JSON.stringify({ pad: 'x'.repeat(3 << 20) }))
    expect(answer).toMatchObject({ status: 413, json: { error: { code: 'too_large' } } })
  })

  it('a client that goes away midway, or sends no HTTP, harms nobody', async () => {
    const port = Number(new URL(server.url).port)
    for (const text of [
      'POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"',
      'nonsense\r\n\r\n',
      '\u0000\u0001',
    ]) {
      await new Promise<void>(resolve => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(text)
          setImmediate(() => socket.destroy())
        })
        socket.on('close', () => resolve())
      })
    }
    expect(await server.get('/health/live')).toMatchObject({ status: 200 })
  })
})

describe('the rest of the API: bad input is named by its path', () => {
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
