import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer, WRITE_KEY } from '../testing/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer({ trustProxy: ['127.0.0.1', '192.0.2.0/24'], origins: ['https://console.example'] })
})
afterAll(() => server.stop())

/** The answer to a request of exactly this target, which an HTTP client would write otherwise. */
function answerTo(method: string, target: string, headers: readonly string[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const head = [`${method} ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers].join('\r\n')
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(`${head}\r\n\r\n`))
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

describe('a path that is asked otherwise than it is offered', () => {
  it.each([
    ['GET', '/v1/batch', 'OPTIONS, POST'],
    ['PATCH', '/v1/import/', 'OPTIONS, POST'],
    ['POST', '/v1/profiles/userId:a', 'DELETE, GET, OPTIONS'],
    ['PUT', '/health/live?probe=1', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/ofrep/v1/evaluate/flags/hero', 'OPTIONS, POST'],
    ['PUT', '/v1/accounts/a%2Fb', 'GET, OPTIONS'],
    // Two routes have it: one by name, one for any key.
    ['PATCH', '/v1/segments/preview', 'DELETE, GET, OPTIONS, POST, PUT'],
  ])('%s %s is 405 and told what there is', async (method, path, allow) => {
    const answer = await server.call(method, path, { key: '' })
    expect(answer).toMatchObject({
      status: 405,
      json: { error: { code: 'method_not_allowed', message: expect.stringContaining(method) } },
    })
    expect(answer.headers.get('allow')).toBe(allow)
  })

  it('HEAD too, without a body', async () => {
    const answer = await answerTo('HEAD', '/v1/track')
    expect(answer).toMatch(/^HTTP\/1.1 405 .*\r\nallow: OPTIONS, POST\r\n.*\r\n\r\n$/s)
  })

  it('is told before its body is there, as a path that leads nowhere is', async () => {
    for (const [target, status] of Object.entries({ '/v1/profiles/userId:a': 405, '/v1/tracks': 404 })) {
      const first = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () =>
          socket.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{"a":`),
        )
        socket.once('data', chunk => {
          resolve(chunk.toString())
          socket.destroy()
        })
        socket.on('error', reject)
      })
      expect(first).toContain(`HTTP/1.1 ${status} `)
    }
    // Whoever sends on until it is over reads the answer all the same, also of more than a body may hold.
    const large = 'x'.repeat(server.services.options.bodyBytes + 1)
    for (const connection of ['keep-alive', 'close']) {
      const answer = await server.call('POST', '/v1/tracks', { body: large, headers: { connection } })
      expect(answer).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } })
    }
  })

  it('a path that leads nowhere stays 404', async () => {
    for (const path of ['/v1/tracks', '/v1/track/', '/v1//track', '/']) {
      const answer = await server.call('PATCH', path)
      expect(answer, path).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } })
      expect(answer.headers.get('allow')).toBe(null)
    }
  })
})

describe('OPTIONS', () => {
  it('that is no preflight says what a path offers, and opens it to no page', async () => {
    const origins = { 'https://console.example': 'https://console.example', 'https://else.example': null }
    for (const [origin, allowed] of Object.entries(origins)) {
      const answer = await server.call('OPTIONS', '/v1/profiles/userId:a', { key: '', headers: { origin } })
      expect(answer).toMatchObject({ status: 204, text: '' })
      expect(answer.headers.get('allow')).toBe('DELETE, GET, OPTIONS')
      expect(answer.headers.get('access-control-allow-origin')).toBe(allowed)
      expect(answer.headers.get('access-control-allow-methods')).toBe(null)
    }
    expect(await server.call('OPTIONS', '/v1/tracks')).toMatchObject({ status: 404 })
  })
})

describe('a base address that ends in a slash', () => {
  const event = { userId: 'slashed', event: 'Tested' }

  it('leads where it would without', async () => {
    expect(await server.post('//v1/track', event, { key: WRITE_KEY })).toMatchObject({ status: 200 })
    expect((await server.get('//v1/profiles/userId:slashed')).json.profile.events).toBe(1)
    const flag = await server.post('//ofrep/v1/evaluate/flags/none', { context: { targetingKey: 'u' } })
    expect(flag).toMatchObject({ status: 404, json: { key: 'none', errorCode: 'FLAG_NOT_FOUND' } })
  })

  it('has the same keys and pages let in', async () => {
    expect(await server.get('//v1/profiles/userId:slashed', { key: '' })).toMatchObject({ status: 401 })
    expect(await server.get('//v1/profiles/userId:slashed', { key: WRITE_KEY })).toMatchObject({ status: 403 })
    const preflight = (path: string) =>
      server.call('OPTIONS', path, {
        key: '',
        headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
      })
    expect((await preflight('//v1/batch')).headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect((await preflight('//v1/keys')).headers.get('access-control-allow-origin')).toBe(null)
  })

  it('slashes within stay: an id that is missing is no other path', async () => {
    const answer = await server.call('DELETE', '/v1/profiles//export', { key: SECRET_KEY })
    expect(answer.status).not.toBe(200)
    expect(await server.get('/v1/profiles//export')).toMatchObject({ status: 400 })
  })

  it('an address that comes whole is read as well', async () => {
    expect(await answerTo('GET', 'http://any.example/health/live?x=1')).toMatch(/^HTTP\/1.1 200 /)
    expect(await answerTo('GET', 'HTTP://any.example//health/live')).toMatch(/^HTTP\/1.1 200 /)
    expect(await answerTo('GET', 'http://any.example')).toMatch(/^HTTP\/1.1 404 /)
    expect(await answerTo('POST', 'http://any.example/ofrep/v1/evaluate/flags')).toContain('"errorCode":"GENERAL"')
  })
})

describe('X-Forwarded-For', () => {
  const addressOf = async (userId: string, forwarded: string) => {
    const event = { userId, event: 'Seen', context: { direct: true } }
    const headers = { 'x-forwarded-for': forwarded }
    expect(await server.post('/v1/track', event, { key: WRITE_KEY, headers })).toMatchObject({ status: 200 })
    const { events } = (await server.get(`/v1/profiles/userId:${userId}/events`)).json
    return events[0].context?.ip
  }

  it.each([
    ['plain', '203.0.113.9', '203.0.113.0'],
    ['port', '203.0.113.9:4711', '203.0.113.0'],
    ['port6', '[2001:db8::1]:443', '2001:db8::'],
    ['hops', '203.0.113.9:4711, 192.0.2.1:80', '203.0.113.0'],
    // What stands before the first who is not believed is what anybody may write.
    ['forged', '198.51.100.1, 203.0.113.9:4711', '203.0.113.0'],
    ['nonsense', '203.0.113.9:4711:80', undefined],
  ])('%s: of %s the address is %s', async (who, forwarded, address) => {
    expect(await addressOf(who, forwarded)).toBe(address)
  })
})
