import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer, WRITE_KEY } from '../testing/server.ts'
import { createApp } from './app.ts'

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

describe('what is taken', () => {
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

describe('of a batch the good items are kept', () => {
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

describe('whole requests that cannot be read', () => {
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
