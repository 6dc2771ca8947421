import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apply } from '@espalier/core/stream'
import { openMemoryStore } from '@espalier/store/memory'
import type { Owner } from '@espalier/warehouse'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newId } from './id.ts'
import { type TestServer, testServer, WRITE_KEY } from './testing/server.ts'
import { WarehouseBond } from './warehouseBond.ts'

const FOREIGN = { code: 'foreign' }

describe('the bond between a store and its warehouse', () => {
  /** Servers that remember who signed, as those of a cluster do; one that is down refuses. */
  class Signed {
    ids: (string | undefined)[]
    down = -1

    constructor(...ids: (string | undefined)[]) {
      this.ids = ids
    }

    owners = async (): Promise<readonly Owner[]> => this.ids.map((id, index) => ({ where: `Shard ${index + 1}`, id }))
    sign = async (installation: string): Promise<void> => {
      for (const index of this.ids.keys()) {
        if (index === this.down) throw new Error('down for the test')
        this.ids[index] = installation
      }
    }
  }

  const newStore = () => openMemoryStore({ apply, newId })
  const bondOf = (store = newStore()) => new WarehouseBond(store, () => 0)

  it('is made silently where neither side knows of it: at the first start, and after an upgrade', async () => {
    const store = newStore()
    const warehouse = new Signed(undefined)
    await bondOf(store).confirm(warehouse)
    expect(warehouse.ids[0]).toMatch(/^[0-9a-f]{64}$/)
    await bondOf(store).shipping()
    await bondOf(store).confirm(warehouse)
    expect(await bondOf(store).accept()).toBe(false)
  })

  it('heals when it broke off between the signatures', async () => {
    const store = newStore()
    const warehouse = new Signed(undefined, undefined)
    warehouse.down = 1
    await expect(bondOf(store).confirm(warehouse)).rejects.toThrow('down for the test')
    expect(warehouse.ids[1]).toBeUndefined()
    warehouse.down = -1
    await bondOf(store).confirm(warehouse)
    expect(warehouse.ids[1]).toBe(warehouse.ids[0])
  })

  it('a warehouse that lacks what was shipped is refused; one that nothing was shipped to is not', async () => {
    const store = newStore()
    const bond = bondOf(store)
    await bond.confirm(new Signed(undefined))
    await bond.confirm(new Signed(undefined))
    await bond.shipping()
    await expect(bond.confirm(new Signed(undefined))).rejects.toMatchObject(FOREIGN)
    await expect(bondOf(store).confirm(new Signed(undefined))).rejects.toMatchObject(FOREIGN)
  })

  it('a shard that was lost is named', async () => {
    const store = newStore()
    const warehouse = new Signed(undefined, undefined)
    const bond = bondOf(store)
    await bond.confirm(warehouse)
    await bond.shipping()
    warehouse.ids[1] = undefined
    await expect(bond.confirm(warehouse)).rejects.toThrow(/^Shard 2 has none of the rows/)
  })

  it('R1 that another node began to ship while this one signed what was accepted is not forgotten', async () => {
    const store = newStore()
    const bond = bondOf(store)
    const warehouse = new Signed('of somebody else')
    await expect(bond.confirm(warehouse)).rejects.toMatchObject(FOREIGN)
    expect(await bond.accept()).toBe(true)
    const { sign } = warehouse
    warehouse.sign = async installation => {
      await bondOf(store).shipping()
      await sign(installation)
    }
    await bond.confirm(warehouse)
    await expect(bond.confirm(new Signed(undefined))).rejects.toMatchObject(FOREIGN)
  })

  it('what is accepted is signed, though it breaks off midway, and only that', async () => {
    const store = newStore()
    await bondOf().confirm(new Signed(undefined))
    const other = new Signed('other', undefined)
    const bond = bondOf(store)
    await bond.shipping()
    await expect(bond.confirm(other)).rejects.toMatchObject(FOREIGN)
    expect(await bond.accept()).toBe(true)
    await expect(bondOf(store).confirm(new Signed('third'))).rejects.toMatchObject(FOREIGN)
    other.down = 1
    await expect(bondOf(store).confirm(other)).rejects.toThrow('down for the test')
    other.down = -1
    await bondOf(store).confirm(other)
    expect(new Set(other.ids).size).toBe(1)
    expect(other.ids[0]).not.toBe('other')
    // It was said of these warehouses once, and of no others.
    await expect(bondOf(store).confirm(new Signed('other'))).rejects.toMatchObject(FOREIGN)
    await expect(bondOf(store).confirm(new Signed(undefined))).rejects.toMatchObject(FOREIGN)
  })
})

describe('a server whose warehouse is not that of its store', () => {
  const open: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })
  const folder = async () => {
    const path = await mkdtemp(join(tmpdir(), 'espalier-bond-'))
    open.push(() => rm(path, { recursive: true, force: true }))
    return path
  }
  const started = async (data: string, lines: string[] = []): Promise<TestServer> => {
    const log = pino({ level: 'error' }, { write: (line: string) => lines.push(line) })
    const server = await testServer({ data }, { log })
    open.push(() => server.close())
    return server
  }
  const send = async (server: TestServer, messageId: string) =>
    expect((await server.post('/v1/track', { userId: 'u1', event: 'x', messageId })).status).toBe(200)
  const events = async (server: TestServer) => (await server.get('/v1/summary')).json.totals?.events
  const finding = async (server: TestServer) =>
    (await server.get('/v1/doctor')).json.checks.find(({ check }: { check: string }) => check === 'warehouse')

  it('goes on taking events and deciding, says what is wrong, and ships when it is put back or accepted', async () => {
    const base = await folder()
    const data = join(base, 'one')
    const first = await started(data)
    await send(first, 'm1')
    expect(await events(first)).toBe(1)
    expect((await finding(first)).status).toBe('ok')
    expect(await first.call('POST', '/v1/warehouse/accept', { key: WRITE_KEY })).toMatchObject({ status: 403 })
    const accept = (server: TestServer) => server.call('POST', '/v1/warehouse/accept')
    expect((await accept(first)).json.error.code).toBe('conflict')
    await first.close()

    await rename(join(data, 'warehouse'), join(base, 'kept'))
    const lines: string[] = []
    const second = await started(data, lines)
    expect(lines.map(line => JSON.parse(line).msg)).toEqual([
      'The warehouse has none of the rows that this store has shipped. Nothing is shipped to it: rows wait in the outbox.',
    ])
    await send(second, 'm2')
    expect((await second.post('/v1/decide', { userId: 'u1', touchpoints: ['any'] })).status).toBe(200)
    expect(await finding(second)).toMatchObject({ status: 'fail', mend: expect.stringContaining('backup') })
    expect(await second.get('/v1/summary')).toMatchObject({
      status: 503,
      json: { error: { code: 'warehouse_unavailable' } },
    })
    expect((await second.services.store.outbox.depth()).rows).toBeGreaterThan(0)
    await second.close()

    await rm(join(data, 'warehouse'), { recursive: true })
    await rename(join(base, 'kept'), join(data, 'warehouse'))
    const third = await started(data)
    expect(await events(third)).toBe(2)
    await third.close()

    // Somebody else's, and a store that has nothing yet.
    const elsewhere = join(base, 'two')
    await mkdir(elsewhere)
    await rename(join(data, 'warehouse'), join(elsewhere, 'warehouse'))
    const fourth = await started(elsewhere)
    expect((await finding(fourth)).message).toMatch(/^The warehouse belongs to another installation/)
    await fourth.close()

    const fifth = await started(data)
    await send(fifth, 'm3')
    expect((await finding(fifth)).status).toBe('fail')
    expect((await accept(fifth)).json).toEqual({ accepted: true })
    await vi.waitFor(async () => expect(await events(fifth)).toBe(1), { timeout: 60_000, interval: 200 })
    expect((await finding(fifth)).status).toBe('ok')
    expect((await accept(fifth)).json.error.code).toBe('conflict')
  }, 300_000)
})
