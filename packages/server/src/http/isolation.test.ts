import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, SECRET_KEY, type TestServer, testServer, WRITE_KEY } from '../testing/server.ts'
import { routes } from './routes/index.ts'

/** Planted in everything the first workspace has: the other's answers must never hold it. */
const MARK = 'marzipan-4711'
let server: TestServer
let other: { writeKey: string; secretKey: string }
let decisionId: string
let profileId: string
let keyId: string

beforeAll(async () => {
  server = await testServer()
  const made = await server.post('/v1/workspaces', { workspace: 'other' }, { key: ADMIN_KEY })
  expect(made.status).toBe(201)
  other = made.json
  await server.post('/v1/definitions', {
    changes: [
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: MARK } },
      {
        kind: 'experience',
        key: 'offer',
        body: {
          tactic: 'offer',
          touchpoints: ['home.hero'],
          audience: { trait: 'secret', is: MARK },
          control: 0,
          goal: 'orders',
          variants: [{ key: 'a', content: { 'home.hero': { text: MARK } } }],
        },
      },
      { kind: 'metric', key: 'orders', body: { type: 'conversion', event: MARK } },
      { kind: 'settings', key: 'workspace', body: { name: MARK, holdout: 0 } },
    ],
  })
  await server.post('/v1/catalog', { items: [{ id: 'item', title: MARK }] })
  await server.post('/v1/batch', {
    batch: [
      { type: 'identify', userId: 'u1', traits: { secret: MARK, email: `${MARK}@example.com` } },
      { type: 'track', userId: 'u1', event: MARK, properties: { text: MARK } },
    ],
  })
  const decided = await server.post('/v1/decide', { userId: 'u1', touchpoints: ['home.hero'] }, { key: SECRET_KEY })
  decisionId = decided.json.answers['home.hero'].decisionId
  profileId = decided.json.profile
  keyId = (await server.post('/v1/keys', { kind: 'write', label: MARK })).json.id
})
afterAll(() => server.stop())

/** Every route as somebody of the other workspace would call it, naming things of the first. */
function calls(): { method: string; path: string; access: string; body: unknown }[] {
  const names: Record<string, string> = { ref: profileId, id: keyId, key: 'offer' }
  const bodies: Record<string, unknown> = {
    '/v1/batch': { batch: [{ type: 'track', userId: 'u1', event: 'x' }] },
    '/v1/import': { file: 'a'.repeat(64), items: [{ row: 0, type: 'track', userId: 'u1', event: 'x' }] },
    '/v1/decide': { userId: 'u1', touchpoints: ['home.hero'], context: {} },
    '/v1/links': { allows: ['explain'], userId: 'u1' },
    '/v1/definitions': { changes: [{ kind: 'experience', key: 'offer', body: null }] },
    '/v1/catalog': { items: [{ id: 'item', title: 'stolen' }] },
    '/v1/rates': { rates: [{ day: '2026-01-01', currency: 'EUR', base: 'USD', rate: 2 }] },
    '/v1/keys': { kind: 'write' },
    '/v1/workspaces': { workspace: 'third' },
    '/v1/settings': {},
    '/v1/touchpoints/{key}': { channel: 'web' },
    '/v1/metrics/{key}': { type: 'conversion', event: 'x' },
    '/v1/experiences/{key}': { tactic: 'offer', touchpoints: ['home.hero'], variants: [{ key: 'a', content: {} }] },
  }
  return routes.map(route => ({
    method: route.method,
    path: route.path
      .replace(/\{(\w+)\}/g, (_, name: string) => names[name]!)
      .replace(`/catalog/${keyId}`, '/catalog/item'),
    access: route.access,
    body:
      route.body === undefined
        ? undefined
        : (bodies[route.path] ?? { userId: 'u1', event: 'x', groupId: 'g', previousId: 'a' }),
  }))
}

describe('R13 isolation', () => {
  it('no answer to another workspace’s keys holds anything of the first', async () => {
    for (const { method, path, access, body } of calls()) {
      if (access === 'anybody') continue
      for (const key of [other.secretKey, other.writeKey]) {
        const answer = await server.call(method, path, { key, body })
        expect(answer.text, `${method} ${path}`).not.toContain(MARK)
        // An error may repeat what the caller named.
        if (answer.status < 300) expect(answer.text, `${method} ${path}`).not.toContain(profileId)
        expect([200, 201, 204, 400, 401, 403, 404, 422], `${method} ${path}: ${answer.text}`).toContain(answer.status)
      }
    }
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json']) {
      expect((await server.get(path, { key: '' })).text).not.toContain(MARK)
    }
  })

  it('and nothing of the first was changed by any of it', async () => {
    const { profile } = (await server.get('/v1/profiles/userId:u1')).json
    expect(profile).toMatchObject({ id: profileId, events: 2, traits: { secret: { value: MARK } } })
    expect((await server.get('/v1/definitions')).json).toMatchObject({ version: 1 })
    expect((await server.get('/v1/catalog/item')).json.title).toBe(MARK)
    expect(
      (await server.get('/v1/keys')).json.keys.every((key: { revoked?: number }) => key.revoked === undefined),
    ).toBe(true)
    const { totals } = (await server.get('/v1/summary')).json
    expect(totals).toMatchObject({ events: 2, people: 1 })
  })

  it('names of people lead to different people in different workspaces', async () => {
    await server.post('/v1/identify', { userId: 'u1', traits: { secret: 'theirs' } }, { key: other.writeKey })
    const theirs = (await server.get('/v1/profiles/userId:u1', { key: other.secretKey })).json.profile
    expect(theirs.id).not.toBe(profileId)
    expect(theirs.traits.secret.value).toBe('theirs')
  })

  it('decision ids, links and user hashes of one workspace are worth nothing in another', async () => {
    const exposure = { userId: 'u1', event: 'Exposure', properties: { decisionId } }
    expect((await server.post('/v1/track', exposure, { key: other.writeKey })).json.errors[0].code).toBe(
      'invalid_decision_id',
    )
    expect((await server.post('/v1/track', exposure)).status).toBe(200)
    const { link } = (await server.post('/v1/links', { allows: ['preview'] })).json
    const preview = { userId: 'u1', touchpoints: ['home.hero'], preview: {}, link }
    expect((await server.post('/v1/decide', preview, { key: other.writeKey })).json.error.code).toBe('bad_link')
    const secret = async (key: string) => (await server.get('/v1/identity-secret', { key })).json.identitySecret
    expect(await secret(other.secretKey)).not.toBe(await secret(SECRET_KEY))
  })
})

it('R13 a secret key of another workspace does not back up all of them, and is told whose key does', async () => {
  const answer = await server.get('/v1/backup', { key: other.secretKey })
  expect(answer).toMatchObject({ status: 403, json: { error: { code: 'not_admin' } } })
  expect(answer.json.error.message).toContain('first workspace')
  expect(answer.json.error.mend).not.toContain('nobody')
})

describe('R13 what a write key may', () => {
  it('track and decide, and nothing else, on every route', async () => {
    for (const { method, path, access, body } of calls()) {
      if (access === 'anybody' || access === 'write') continue
      const answer = await server.call(method, path, { key: WRITE_KEY, body })
      expect(answer.json.error.code, `${method} ${path}`).toMatch(/^(wrong_key|not_admin)$/)
      expect(answer.status).toBe(403)
    }
  })

  it('every route that needs a key refuses to do without, and one that is not known', async () => {
    for (const { method, path, access, body } of calls()) {
      if (access === 'anybody') continue
      expect((await server.call(method, path, { key: '', body })).json.error.code, `${method} ${path}`).toBe('no_key')
      const unknown = await server.call(method, path, { key: 'no-such-key', body })
      expect(unknown.json.error.code, `${method} ${path}`).toMatch(/^(unknown_key|not_admin)$/)
    }
  })

  it('learns nothing of a person’s traits from an answer, and neither explains nor previews without a link', async () => {
    const asked = { userId: 'u1', touchpoints: ['home.hero'] }
    const answer = await server.post('/v1/decide', asked)
    expect(answer.json).not.toHaveProperty('profile')
    expect(answer.json.answers['home.hero']).not.toHaveProperty('propensity')
    expect(answer.json.answers['home.hero']).not.toHaveProperty('explanation')
    for (const more of [{ explain: true }, { preview: { offer: 'a' } }]) {
      expect(await server.post('/v1/decide', { ...asked, ...more })).toMatchObject({
        status: 403,
        json: { error: { code: 'link_required' } },
      })
    }
  })

  it('explains with a link the one person it names, no other, and only what it allows', async () => {
    const { link } = (await server.post('/v1/links', { allows: ['explain'], userId: 'u1' })).json
    const explain = (who: object, more: object = {}) =>
      server.post('/v1/decide', { ...who, touchpoints: ['home.hero'], explain: true, link, ...more })
    expect((await explain({ userId: 'u1' })).json.answers['home.hero'].explanation.candidates).toHaveLength(1)
    expect(await explain({ userId: 'u2' })).toMatchObject({ status: 403, json: { error: { code: 'bad_link' } } })
    expect(await explain({ anonymousId: 'u1' })).toMatchObject({ status: 403 })
    expect(await explain({ userId: 'u1', anonymousId: 'a-of-somebody' })).toMatchObject({ status: 403 })
    expect(await explain({ userId: 'u1' }, { preview: {} })).toMatchObject({ status: 403 })
    expect(await explain({ userId: 'u1' }, { link: `${link}x` })).toMatchObject({ status: 403 })
  })

  it('explains a device no more once it has become somebody’s: whose it is a write key may say', async () => {
    const anonymousId = 'device-of-a-link'
    const { link } = (await server.post('/v1/links', { allows: ['explain'], anonymousId })).json
    const explain = (more: object = {}) =>
      server.post('/v1/decide', { anonymousId, touchpoints: ['home.hero'], explain: true, link, ...more })
    expect(await explain()).toMatchObject({ status: 200 })
    expect(await explain({ events: [{ type: 'page', name: 'Home' }] })).toMatchObject({ status: 200 })
    const login = { type: 'identify', anonymousId, userId: 'u1' }
    expect(await explain({ events: [login] })).toMatchObject({ status: 403, json: { error: { code: 'bad_link' } } })
    expect(await explain()).toMatchObject({ status: 403 })
    const anew = (await server.post('/v1/links', { allows: ['explain'], anonymousId })).json.link
    expect(await explain({ link: anew })).toMatchObject({ status: 200 })
  })
})

describe('R13 proven userIds', () => {
  const hashOf = async (userId: string) => {
    const { identitySecret } = (await server.get('/v1/identity-secret')).json
    return createHmac('sha256', identitySecret).update(userId).digest('hex')
  }

  it('with requireUserHash a write key cannot speak for a userId without its hash, at any of its three places', async () => {
    await server.call('PUT', '/v1/settings', { body: { requireUserHash: true, holdout: 0 } })
    const identify = { userId: 'proven', traits: { a: 1 } }
    const userHash = await hashOf('proven')
    for (const body of [identify, { ...identify, userHash: await hashOf('else') }, { ...identify, userHash: 7 }]) {
      expect((await server.post('/v1/identify', body)).json.errors[0].code).toBe('user_hash_required')
    }
    expect((await server.get('/v1/profiles/userId:proven')).status).toBe(404)
    const item = { type: 'identify', ...identify }
    expect((await server.post('/v1/identify', { ...identify, userHash })).status).toBe(200)
    expect((await server.post('/v1/batch', { batch: [{ ...item, userHash }] })).status).toBe(200)
    expect((await server.post('/v1/batch', { batch: [item], userHash })).status).toBe(200)
    expect((await server.post('/v1/batch', { batch: [{ ...item, context: { userHash, page: {} } }] })).status).toBe(200)
    const alias = { userId: 'proven', previousId: 'anon-1' }
    expect((await server.post('/v1/alias', alias)).status).toBe(400)
    expect((await server.post('/v1/alias', { ...alias, userHash })).status).toBe(200)
  })

  it('the hash is stored nowhere', async () => {
    const userHash = await hashOf('proven')
    const { profile, timeline } = (await server.get('/v1/profiles/userId:proven')).json
    expect(timeline.length).toBe(5)
    expect(JSON.stringify([profile, timeline])).not.toContain(userHash)
    expect(timeline.some((event: { context: object }) => 'page' in event.context)).toBe(true)
  })

  it('decide asks for it too, with its events; anonymous people and secret keys need none', async () => {
    const userHash = await hashOf('proven')
    const asked = { userId: 'proven', touchpoints: ['home.hero'] }
    expect(await server.post('/v1/decide', asked)).toMatchObject({
      status: 403,
      json: { error: { code: 'user_hash_required' } },
    })
    const events = [{ type: 'track', userId: 'proven', event: 'Seen' }]
    const proven = await server.post('/v1/decide', { ...asked, userHash, events })
    expect(proven).toMatchObject({ status: 200 })
    expect(proven.json.errors).toBeUndefined()
    expect((await server.post('/v1/decide', { ...asked, context: { userHash } })).status).toBe(200)
    expect((await server.post('/v1/decide', { anonymousId: 'a9', touchpoints: ['home.hero'] })).status).toBe(200)
    expect((await server.post('/v1/decide', asked, { key: SECRET_KEY })).status).toBe(200)
  })
})

describe('keys', () => {
  it('a revoked key is worth nothing at once on this node, and within a second on others', async () => {
    const { key, id } = (await server.post('/v1/keys', { kind: 'secret' })).json
    expect((await server.get('/v1/keys', { key })).status).toBe(200)
    expect((await server.call('DELETE', `/v1/keys/${id}`)).status).toBe(204)
    expect((await server.get('/v1/keys', { key })).json.error.code).toBe('unknown_key')
    expect((await server.call('DELETE', '/v1/keys/no-such-key')).status).toBe(404)
  })

  it('are never shown again, nor their hashes', async () => {
    const { key } = (await server.post('/v1/keys', { kind: 'write' })).json
    const { text } = await server.get('/v1/keys')
    expect(text).not.toContain(key)
    expect(text).not.toMatch(/[0-9a-f]{64}/)
  })

  it('nobody saws off the branch they sit on', async () => {
    const { keys } = (await server.get('/v1/keys')).json
    const own = keys.find(
      (key: { kind: string; label: string }) => key.kind === 'secret' && key.label === 'from the options',
    )
    expect((await server.call('DELETE', `/v1/keys/${own.id}`)).status).toBe(409)
  })
})
