import { type ClickHouseCluster, startCluster } from '@espalier/testkit/clickhouse'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'

/** Longer than anything takes on a machine that is short of cores. */
const WAIT = { interval: 50, timeout: 60_000 }

let cluster: ClickHouseCluster
let server: TestServer
beforeAll(async () => {
  cluster = await startCluster(2)
  const urlOf = ({ url, username, password }: ClickHouseCluster['front']) =>
    `http://${username}:${password}@${new URL(url).host}`
  server = await testServer({
    warehouse: `${urlOf(cluster.front)}/${cluster.front.database}`,
    warehouseShards: cluster.shards.map(urlOf),
  })
}, 300_000)
afterAll(async () => {
  await server?.stop()
  await cluster?.close()
})

const batch = (from: number, to: number) => ({
  batch: Array.from({ length: to - from }, (_, index) => ({
    type: 'track',
    userId: `u${from + index}`,
    event: 'Order Completed',
    messageId: `m${from + index}`,
  })),
})
const inWarehouse = async () => (await server.get('/v1/summary')).json.totals.events

describe('a server with a warehouse of two shards', () => {
  it('R3 waits while one is down, catches up when it is there again, and has everything once', async () => {
    const { outbox } = server.services.store
    expect((await server.post('/v1/batch', batch(0, 30))).status).toBe(200)
    expect(await inWarehouse()).toBe(30)
    await cluster.shards[1]!.down()
    expect((await server.post('/v1/batch', batch(30, 60))).status).toBe(200)
    await vi.waitFor(() => expect(server.services.shipper.lastError).toEqual(expect.any(String)), WAIT)
    expect((await server.post('/v1/batch', batch(60, 90))).status).toBe(200)
    expect((await outbox.depth()).rows).toBeGreaterThanOrEqual(30)
    await cluster.shards[1]!.up()
    await vi.waitFor(async () => expect((await outbox.depth()).rows).toBe(0), WAIT)
    expect(await inWarehouse()).toBe(90)
    const { stats } = server.services.warehouse
    expect(await stats()).toMatchObject({ shards: 2, 'events.rows': 90 })
  })
})
