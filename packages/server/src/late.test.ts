import { SIGNAL_LIMITS } from '@espalier/core/signal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 2, 12)
const START = NOW - 20 * 86_400_000

let server: TestServer
beforeAll(async () => {
  server = await testServer({}, { now: () => NOW })
  const condition = { sequence: [{ did: 'Signed Up' }, { did: 'Bought', within: '1h' }] }
  const changes = [{ kind: 'segment', key: 'bought-at-once', body: { condition } }]
  expect((await server.post('/v1/definitions', { changes })).status).toBe(200)
  await server.services.backfill.idle()
})
afterAll(() => server.stop())

let messages = 0
const did = (userId: string, event: string, at: number) => ({
  type: 'track',
  userId,
  event,
  messageId: `late-${++messages}`,
  timestamp: new Date(at).toISOString(),
})

async function send(...batch: object[]): Promise<void> {
  const { status, json } = await server.post('/v1/batch', { batch })
  expect([status, json.errors ?? []]).toEqual([200, []])
}

async function isIn(userId: string): Promise<boolean> {
  const person = await server.services.store.people.find('main', `userId:${userId}`)
  return person?.memberships?.['bought-at-once']?.in ?? false
}

/** More purchases than a sequence keeps events, the first of them at the start. */
const purchases = (userId: string) =>
  Array.from({ length: SIGNAL_LIMITS.sequence + 20 }, (_, i) => did(userId, 'Bought', START + i * 60 * MINUTE))

describe('R10 what comes too late for what is kept of a sequence', () => {
  it('makes the person again from the log, who then is where all events put them', async () => {
    await send(...purchases('ada'))
    expect(await isIn('ada')).toBe(false)
    const { made } = server.services.rebuilds
    await send(did('ada', 'Signed Up', START - 30 * MINUTE))
    await server.services.rebuilds.idle()
    expect(server.services.rebuilds.made).toBe(made + 1)
    expect(await isIn('ada')).toBe(true)
  })

  it('makes nobody again whose log is not whole, and asks no more for a while', async () => {
    const { rebuilds, warehouse, shipper } = server.services
    await send({ ...did('old', 'Bought', START), timestamp: '2019-05-01T12:00:00.000Z' }, ...purchases('old'))
    expect(await shipper.drain(10_000)).toBe(true)
    expect(await warehouse.expire({ workspace: 'main', table: 'events', before: Date.UTC(2020, 0, 1) })).toBe(1)
    const { made } = rebuilds
    for (const minutes of [30, 31]) {
      await send(did('old', 'Signed Up', START - minutes * MINUTE))
      await rebuilds.idle()
    }
    expect([rebuilds.made, await isIn('old')]).toEqual([made, false])
  })

  it('an event in time makes nobody again', async () => {
    const { made } = server.services.rebuilds
    await send(...purchases('bob'), did('bob', 'Signed Up', START + 130 * 60 * MINUTE))
    await send(did('bob', 'Bought', START + 130 * 60 * MINUTE + MINUTE))
    await server.services.rebuilds.idle()
    expect([server.services.rebuilds.made, await isIn('bob')]).toEqual([made, true])
  })
})
