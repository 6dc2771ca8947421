import { openWarehouse, type Warehouse } from '@espalier/warehouse'
import { batchesOf, event, fresh, warehouseContract } from '@espalier/warehouse/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, startClickHouse } from './index.ts'
import { readParam } from './params.ts'

let server: ClickHouse
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.close())

const open = (other: Partial<ClickHouse> = {}): Promise<Warehouse> => {
  const { url, username, password, database } = { ...server, ...other }
  return openWarehouse({ url, username, password, database })
}

// The SQL is the embedded one's, and so is the engine behind the URL: what differs is the way there.
warehouseContract('a warehouse by URL', () => open(), { worlds: 2 })

describe('a warehouse by URL', () => {
  it('is refused with the wrong password', async () => {
    await expect(open({ password: 'wrong' })).rejects.toMatchObject({ code: 'denied' })
  })

  it('is unavailable where nobody listens', async () => {
    await expect(open({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('needs a database with a plain name', async () => {
    await expect(open({ database: 'a`b' })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('is backed up by other means', async () => {
    const warehouse = await open()
    await expect(warehouse.backup('/nowhere')).rejects.toMatchObject({ code: 'unsupported' })
    await warehouse.close()
  })

  it('R3 fails while the server is down and takes the same batch afterwards, once', async () => {
    const warehouse = await open()
    const workspace = fresh('down')
    const [batch, other] = batchesOf('events', [event({ workspace }), event({ workspace, timestamp: 0 })])
    await warehouse.insert(batch!)
    await server.down()
    await expect(warehouse.insert(batch!)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(warehouse.check()).rejects.toMatchObject({ code: 'unavailable' })
    await server.up()
    await warehouse.insert(batch!)
    await warehouse.insert(other!)
    expect((await warehouse.summary({ workspace })).totals.events).toBe(2)
    await warehouse.close()
  })
})

describe('query parameters', () => {
  it.each([
    ['plain', 'String', 'plain'],
    ["a\\tb\\n\\\\n\\'", 'String', "a\tb\n\\n'"],
    ["['a','b\\\\\\'',',']", 'Array(String)', ['a', "b\\'", ',']],
    ['[1,-2.5]', 'Array(Float64)', [1, -2.5]],
    ['[]', 'Array(String)', []],
    ['\\N', 'Nullable(String)', null],
  ])('%j as %s is %j', (sent, type, read) => {
    expect(readParam(sent, type)).toEqual(read)
  })
})
