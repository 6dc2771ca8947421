import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'

const NOON = Date.UTC(2026, 10, 1, 12)
/** As a file with days only gives it. */
const MIDNIGHT = Date.UTC(2026, 9, 20)
const REF = '/v1/profiles/userId:ada'
let server: TestServer
let now = NOON

beforeAll(async () => {
  server = await testServer({}, { now: () => now })
  const send = async (from: number, count: number, at: number, who: object) => {
    const batch = Array.from({ length: count }, (_, i) => ({
      type: 'track',
      event: `e${from + i}`,
      messageId: `m${from + i}`,
      timestamp: new Date(at).toISOString(),
      ...who,
    }))
    const answer = await server.post('/v1/batch', { batch })
    expect(answer.status, answer.text).toBe(200)
    now += 10
  }
  await send(0, 40, MIDNIGHT, { anonymousId: 'phone' })
  await send(40, 40, MIDNIGHT, { userId: 'ada' })
  await send(80, 20, MIDNIGHT, { userId: 'ada', anonymousId: 'phone' })
  for (let i = 0; i < 6; i++) await send(100 + i, 1, MIDNIGHT + 1 + i, { userId: 'ada' })
  await send(106, 8, MIDNIGHT - 86_400_000, { userId: 'ada' })
}, 300_000)
afterAll(() => server.stop())

interface Page {
  readonly events: readonly { readonly name: string; readonly timestamp: number }[]
  readonly next?: number | string
}

const EVERYTHING = 114

async function events(query: string): Promise<Page> {
  const { status, text, json } = await server.get(`${REF}/events?${query}`)
  expect(status, text).toBe(200)
  return json
}

async function pagesFrom(limit: number, next?: number | string): Promise<Page[]> {
  const pages: Page[] = []
  let before = next
  do {
    const page = await events(`limit=${limit}${before === undefined ? '' : `&before=${before}`}`)
    pages.push(page)
    before = page.next
  } while (before !== undefined && pages.length <= EVERYTHING)
  return pages
}

const namesOf = (pages: readonly Page[]) => pages.flatMap(page => page.events.map(({ name }) => name))

describe('the timeline', () => {
  it('loses and doubles nothing between pages, however many events share a millisecond', async () => {
    await server.get(REF)
    const whole = await events('limit=1000')
    expect(whole.next).toBeUndefined()
    expect(new Set(namesOf([whole])).size).toBe(EVERYTHING)
    expect(whole.events).toHaveLength(EVERYTHING)
    for (const limit of [1, 7, 53, EVERYTHING]) {
      const pages = await pagesFrom(limit)
      expect(namesOf(pages), `${limit}`).toEqual(namesOf([whole]))
      expect(pages, 'no page is empty, and none is longer').toHaveLength(Math.ceil(EVERYTHING / limit))
    }
  })

  it('goes on before a time where a page ends with its millisecond, and before an event where it does not', async () => {
    const six = await events('limit=6')
    expect(six.next).toBe(MIDNIGHT + 1)
    const inside = await events('limit=7')
    expect(inside.next).toEqual(expect.stringMatching(/^event\.[\w-]+$/))
    // A time means what it says.
    for (const time of [MIDNIGHT, new Date(MIDNIGHT).toISOString(), '2026-10-20']) {
      expect((await events(`before=${time}`)).events).toHaveLength(8)
    }
  })

  it('goes on from the first page that comes with the person', async () => {
    const { json } = await server.get(REF)
    const rest = await pagesFrom(20, json.timelineNext)
    const first = { events: json.timeline }
    expect(json.timeline).toHaveLength(50)
    expect(namesOf([first, ...rest])).toEqual(namesOf([await events('limit=1000')]))
  })

  it('goes on where it was when the person became one with another meanwhile', async () => {
    const first = await events('limit=30')
    const other = { type: 'track', timestamp: new Date(MIDNIGHT).toISOString() }
    await server.post('/v1/batch', {
      batch: [
        { ...other, event: 'theirs', messageId: 'theirs', anonymousId: 'tablet' },
        { ...other, type: 'identify', messageId: 'merges', anonymousId: 'tablet', userId: 'ada' },
      ],
    })
    await server.get(REF)
    const names = namesOf([first, ...(await pagesFrom(30, first.next))])
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter(name => /^e\d/.test(name))).toHaveLength(EVERYTHING)
  })

  it('refuses a mark that is none', async () => {
    const mark = (parts: unknown) => `event.${Buffer.from(JSON.stringify(parts)).toString('base64url')}`
    const place = [MIDNIGHT, NOON, 0, 'm1', 'ada']
    expect((await server.get(`${REF}/events?before=${mark(place)}`)).status).toBe(200)
    for (const before of [
      'event.',
      'event.x',
      mark({}),
      mark(place.slice(1)),
      mark(['1', ...place.slice(1)]),
      mark([1e20, ...place.slice(1)]),
      mark([MIDNIGHT, NOON, -1, 'm1', 'ada']),
      mark([MIDNIGHT, NOON, 0, null, 'ada']),
    ]) {
      const { status, json } = await server.get(`${REF}/events?before=${before}`)
      expect([status, json.error.code, json.error.path], before).toEqual([400, 'invalid', 'query.before'])
    }
    expect((await server.get(`${REF}/events?before=soon`)).json.error.path).toBe('query.before')
  })
})
