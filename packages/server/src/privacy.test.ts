import { HIDDEN } from '@espalier/core/consent'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from './log.ts'
import { SECRET_KEY, type TestServer, testServer } from './testing/server.ts'

const DAY = 86_400_000
const NOON = Date.UTC(2026, 10, 1, 12)
const EMAIL = 'ada@example.com'
let server: TestServer
let analyst: string
let now = NOON

beforeAll(async () => {
  server = await testServer({}, { now: () => now })
  const answer = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'segment', key: 'reachable', body: { condition: { trait: 'email', exists: true } } },
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'default' } },
      { kind: 'computedTrait', key: 'seen-by', body: { value: { last: 'email', of: 'Seen' } } },
      {
        kind: 'experience',
        key: 'offer',
        body: {
          tactic: 'content',
          touchpoints: ['home.hero'],
          control: 0,
          audience: {
            all: [
              { trait: 'email', exists: true },
              { computed: 'seen-by', exists: true },
            ],
          },
          variants: [{ key: 'a', content: { 'home.hero': 'personal' } }],
        },
      },
    ],
  })
  expect(answer.status, answer.text).toBe(200)
  analyst = (await server.post('/v1/keys', { kind: 'analyst' })).json.key
  const traits = { email: EMAIL, plan: 'pro', address: { city: 'London' } }
  await server.post('/v1/identify', { userId: EMAIL, traits })
  await server.post('/v1/track', { userId: EMAIL, event: 'Seen', properties: { email: EMAIL, page: 3 } })
  await server.post('/v1/track', { userId: EMAIL, event: 'Preferences Updated', properties: { email: EMAIL } })
  await server.post('/v1/page', { userId: EMAIL, name: `Orders of ${EMAIL}` })
  await server.post('/v1/group', { userId: EMAIL, groupId: EMAIL })
})
afterAll(() => server.stop())

const ref = `/v1/profiles/${encodeURIComponent(`userId:${EMAIL}`)}`

describe('R8 what is personal', () => {
  it('a secret key sees, and an analyst’s does not: on profiles, timelines, members of segments and in totals', async () => {
    for (const [path, shown] of [
      [ref, 'pro'],
      [`${ref}/events`, '"page":3'],
      ['/v1/summary', '"count":1'],
      ['/v1/segments/reachable', '"size":1'],
      ['/v1/segments/reachable/members?traits=email,plan', 'pro'],
      ['/v1/segments/reachable/members?traits=email,plan&format=csv', 'pro'],
    ] as const) {
      expect((await server.get(path)).text, path).toContain(EMAIL)
      const { status, text } = await server.get(path, { key: analyst })
      expect([status, text], path).toEqual([200, expect.stringContaining(shown)])
      expect(text, path).toContain(HIDDEN)
      expect(text, path).not.toMatch(/ada@example\.com|London/)
    }
  })

  it('an analyst asks for whom a condition holds by what is not personal, and by nothing else', async () => {
    const ask = (condition: object, key: string) => server.post('/v1/segments/preview', { condition }, { key })
    for (const condition of [{ trait: 'plan', is: 'pro' }, { segment: 'reachable' }]) {
      expect((await ask(condition, analyst)).json.size).toBe(1)
    }
    for (const [condition, path] of [
      [{ all: [{ trait: 'email', startsWith: 'ada' }] }, 'body.condition.all[0].trait'],
      [{ did: 'Seen', where: [{ property: 'email', startsWith: 'ada' }] }, 'body.condition.where[0].property'],
      [{ computed: 'seen-by', startsWith: 'ada' }, 'body.condition.computed'],
    ] as const) {
      expect((await ask(condition, analyst)).json.error).toMatchObject({ code: 'wrong_key', path })
      expect((await ask(condition, SECRET_KEY)).json.size).toBe(1)
    }
  })

  it('an analyst’s key reads, and changes, exports and erases nothing', async () => {
    const key = analyst
    const refused = await Promise.all([
      server.get(`${ref}/export`, { key }),
      server.call('DELETE', ref, { key }),
      server.get('/v1/erasures', { key }),
      server.post('/v1/keys', { kind: 'secret' }, { key }),
      server.post('/v1/definitions', { changes: [] }, { key }),
      server.post('/v1/links', { allows: ['explain'] }, { key }),
      server.get('/v1/backup', { key }),
      server.post('/v1/track', { userId: 'x', event: 'y' }, { key }),
    ])
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
  })

  it('a link explains a decision without the values that it looked at; a secret key sees them', async () => {
    const { link } = (await server.post('/v1/links', { allows: ['explain'], userId: EMAIL })).json
    const asked = { userId: EMAIL, touchpoints: ['home.hero'], explain: true }
    const byLink = await server.post('/v1/decide', { ...asked, link })
    expect(byLink.json.answers?.['home.hero'].content, byLink.text).toBe('personal')
    expect(byLink.text).toContain(HIDDEN)
    expect(byLink.text).not.toContain(EMAIL)
    expect((await server.post('/v1/decide', asked, { key: SECRET_KEY })).text).toContain(EMAIL)
  })

  it('is the workspace’s own to say, from the next request on', async () => {
    await server.call('PUT', '/v1/settings', { body: { holdout: 0, personal: ['plan'] } })
    expect((await server.get(ref, { key: analyst })).json.computed).toEqual({ 'seen-by': EMAIL })
    const { traits } = (await server.get(ref, { key: analyst })).json.profile
    expect([traits.plan.value, traits.address.value]).toEqual([HIDDEN, { city: 'London' }])
  })

  it('is hidden in the words of logged errors', () => {
    const lines: string[] = []
    const log = createLog('info', { write: line => void lines.push(line) })
    const cause = new Error(`row {"email":"${EMAIL}"} from 203.0.113.77`)
    log.warn({ err: new Error('The warehouse said no', { cause }) }, 'refused')
    log.info({ req: { method: 'GET', url: `${ref}?link=l`, id: '1' } }, 'asked')
    // Where the id of a key belongs some write the key.
    log.info({ req: { method: 'DELETE', url: `/v1/keys/${SECRET_KEY}`, id: '2' } }, 'asked')
    expect(lines).toHaveLength(3)
    expect(lines.join()).toContain('The warehouse said no')
    expect(lines.join()).not.toMatch(/ada@|ada%40|203\.0\.113/)
    expect(lines.join()).not.toContain(SECRET_KEY)
  })
})

describe('R8 what is no longer kept', () => {
  const settings = { holdout: 0, retention: { events: '30d', traits: { email: '10d' } } }

  it('goes: a trait at its instant, rows by whole days; what is stated anew stays', async () => {
    const { retention, timers, store, warehouse } = server.services
    await server.post('/v1/identify', { userId: 'bob', traits: { email: 'bob@example.com', plan: 'free' } })
    await server.call('PUT', '/v1/settings', { body: settings })
    await retention.round()
    // Timers of those who were there before the settings are set now.
    for (const userId of [EMAIL, 'bob']) {
      expect((await store.people.find('main', `userId:${userId}`))?.due, userId).toBe(NOON + 10 * DAY)
    }
    now = NOON + 9 * DAY
    await server.post('/v1/identify', { userId: 'bob', traits: { email: 'bob@example.org' } })
    now = NOON + 10 * DAY
    expect((await server.get(ref)).json.profile.traits).not.toHaveProperty('email')
    expect((await server.get('/v1/profiles/userId:bob')).json.profile.traits.email.value).toBe('bob@example.org')

    now = NOON + 32 * DAY
    await timers.round()
    await server.services.shipper.drain(5000)
    const person = await store.people.find('main', `userId:${EMAIL}`)
    const size = () => warehouse.personSize({ workspace: 'main', sources: person?.sources ?? [] })
    // What they did, and that the segment was entered and, on the tenth day, left.
    expect((await size()).events).toBe(7)
    expect(await retention.round()).toBeGreaterThanOrEqual(3)
    expect((await size()).events).toBe(1)
    expect(await retention.round(), 'once a day').toBe(0)
  })

  it('tombstones stand as long as the settings say, and then go', async () => {
    const { eraser, store } = server.services
    await server.call('PUT', '/v1/settings', { body: { holdout: 0, retention: { erased: '2d' } } })
    const late = { userId: 'bob', event: 'Late', timestamp: new Date(now - 60_000).toISOString() }
    const { id } = (await server.call('DELETE', '/v1/profiles/userId:bob')).json
    now += DAY
    expect((await server.post('/v1/track', late)).json.refused).toHaveLength(1)
    now += DAY
    expect((await server.post('/v1/track', late)).json).toEqual({ success: true })
    await eraser.round()
    await eraser.round()
    const record = await eraser.records.get('main', id)
    expect(record).toMatchObject({ stage: 'physical', tombstones: [], unburied: true })
    expect(await store.people.find('main', 'userId:bob')).toMatchObject({ events: 1, traits: {} })
  })
})
