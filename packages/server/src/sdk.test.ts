import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer, WRITE_KEY } from './testing/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.stop())

const ORDER = {
  order_id: 'o1',
  total: 99.5,
  currency: 'EUR',
  products: [{ product_id: 'p1', price: 99.5, quantity: 1 }],
}
const LONG_AGO = new Date('2024-02-29T12:00:00.000Z')

interface Calls {
  identify(message: object): void
  track(message: object): void
  page(message: object): void
  group(message: object): void
  alias(message: object): void
}

/** What a shop sends in a day. */
function send(client: Calls, who: string): void {
  client.page({ anonymousId: `${who}-device`, name: 'Home', properties: { path: '/', title: 'Shop' } })
  client.track({ anonymousId: `${who}-device`, event: 'Product Viewed', properties: { product_id: 'p1' } })
  client.identify({ anonymousId: `${who}-device`, userId: who, traits: { email: `${who}@example.com`, age: 33 } })
  client.track({ userId: who, event: 'Order Completed', properties: ORDER })
  client.track({ userId: who, event: 'Newsletter Joined', timestamp: LONG_AGO })
  client.group({ userId: who, groupId: 'acme', traits: { name: 'Acme', plan: 'pro' } })
  client.alias({ userId: who, previousId: `${who}-tablet` })
}

/** All of it in the profile and in the warehouse, once. */
async function holds(who: string): Promise<void> {
  const { profile, timeline, timelineComplete } = (await server.get(`/v1/profiles/userId:${who}`)).json
  expect(profile).toMatchObject({
    userId: who,
    traits: { email: { value: `${who}@example.com` }, age: { value: 33 } },
  })
  expect(profile.identifiers).toEqual(
    expect.arrayContaining([`userId:${who}`, `anonymousId:${who}-device`, `anonymousId:${who}-tablet`]),
  )
  expect(JSON.stringify(profile.accounts)).toContain('acme')
  expect(profile.events).toBe(7)
  expect(timelineComplete).toBe(true)
  const kinds = timeline.map((event: { type: string; name: string }) => `${event.type} ${event.name}`).sort()
  expect(kinds).toEqual([
    'alias alias',
    'group group',
    'identify identify',
    'page Home',
    'track Newsletter Joined',
    'track Order Completed',
    'track Product Viewed',
  ])
  const find = (name: string) => timeline.find((event: { name: string }) => event.name === name)
  expect(find('Order Completed').properties).toEqual(ORDER)
  expect(find('Home').properties).toMatchObject({ path: '/', title: 'Shop' })
  expect(find('identify').properties).toMatchObject({ email: `${who}@example.com`, age: 33 })
  expect(find('group').properties).toMatchObject({ name: 'Acme', plan: 'pro' })
  // The skew rule moves a historical time by what the network takes, milliseconds unless the machine is short of cores (R10).
  expect(Math.abs(find('Newsletter Joined').timestamp - LONG_AGO.getTime())).toBeLessThan(60_000)
  expect(find('Product Viewed').context.library.name).toMatch(/analytics-node|rudder-sdk-node/)
  for (const event of timeline) expect(event.source).toEqual(expect.any(String))
}

describe('real clients, pointed at a running server', () => {
  it('@segment/analytics-node: what it sent is what the profile and the warehouse hold', async () => {
    const errors: unknown[] = []
    const client = new Analytics({ writeKey: WRITE_KEY, host: server.url, flushAt: 3, flushInterval: 50 })
    client.on('error', error => errors.push(error))
    send(client as unknown as Calls, 'sally')
    await client.closeAndFlush()
    expect(errors).toEqual([])
    await holds('sally')
  })

  it('@rudderstack/rudder-sdk-node, gzip’d: the same', async () => {
    const client = new RudderAnalytics(WRITE_KEY, {
      dataPlaneUrl: server.url,
      flushAt: 3,
      flushInterval: 50,
      gzip: true,
    })
    send(client as unknown as Calls, 'rudi')
    await client.flush()
    await client.flush()
    await holds('rudi')
  })

  it('the warehouse’s totals count what both sent, once', async () => {
    const { events, totals, revenue } = (await server.get('/v1/summary')).json
    expect(totals).toMatchObject({ events: 14, people: 2, accounts: 1 })
    expect(events).toContainEqual({ name: 'Order Completed', type: 'track', count: 2 })
    expect(revenue).toContainEqual({ name: 'Order Completed', currency: 'EUR', count: 2, sum: 199 })
  })

  it('a wrong key is an error the client reports', async () => {
    const errors: unknown[] = []
    const client = new Analytics({ writeKey: 'wrong-key', host: server.url, flushAt: 1, maxRetries: 0 })
    client.on('error', error => errors.push(error))
    client.track({ userId: 'nobody', event: 'x' })
    await client.closeAndFlush()
    expect(errors).toHaveLength(1)
    expect((await server.get('/v1/profiles/userId:nobody')).status).toBe(404)
  })
})
