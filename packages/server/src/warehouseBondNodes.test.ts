import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'
import { type TwoNodes, twoNodes, WAIT } from './testing/twoNodes.ts'

let two: TwoNodes | undefined
let third: TestServer | undefined
beforeAll(async () => {
  two = await twoNodes()
}, 300_000)
afterAll(async () => {
  await third?.stop()
  await two?.stop()
})

it('of three nodes on one PostgreSQL one with another warehouse takes events, and leaves shipping to the others', async () => {
  const [first] = two!.nodes
  const send = async (server: TestServer, messageId: string) =>
    expect((await server.post('/v1/track', { userId: 'u1', event: 'x', messageId })).status).toBe(200)
  const events = async () => (await first.get('/v1/summary')).json.totals?.events
  await send(first, 'm1')
  expect(await events()).toBe(1)

  // Whoever started it forgot to say where the warehouse is, so it has one of its own.
  third = await testServer({ store: first.services.options.store })
  const { checks } = (await third.get('/v1/doctor')).json
  expect(checks).toContainEqual(
    expect.objectContaining({ check: 'warehouse', message: expect.stringContaining('none of the rows') }),
  )
  await send(third, 'm2')
  await vi.waitFor(async () => expect(await events()).toBe(2), WAIT)
  expect((await third.get('/v1/summary')).status).toBe(503)
  for (const node of two!.nodes) await node.services.warehouse.check()
})
