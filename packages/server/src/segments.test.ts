import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer } from './testing/server.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 10, 2, 12)

let server: TestServer
let now = START

beforeAll(async () => {
  server = await testServer({}, { now: () => now })
  await publish([
    { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
    { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'default' } },
    { kind: 'segment', key: 'recent-buyers', body: { condition: { did: 'Order Completed', within: '1h' } } },
    {
      kind: 'segment',
      key: 'big-spenders',
      body: {
        condition: {
          all: [{ segment: 'recent-buyers' }, { value: { sum: 'total', of: 'Order Completed' }, gte: 100 }],
        },
      },
    },
    {
      kind: 'experience',
      key: 'thanks',
      body: {
        tactic: 'content',
        touchpoints: ['home.hero'],
        control: 0,
        audience: { segment: 'big-spenders' },
        variants: [{ key: 'a', content: { 'home.hero': 'thanks' } }],
      },
    },
  ])
  await server.services.backfill.idle()
})
afterAll(() => server.stop())

async function publish(changes: object[]): Promise<void> {
  const answer = await server.post('/v1/definitions', { changes })
  expect(answer.status, answer.text).toBe(200)
}

let orders = 0
async function order(userId: string, total: number): Promise<void> {
  const event = { userId, event: 'Order Completed', properties: { total }, messageId: `order-${++orders}` }
  expect((await server.post('/v1/track', event)).status).toBe(200)
}

async function hero(userId: string): Promise<unknown> {
  const { json } = await server.post('/v1/decide', { userId, touchpoints: ['home.hero'] })
  return json.answers['home.hero'].content
}

/** Entries and exits in the warehouse, in order. */
async function crossings(userId: string): Promise<[string, string, number][]> {
  expect(await server.services.shipper.drain(10_000)).toBe(true)
  const { json } = await server.get(`/v1/profiles/userId:${userId}`)
  const events = json.timeline.filter((one: { type: string }) => one.type === 'segment')
  return events
    .map((one: { name: string; properties: { segment: string }; timestamp: string | number }) => [
      one.name,
      one.properties.segment,
      new Date(one.timestamp).getTime() - START,
    ])
    .reverse()
}

describe('segments', () => {
  it('R5 are entered by an event, used by the next decision, and left when their truth expires, without an event', async () => {
    await order('ada', 60)
    expect(await hero('ada')).toBe('default')
    now = START + 10_000
    await order('ada', 60)
    expect(await hero('ada')).toBe('thanks')
    now = START + HOUR + 9_999
    expect(await hero('ada')).toBe('thanks')
    now = START + HOUR + 10_000
    expect(await hero('ada')).toBe('default')
    await server.services.timers.round()
    expect(await crossings('ada')).toEqual([
      ['Segment Entered', 'recent-buyers', 0],
      ['Segment Entered', 'big-spenders', 10_000],
      ['Segment Left', 'big-spenders', HOUR + 10_000],
      ['Segment Left', 'recent-buyers', HOUR + 10_000],
    ])
  })

  it('R5 a timer that nobody heard is made up for at its own instant', async () => {
    now = START + 10 * HOUR
    await order('bob', 10)
    now += 5 * HOUR
    await order('bob', 10)
    expect(await crossings('bob')).toEqual([
      ['Segment Entered', 'recent-buyers', 10 * HOUR],
      ['Segment Left', 'recent-buyers', 11 * HOUR],
      ['Segment Entered', 'recent-buyers', 15 * HOUR],
    ])
  })

  it('a new one is filled in from the log, sums counted once, and everybody is looked at', async () => {
    const during = Promise.all(Array.from({ length: 10 }, () => order('ada', 1)))
    await publish([
      {
        kind: 'segment',
        key: 'spent-130',
        body: { condition: { value: { sum: 'total', of: 'Order Completed', within: '30d' }, is: 130 } },
      },
      { kind: 'segment', key: 'never-asked', body: { condition: { not: { did: 'Support Asked' } } } },
    ])
    await during
    await server.services.backfill.idle()
    await server.services.backfill.idle()
    const { profile } = (await server.get('/v1/profiles/userId:ada')).json
    expect(Object.keys(profile.memberships).sort()).toEqual([
      'big-spenders',
      'never-asked',
      'recent-buyers',
      'spent-130',
    ])
    expect(profile.memberships['spent-130'].in).toBe(true)
    await order('ada', 1)
    const after = (await server.get('/v1/profiles/userId:ada')).json.profile
    expect(after.memberships['spent-130']?.in ?? false).toBe(false)
    const bob = (await server.get('/v1/profiles/userId:bob')).json.profile
    expect(bob.memberships['never-asked']).toMatchObject({ in: true })
  })

  it('requests are noted, which work in the background gives way to', async () => {
    const requests = server.services.demand.watch()
    await Promise.all([server.get('/v1/segments'), hero('ada'), server.get('/health/live')])
    expect([requests(), requests()]).toEqual([3, 0])
  })

  it('GET /v1/segments/{key} tells size, entries and exits, overlap and members', async () => {
    const { json, status } = await server.get('/v1/segments/never-asked')
    expect(status).toBe(200)
    expect(json).toMatchObject({ state: 'live', size: 2, complete: true })
    expect(json.definition).toMatchObject({ key: 'never-asked', kind: 'segment' })
    expect(json.history).toEqual([{ day: '2026-11-03', entered: 2, left: 0, size: 2 }])
    expect(json.overlap).toContainEqual({ segment: 'recent-buyers', both: 2, size: 2 })
    expect(json.members.map((one: { userId: string }) => one.userId).sort()).toEqual(['ada', 'bob'])
    const buyers = (await server.get('/v1/segments/recent-buyers')).json
    expect(buyers.history).toEqual([
      { day: '2026-11-02', entered: 2, left: 2, size: 0 },
      { day: '2026-11-03', entered: 2, left: 0, size: 2 },
    ])
    expect((await server.get('/v1/segments/nobody-knows')).status).toBe(404)
  })

  it('a new one is building, and says how far it is, while the others are live', async () => {
    const { people } = server.services.store
    const everyone = people.everyone.bind(people)
    let goOn = () => {}
    const held = new Promise<void>(resolve => {
      goOn = resolve
    })
    people.everyone = async function* (workspace) {
      yield* everyone(workspace)
      await held
    }
    try {
      const condition = { value: { count: 'Order Completed', within: '7d' }, gte: 1 }
      await publish([{ kind: 'segment', key: 'weekly', body: { condition } }])
      const tell = async (key: string) => (await server.get(`/v1/segments/${key}`)).json
      await expect.poll(async () => (await tell('weekly')).progress?.looked).toBe(2)
      expect(await tell('weekly')).toMatchObject({ state: 'building', progress: { filled: 2, looked: 2, people: 2 } })
      const other = await tell('recent-buyers')
      expect([other.state, other.progress]).toEqual(['live', undefined])
    } finally {
      goOn()
      people.everyone = everyone
    }
    await server.services.backfill.idle()
    const { state, progress, size } = (await server.get('/v1/segments/weekly')).json
    expect([state, progress, size]).toEqual(['live', undefined, 2])
    await publish([{ kind: 'segment', key: 'weekly', body: null }])
  })

  it('R5 a condition is asked of the log before it is published: its size then and now, and what it shares', async () => {
    const ask = (body: object) => server.post('/v1/segments/preview', body)
    const { json, status } = await ask({
      condition: { did: 'Order Completed', atLeast: 2, within: '1h' },
      at: new Date(START + 20_000).toISOString(),
      days: 2,
      with: ['recent-buyers'],
    })
    expect(status).toBe(200)
    const at = START + 20_000
    expect(json).toMatchObject({
      at,
      size: 1,
      history: [
        { at: at - 24 * HOUR, size: 0 },
        { at, size: 1 },
      ],
      overlap: [{ segment: 'recent-buyers', size: 1, both: 1 }],
      complete: true,
    })
    expect(json.profiles).toHaveLength(1)
    expect((await ask({ condition: { did: 'Order Completed', atLeast: 2, within: '1h' }, at })).json.size).toBe(1)
    expect((await ask({ condition: { not: { did: 'Order Completed' } } })).json.size).toBe(0)
    const wrong = await ask({ condition: { segment: 'nobody-knows' } })
    expect([wrong.status, wrong.json.error.code]).toEqual([422, 'invalid_definition'])
    expect(wrong.json.error).toMatchObject({
      path: 'condition.segment',
      message: 'There is no segment "nobody-knows".',
      mend: expect.stringMatching(/^Known segments: /),
    })
    expect(wrong.text).not.toContain('preview')
    const mistyped = await ask({ condition: { all: [{ did: 'A' }, { did: 'A', withn: '3d' }] } })
    expect(mistyped.json.error).toMatchObject({
      path: 'condition.all[1].withn',
      message: '"withn" is not known here.',
      mend: 'Did you mean "within"?',
    })
    const unknown = await ask({ condition: { score: 'churn', gte: 0.5 } })
    expect([unknown.status, unknown.json.error.code]).toEqual([501, 'unsupported'])
    // R11 Well formed, within every bound, and more than the engine takes in one query.
    const sequence = (i: number) => ({
      sequence: [{ did: `A${i}` }, { did: 'B', within: '7d' }, { not: 'C', within: '2d' }],
    })
    const large = await ask({ condition: { any: Array.from({ length: 100 }, (_, i) => sequence(i)) } })
    expect([large.status, large.json.error.code]).toEqual([501, 'unsupported'])
    expect(large.json.error.message).toContain('more than fits one query')
    expect((await ask({ condition: { did: 'A' }, with: ['nobody-knows'] })).status).toBe(404)
  })

  it('ready-made ones are made by the rhythm of the business, and are published as they are', async () => {
    const { json } = await server.get('/v1/library')
    expect(json).toMatchObject({ rhythmDays: 30, measured: false })
    const given = (await server.get('/v1/library?rhythmDays=7&ordered=Bought')).json
    const active = given.entries.find(({ key }: { key: string }) => key === 'active-customers')
    expect(active.body.condition).toEqual({ did: 'Bought', within: '7d' })
    const changes = json.entries.map(({ kind, key, body }: { kind: string; key: string; body: object }) => {
      return { kind, key, body }
    })
    const dry = await server.post('/v1/definitions', { changes, dryRun: true })
    expect(dry.status, dry.text).toBe(200)
  })

  it('members are told page by page, and as CSV', async () => {
    await server.post('/v1/identify', { userId: 'bob', traits: { plan: '=1+1', email: 'bob@x.example' } })
    const page = (await server.get('/v1/segments/never-asked/members')).json
    expect(page).toMatchObject({ looked: 2, people: 2 })
    const bob = page.members.find((one: { userId: string }) => one.userId === 'bob')
    expect(bob.traits).toEqual({ plan: '=1+1', email: '•••' })
    const csv = await server.get('/v1/segments/never-asked/members?format=csv&traits=plan,email')
    expect(csv.headers.get('content-type')).toContain('text/csv')
    const lines = csv.text.trimEnd().split('\n')
    expect(lines[0]).toBe('profile,userId,since,plan,email')
    expect(lines).toHaveLength(3)
    expect(lines.find(line => line.includes('bob'))).toMatch(/,bob,2026-.*Z,'=1\+1,bob@x\.example$/)
  })

  it('R8 members are told for a purpose: whoever refuses it is left out, and counted', async () => {
    const context = { consent: { categoryPreferences: { ads: false } } }
    await server.post('/v1/track', { userId: 'bob', event: 'Consent Given', context, messageId: 'refuses' })
    const told = async (purpose: string) => {
      const { json } = await server.get(`/v1/segments/never-asked/members?purpose=${purpose}`)
      return [json.members.map((one: { userId: string }) => one.userId).sort(), json.leftOut]
    }
    expect(await told('analytics')).toEqual([['ada', 'bob'], 0])
    expect(await told('ads')).toEqual([['ada'], 1])
    const csv = await fetch(`${server.url}/v1/segments/never-asked/members?format=csv&purpose=ads`, {
      headers: { authorization: `Bearer ${SECRET_KEY}` },
    })
    expect(csv.headers.get('trailer')).toBe('left-out')
    const lines = (await csv.text()).trimEnd().split('\n')
    expect(lines.slice(1).map(line => line.split(',')[1])).toEqual(['ada'])
    const misspelt = await server.get('/v1/segments/never-asked/members?purpose=adds')
    expect(misspelt.status).toBe(400)
    expect(misspelt.json.error.mend).toContain('ads')
    expect((await server.get('/v1/profiles/userId:bob/export?purpose=ads')).json.error.code).toBe('consent_refused')
    expect((await server.get('/v1/profiles/userId:ada/export?purpose=ads')).status).toBe(200)
    expect((await server.get('/v1/profiles/userId:bob/export')).status).toBe(200)
  })

  it('an archived one is forgotten, and one that is still named is not archived', async () => {
    const refused = await server.call('DELETE', '/v1/segments/recent-buyers')
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('segment \\"big-spenders\\" still uses it')
    expect((await server.call('DELETE', '/v1/segments/never-asked')).status).toBe(200)
    await order('bob', 1)
    const bob = (await server.get('/v1/profiles/userId:bob')).json.profile
    expect(Object.keys(bob.memberships)).not.toContain('never-asked')
  })

  it('R5 computed traits stand beside the profile, as they are now', async () => {
    await order('cara', 30)
    await order('cara', 12.5)
    await publish([
      { kind: 'computedTrait', key: 'spent', body: { value: { sum: 'total', of: 'Order Completed' } } },
      { kind: 'computedTrait', key: 'last-refund', body: { value: { daysSince: 'last', of: 'Order Refunded' } } },
    ])
    await server.services.backfill.idle()
    const { json } = await server.get('/v1/profiles/userId:cara')
    expect(json.computed).toEqual({ spent: 42.5, 'last-refund': null })
  })
})
