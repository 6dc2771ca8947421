import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { startClickHouse } from '@espalier/testkit/clickhouse'
import { list } from 'tar'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { restoreBackup, StartError, startServer } from './index.ts'
import { ADMIN_KEY, SECRET_KEY, type TestServer, testServer, WRITE_KEY } from './testing/server.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function started(...args: Parameters<typeof testServer>): Promise<TestServer> {
  const server = await testServer(...args)
  open.push(() => server.close())
  return server
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'espalier-start-'))
  open.push(() => rm(path, { recursive: true, force: true }))
  return path
}

const order = (i: number) => ({
  type: 'track',
  userId: `u${i % 5}`,
  event: 'Order Completed',
  messageId: `order-${i}`,
  properties: { total: 10, currency: 'EUR' },
})
const orders = (from: number, to: number) => ({ batch: Array.from({ length: to - from }, (_, i) => order(from + i)) })

describe('what keeps a server from starting is one line with the mend', () => {
  const refused = async (options: Parameters<typeof startServer>[0]) => {
    const error = await startServer({ logLevel: 'silent', ...options }).catch(thrown => thrown)
    expect(error).toBeInstanceOf(StartError)
    expect(error.message).not.toContain('\n')
    return error.message as string
  }

  it('a port in use, and its data folder is free again at once', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    open.push(() => new Promise(resolve => other.close(resolve)))
    const { port } = other.address() as AddressInfo
    const data = await folder()
    expect(await refused({ data, port })).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use by another process\. .*--port/)
    const server = await started({ data })
    expect((await server.get('/health/ready')).status).toBe(200)
  })

  it('a data folder that the engine would take for a pattern of names', async () => {
    expect(await refused({ data: join(await folder(), 'what?'), port: 0 })).toMatch(/what\?.*Choose another folder/)
  })

  it('a data folder in use', async () => {
    const data = await folder()
    await started({ data })
    expect(await refused({ data, port: 0 })).toMatch(/in use|another process/i)
  })

  it('a data folder that cannot be made', async () => {
    const data = await folder()
    await writeFile(join(data, 'file'), '')
    await symlink(join(data, 'nowhere'), join(data, 'dangling'))
    await mkdir(join(data, 'halfway'))
    await writeFile(join(data, 'halfway', 'warehouse'), '')
    for (const [name, reason] of [
      ['file', 'it is a file'],
      ['file/below', 'it is a file'],
      ['dangling', 'it leads to nothing'],
      ['x'.repeat(300), 'its name is too long'],
      ['halfway', 'it is a file'],
    ] as const) {
      const message = await refused({ data: join(data, name), port: 0 })
      expect(message).toContain(`The data folder ${join(data, name)}`)
      expect(message).toMatch(new RegExp(`cannot be used: ${reason}.*--data\\.$`))
    }
  })

  it.runIf(existsSync('/proc/self'))('a data folder in /proc, where Node would try to make one for ever', async () => {
    for (const data of ['/proc', '/proc/espalier', '/proc/espalier/data']) {
      expect(await refused({ data, port: 0 })).toMatch(/ cannot be used: nothing can be made there\. .*--data\.$/)
    }
  })

  it('an address this machine has not', async () => {
    expect(await refused({ data: await folder(), port: 0, host: '203.0.113.1' })).toContain('203.0.113.1')
  })

  it('URLs that are none, and a store that does not answer', async () => {
    const data = await folder()
    expect(await refused({ data, port: 0, store: 'mysql://x' })).toContain('ESPALIER_STORE')
    expect(await refused({ data, port: 0, warehouse: 'clickhouse' })).toContain('ESPALIER_WAREHOUSE')
    const malformed = await refused({ data, port: 0, warehouse: 'http://user:h%ush@one' })
    expect(malformed).toContain('%25')
    expect(malformed).not.toContain('ush')
    const warehouseShards = ['http://user:hush@shard1:8123', 'http://user:hush@shard2:8123/espalier']
    expect(await refused({ data, port: 0, warehouseShards })).toContain('ESPALIER_WAREHOUSE.')
    const shards = await refused({ data, port: 0, warehouse: 'http://one', warehouseShards })
    expect(shards).toMatch(/^Shard 2 .* names a database/)
    expect(shards).not.toContain('hush')
    expect(await refused({ data, port: 0, warehouse: 'http://one', warehouseShards: ['shard1'] })).toContain('Shard 1')
    const down = await refused({ data, port: 0, store: 'postgresql://user:hush@127.0.0.1:1/none' })
    expect(down).not.toContain('hush')
    expect(down).toMatch(/ECONNREFUSED.*\. Mend ESPALIER_STORE, or see that it runs there\.$/)
  })

  it('proxies that are no addresses', async () => {
    expect(await refused({ data: await folder(), port: 0, trustProxy: ['nonsense'] })).toContain('trustProxy')
  })

  it('one text for both keys, a key of the other kind, a revoked key', async () => {
    const data = await folder()
    const same = { data, port: 0, writeKey: 'the-same-text', secretKey: 'the-same-text' }
    expect(await refused(same)).toContain('two different')
    const first = await testServer({ data })
    const { id } = (await first.get('/v1/keys')).json.keys.find((key: { kind: string }) => key.kind === 'write')
    await first.call('DELETE', `/v1/keys/${id}`)
    await first.close()
    expect(await refused({ data, port: 0, writeKey: SECRET_KEY })).toContain('already the secret key')
    expect(await refused({ data, port: 0, writeKey: WRITE_KEY })).toContain('was revoked')
  })
})

describe('a life of a server', () => {
  it('makes the first keys once and gives them back once', async () => {
    const data = await folder()
    const first = await startServer({ data, port: 0, logLevel: 'silent' })
    expect(first.madeKeys).toEqual({ writeKey: expect.any(String), secretKey: expect.any(String) })
    await first.close()
    const second = await startServer({ data, port: 0, logLevel: 'silent' })
    open.push(() => second.close())
    expect(second.madeKeys).toEqual({})
    const authorization = `Bearer ${first.madeKeys.secretKey}`
    expect((await fetch(`${second.url}/v1/keys`, { headers: { authorization } })).status).toBe(200)
  })

  it('R2 R3 what was acknowledged is there after a restart, once, in the profile and in the warehouse', async () => {
    const data = await folder()
    const first = await testServer({ data, shipEvery: 60_000 })
    expect((await first.post('/v1/batch', orders(0, 50))).status).toBe(200)
    await first.close()
    const second = await started({ data })
    expect((await second.post('/v1/batch', orders(0, 60))).status).toBe(200)
    expect((await second.get('/v1/profiles/userId:u0')).json.profile.events).toBe(12)
    const { complete, totals, revenue } = (await second.get('/v1/summary')).json
    expect(complete).toBe(true)
    expect(totals).toMatchObject({ events: 60, people: 5 })
    expect(revenue).toEqual([{ name: 'Order Completed', currency: 'EUR', count: 60, sum: 600 }])
  })

  it('nothing counts as shipped that waits behind decisions, whatever clock the server goes by', async () => {
    const server = await started({}, { now: () => Date.now() - 86_400_000 })
    const { shipper, store } = server.services
    await server.post('/v1/definitions', { changes: [{ kind: 'touchpoint', key: 'home', body: { channel: 'web' } }] })
    await server.post('/v1/identify', { userId: 'u0' })
    expect(await shipper.drain(60_000)).toBe(true)
    await shipper.paused(async () => {
      // Of somebody known a decision changes nobody: it waits in front, in a commit of its own.
      expect((await server.post('/v1/decide', { userId: 'u0', touchpoints: ['home'] })).status).toBe(200)
      await store.outbox.flush()
      expect((await store.outbox.depth()).rows).toBe(1)
      await server.post('/v1/batch', orders(0, 10))
      expect(await shipper.drain(0)).toBe(false)
    })
    expect(await shipper.drain(60_000)).toBe(true)
  })

  it('nothing counts as shipped that was acknowledged before the clock was put back', async () => {
    let now = Date.now()
    const server = await started({}, { now: () => now })
    const { shipper } = server.services
    await shipper.paused(async () => {
      await server.post('/v1/batch', orders(0, 10))
      now -= 3 * 3_600_000
      expect(await shipper.drain(0)).toBe(false)
    })
    expect(await shipper.drain(60_000)).toBe(true)
    expect((await server.get('/v1/summary')).json.totals.events).toBe(10)
  })

  it('a stopping server finishes the requests it has, and acknowledges what it stored', async () => {
    const server = await testServer()
    const answers = Promise.all(
      Array.from({ length: 30 }, (_, i) => server.post('/v1/batch', orders(i * 10, i * 10 + 10))),
    )
    const settled = answers.then(
      all => all.map(answer => answer.status),
      () => ['refused'],
    )
    await vi.waitFor(() => expect(server.services.queue.waiting).toBeGreaterThan(0), { interval: 1, timeout: 60_000 })
    await server.close()
    for (const status of await settled) expect([200, 503, 'refused']).toContain(status)
    await expect(server.get('/health/live')).rejects.toThrow()
    await server.stop()
  })

  it('a stopping server answers what was sent on a connection that looked idle, and says that it ends', async () => {
    const server = await testServer()
    const body = JSON.stringify({ ...order(1), writeKey: WRITE_KEY })
    const request = `POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    let got = ''
    socket.on('data', data => {
      got += data
    })
    const ended = new Promise(resolve => socket.on('close', resolve).on('error', resolve))
    socket.write(request)
    await vi.waitFor(() => expect(got).toContain('{"success":true}'), { timeout: 60_000 })
    expect(got).toMatch(/connection: keep-alive/i)
    got = ''
    socket.write(request)
    await server.close()
    await ended
    expect(got).toMatch(/^HTTP\/1.1 200 /)
    expect(got).toMatch(/connection: close/i)
    await server.stop()
  })

  it('a stopping server waits for no connection on which nothing was sent, as browsers and load balancers open them ahead', async () => {
    const server = await started({ drainTime: 600_000 })
    const port = Number(new URL(server.url).port)
    const unused = connect(port, '127.0.0.1')
    await new Promise(resolve => unused.once('connect', resolve))
    const closed = new Promise(resolve => unused.on('error', () => undefined).once('close', resolve))
    // Its acceptance is behind it.
    expect((await server.get('/health/live')).status).toBe(200)
    await server.close()
    await closed
  })

  it('a client that goes away in the middle of an export is no error of ours', async () => {
    const lines: string[] = []
    const { pino } = await import('pino')
    const server = await started({}, { log: pino({ level: 'info' }, { write: line => lines.push(line) }) })
    await server.post('/v1/track', order(1))
    const { warehouse } = server.services
    const person = warehouse.person.bind(warehouse)
    // As long as the client is there, more is to come.
    const left = new Promise<void>(resolve => {
      warehouse.person = async function* (asked) {
        try {
          yield* person(asked)
          for (;;) {
            await new Promise(setImmediate)
            yield []
          }
        } finally {
          resolve()
        }
      }
    })
    const stop = new AbortController()
    const asked = { headers: { authorization: `Bearer ${SECRET_KEY}` }, signal: stop.signal }
    const answer = await fetch(`${server.url}/v1/profiles/userId:u1/export`, asked)
    const { value } = await answer.body!.getReader().read()
    expect(Buffer.from(value!).toString()).toContain('"kind":"about"')
    stop.abort()
    await left
    expect((await server.get('/metrics')).text).not.toContain('code="internal"')
    expect(lines.filter(line => JSON.parse(line).level >= 50)).toEqual([])
  })

  it('logs no key, no query and no identifier', async () => {
    const lines: string[] = []
    const { pino } = await import('pino')
    const { createLog } = await import('./log.ts')
    const real = createLog('debug')
    const log = pino(
      { level: 'debug', serializers: real[pino.symbols.serializersSym as never] },
      { write: line => lines.push(line) },
    )
    const server = await started({ logLevel: 'debug' }, { log })
    await server.post('/v1/track', { userId: 'u1', event: 'x', writeKey: WRITE_KEY })
    await server.get('/v1/profiles/userId:very-private?key=secret-in-query')
    await server.post('/v1/track', '{')
    const all = lines.join('')
    expect(all).toContain('/v1/track')
    for (const secret of [WRITE_KEY, SECRET_KEY, ADMIN_KEY, 'very-private', 'secret-in-query']) {
      expect(all).not.toContain(secret)
    }
  })
})

describe('the warehouse may be down', () => {
  it('and say nothing at all: the server starts without it, and stops without waiting for it', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    open.push(async () => {
      silent.closeAllConnections()
      silent.close()
    })
    const { port } = silent.address() as AddressInfo
    const began = performance.now()
    const server = await started({ warehouse: `http://default:secret@127.0.0.1:${port}/espalier`, drainTime: 100 })
    expect((await server.post('/v1/batch', orders(0, 5))).status).toBe(200)
    expect((await server.post('/v1/decide', { userId: 'u1', touchpoints: ['any'] })).status).toBe(200)
    await server.close()
    // A question to it is given up after a minute and a half.
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  it('when the server starts: events and decisions go on, reports say what is wrong, and all is there when it is back', async () => {
    const clickHouse = await startClickHouse()
    open.push(() => clickHouse.close())
    await clickHouse.down()
    const { username, password, database } = clickHouse
    const { host } = new URL(clickHouse.url)
    const server = await started({ warehouse: `http://${username}:${password}@${host}/${database}` })
    expect((await server.post('/v1/batch', orders(0, 20))).status).toBe(200)
    expect((await server.post('/v1/decide', { userId: 'u1', touchpoints: ['any'] })).status).toBe(200)
    const { profile, timelineError } = (await server.get('/v1/profiles/userId:u0')).json
    expect(profile.events).toBe(4)
    expect(timelineError).toEqual(expect.any(String))
    expect(await server.get('/v1/summary')).toMatchObject({
      status: 503,
      json: { error: { code: 'warehouse_unavailable', mend: expect.any(String) } },
    })
    const { healthy, checks } = (await server.get('/v1/doctor')).json
    expect(healthy).toBe(false)
    expect(checks).toContainEqual(
      expect.objectContaining({ check: 'warehouse', status: 'fail', mend: expect.any(String) }),
    )
    expect((await server.get('/health/ready')).json).toEqual({ status: 'ok', warehouse: 'down' })

    await clickHouse.up()
    await vi.waitFor(async () => expect((await server.get('/v1/summary')).json).toMatchObject({ complete: true }), {
      timeout: 120_000,
      interval: 200,
    })
    expect((await server.get('/v1/summary')).json.totals).toMatchObject({ events: 20, people: 5 })
    expect((await server.get('/health/ready')).json).toEqual({ status: 'ok', warehouse: 'ok' })
  })
})

describe('backup and restore', () => {
  it('a copy taken while events come in holds each of them once, in both halves', async () => {
    const server = await started({ shipEvery: 5 })
    await server.post('/v1/batch', orders(0, 100))
    await server.post('/v1/catalog', { items: [{ id: 'mug', title: 'Mug' }] })
    let sent = 100
    let going = true
    const traffic = (async () => {
      while (going) {
        await server.post('/v1/batch', orders(sent, sent + 10))
        sent += 10
      }
    })()
    const file = join(await folder(), 'backup.tar.gz')
    const response = await fetch(`${server.url}/v1/backup`, { headers: { authorization: `Bearer ${SECRET_KEY}` } })
    expect(response.status).toBe(200)
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file))
    going = false
    await traffic
    const left = async () => (await readdir(server.services.options.data)).filter(name => name.startsWith('backup-'))
    await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 60_000 })

    const data = join(await folder(), 'restored')
    await restoreBackup(createReadStream(file), data)
    const restored = await started({ data })
    const { complete, totals, revenue } = (await restored.get('/v1/summary')).json
    const events = await Promise.all(
      [0, 1, 2, 3, 4].map(async i => (await restored.get(`/v1/profiles/userId:u${i}`)).json.profile.events),
    )
    expect(complete).toBe(true)
    expect(totals.events).toBeGreaterThanOrEqual(100)
    expect(totals.events).toBeLessThanOrEqual(sent)
    expect(events.reduce((sum, count) => sum + count, 0)).toBe(totals.events)
    expect(revenue[0].count).toBe(totals.events)
    expect((await restored.get('/v1/catalog/mug')).json.title).toBe('Mug')
    // The same events again, from the first to the last: those in the copy are known, the others new.
    for (let i = 0; i < sent; i += 100) await restored.post('/v1/batch', orders(i, Math.min(i + 100, sent)))
    expect((await restored.get('/v1/summary')).json.totals.events).toBe(sent)
  }, 300_000)

  it('without room for the copy it is refused with what is missing, and leaves nothing', async () => {
    const server = await started()
    const noRoom = Object.assign(new Error('ENOSPC: no space left on device, copyfile'), { code: 'ENOSPC' })
    vi.spyOn(server.services.warehouse, 'backup').mockRejectedValueOnce(noRoom)
    const { status, json } = await server.get('/v1/backup', { key: SECRET_KEY })
    expect([status, json.error.code]).toEqual([429, 'full'])
    expect(json.error.message).toMatch(/there is no room for it \(\d+ MB are free\)/)
    const { data } = server.services.options
    expect((await readdir(data)).filter(name => name.startsWith('backup-'))).toEqual([])
  })

  it('what is no backup, or only half of one, is refused and leaves the folder empty', async () => {
    const data = await folder()
    await expect(restoreBackup(Readable.from([Buffer.from('not a tar')]), data)).rejects.toBeInstanceOf(StartError)
    expect(await readdir(data)).toEqual([])
    await writeFile(join(data, 'mine'), '')
    await expect(restoreBackup(Readable.from([]), data)).rejects.toThrow(/not empty/)
    expect(await readdir(data)).toEqual(['mine'])
    await expect(restoreBackup(Readable.from([]), join(data, 'mine'))).rejects.toThrow(/mine is a file/)
  })

  it('onto a full disk it says that there is no room, not that the backup is bad, and leaves the folder empty', async () => {
    const data = await folder()
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const archive = new Readable({ read: () => void archive.destroy(full) })
    await expect(restoreBackup(archive, data)).rejects.toThrow(/^There is no room for the backup in .* MB are free/)
    expect(await readdir(data)).toEqual([])
  })

  it('of one that breaks off nothing is left, wherever it does', async () => {
    const server = await started()
    await server.post('/v1/batch', orders(0, 100))
    const response = await fetch(`${server.url}/v1/backup`, { headers: { authorization: `Bearer ${SECRET_KEY}` } })
    const whole = Buffer.from(await response.arrayBuffer())
    const names: string[] = []
    await pipeline(Readable.from([whole]), list({ onReadEntry: entry => void names.push(entry.path) }))
    expect(names.at(-1)).toBe('backup.json')
    for (const share of [0.1, 0.5, 0.9, 0.999]) {
      const data = await folder()
      const half = whole.subarray(0, Math.floor(whole.length * share))
      await expect(restoreBackup(Readable.from([half]), data)).rejects.toThrow(/cannot be unpacked/)
      expect(await readdir(data)).toEqual([])
    }
  })

  it('a folder with half of one in it is not started, and may be restored into', async () => {
    const data = await folder()
    await mkdir(join(data, '.restoring'))
    await writeFile(join(data, '.restoring', 'half'), '')
    await expect(startServer({ data, port: 0, logLevel: 'silent' })).rejects.toThrow(/Restore it again/)
    await expect(restoreBackup(Readable.from([Buffer.from('not a tar')]), data)).rejects.toThrow(/cannot be unpacked/)
    expect(await readdir(data)).toEqual([])
  })
})
