import { createClient } from '@clickhouse/client'
import { openWarehouse, type Warehouse } from '@espalier/warehouse'
import {
  batchesOf,
  countEvents,
  DAY,
  event,
  exposure,
  fresh,
  link,
  NOON,
  ownerContract,
  ship,
} from '@espalier/warehouse/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouseCluster, startCluster } from './cluster.ts'

let cluster: ClickHouseCluster
let warehouse: Warehouse
const open = (shards = cluster.shards) => openWarehouse({ ...cluster.front, shards })
beforeAll(async () => {
  cluster = await startCluster(2)
  warehouse = await open()
}, 300_000)
afterAll(async () => {
  await warehouse?.close()
  await cluster?.close()
})

/** What one shard has itself. */
async function on<Row>(shard: number, query: string, workspace: string): Promise<Row[]> {
  const { url, username, password, database } = cluster.shards[shard]!
  const client = createClient({ url, username, password, database })
  const result = await client.query({ query, query_params: { workspace }, format: 'JSONEachRow' })
  const rows = await result.json<Row>()
  await client.close()
  return rows
}

const people = (workspace: string, count: number) =>
  Array.from({ length: count }, (_, index) => event({ workspace, profile: `p${index}`, index }))
const idsOn = async (shard: number, workspace: string) => {
  const query = 'SELECT message_id AS id FROM events WHERE workspace = {workspace:String} ORDER BY index'
  return (await on<{ id: string }>(shard, query, workspace)).map(({ id }) => id)
}

describe('a warehouse of two shards', () => {
  ownerContract(() => warehouse)

  it('has each row on the shard that the engine says, and reads them all', async () => {
    const workspace = fresh('placed')
    await ship(warehouse, 'events', people(workspace, 40))
    for (const shard of [0, 1]) {
      const query =
        'SELECT DISTINCT toUInt32(cityHash64(profile) % 2) AS shard FROM events WHERE workspace = {workspace:String}'
      expect(await on(shard, query, workspace)).toEqual([{ shard }])
    }
    expect(await countEvents(warehouse, workspace)).toBe(40)
  })

  it.each([
    0, 1,
  ])('R3 shard %i down: what landed on the other is repeated as it is and lands once on both', async down => {
    const workspace = fresh('down')
    const rows = people(workspace, 20)
    const [batch] = batchesOf('events', rows)
    const shard = cluster.shards[down]!
    await shard.down()
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(warehouse.insert(batch!)).rejects.toMatchObject({ code: 'unavailable' })
    }
    await shard.up()
    const landed = await idsOn(1 - down, workspace)
    expect(landed.length).toBeGreaterThan(0)
    expect(landed.length).toBeLessThan(rows.length)
    expect(await idsOn(down, workspace)).toEqual([])
    for (let attempt = 0; attempt < 2; attempt++) await warehouse.insert(batch!)
    expect(await idsOn(1 - down, workspace)).toEqual(landed)
    const all = [...landed, ...(await idsOn(down, workspace))]
    expect(all.sort()).toEqual(rows.map(row => row.message_id).sort())
  })

  it('a batch that a shard refuses, or that has no shard, is refused for good', async () => {
    const workspace = fresh('refused')
    const [batch] = batchesOf('events', [event({ workspace, profile: 'p0' })])
    await expect(warehouse.insert({ ...batch!, token: '' })).rejects.toMatchObject({ code: 'invalid' })
    const body = Buffer.from(`${JSON.stringify({ ...event({ workspace }), colour: 'red' })}\n`)
    await expect(warehouse.insert({ ...batch!, body })).rejects.toMatchObject({ code: 'invalid' })
    const nameless = Buffer.from('{"workspace":"w"}\n')
    await expect(warehouse.insert({ ...batch!, body: nameless })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('one person whose sources are on two shards is one', async () => {
    const workspace = fresh('merged')
    await ship(warehouse, 'events', people(workspace, 10))
    const links = people(workspace, 9).map((_, index) =>
      link({ workspace, source: `p${index + 1}`, canonical: 'p0', at: NOON }),
    )
    await ship(warehouse, 'identity_links', links)
    const { totals } = await warehouse.summary({ workspace })
    expect(totals).toMatchObject({ events: 10, people: 1 })
  })

  it('people of both shards are in one report, in money at the day’s rate', async () => {
    const workspace = fresh('impact')
    const seen = Array.from({ length: 8 }, (_, index) =>
      exposure({
        workspace,
        profile: `p${index}`,
        variant: index % 2 === 0 ? 'control' : 'bold',
        control: index % 2 === 0,
      }),
    )
    await ship(warehouse, 'exposures', seen)
    const bought = seen.map(({ profile }) =>
      event({ workspace, profile, timestamp: NOON + 1_000, revenue: 10, currency: 'USD', properties: { revenue: 10 } }),
    )
    await ship(warehouse, 'events', bought)
    await warehouse.putRates(workspace, [{ day: '2026-03-10', currency: 'USD', base: 'EUR', rate: 0.5 }])
    await warehouse.putRates(workspace, [{ day: '2026-03-10', currency: 'USD', base: 'EUR', rate: 0.9 }])
    const metric = { type: 'sum', event: 'Order Completed', property: 'revenue', currency: 'EUR' } as const
    const { arms, missingRates } = await warehouse.impact({ workspace, experience: 'spring', metric, now: NOON + DAY })
    expect(missingRates).toEqual([])
    expect(arms.map(({ people, sum }) => ({ people, sum }))).toEqual([
      { people: 4, sum: 36 },
      { people: 4, sum: 36 },
    ])
  })

  it('R8 an erasure goes to every shard, and so does what is kept too long', async () => {
    const workspace = fresh('erased')
    await ship(warehouse, 'events', people(workspace, 10))
    const removed = await warehouse.erase({ workspace, sources: ['p1', 'p2', 'p3', 'p4'], identifiers: [] })
    expect(removed.events).toBe(4)
    expect(await countEvents(warehouse, workspace)).toBe(6)
    expect(await warehouse.expire({ workspace, table: 'events', before: NOON + 1 })).toBe(6)
    expect(await countEvents(warehouse, workspace)).toBe(0)
  })

  it('R3 refuses shards in another order or number: rows would be divided otherwise', async () => {
    const [one, two] = cluster.shards
    await expect(open([two!, one!])).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('is shard 2 of 2, and is listed as 1 of 2'),
    })
    await expect(open([one!])).rejects.toMatchObject({ code: 'invalid' })
  })

  it('refuses a server without the tables of this version, naming what is missing', async () => {
    const { url, username, password, database } = cluster.shards[1]!
    const client = createClient({ url, username, password, database })
    await client.command({ query: 'ALTER TABLE exposures DROP COLUMN propensity' })
    await expect(open()).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^Shard 2 .* has no exposures\.propensity/),
    })
    await client.command({ query: 'ALTER TABLE exposures ADD COLUMN propensity Float64' })
    await client.close()
    await (await open()).close()
  })
})
