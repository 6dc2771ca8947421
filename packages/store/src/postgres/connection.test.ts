import { type AddressInfo, createServer } from 'node:net'
import { apply } from '@espalier/core/stream'
import { startPostgres, type TestPostgres } from '@espalier/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, newId, shipAll, track } from '../contract/harness.ts'
import { openPostgresStore } from './store.ts'
import { layLine } from './testing/line.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const row = { table: 'decisions', partition: 202603, line: '{"request_id":"kept"}' } as const

it('a server that asks for a password that the URL has not is told, and the connection closed', async () => {
  const message = (type: number, body: string) => {
    const bytes = Buffer.from(`R0000${'\0\0\0'}${String.fromCharCode(type)}${body}`, 'latin1')
    bytes.writeUInt32BE(bytes.length - 1, 1)
    return bytes
  }
  const server = createServer(socket => {
    const answers = [message(10, 'SCRAM-SHA-256\0\0'), message(11, 'r=nonce,s=c2FsdA==,i=4096')]
    socket.on('data', () => void (answers.length > 0 && socket.write(answers.shift()!)))
    socket.on('error', () => undefined)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const opening = openPostgresStore({ url: `postgresql://ada@127.0.0.1:${port}/none`, apply, newId })
  await expect(opening).rejects.toMatchObject({
    code: 'unavailable',
    message: 'PostgreSQL asks for a password, and its URL has none',
  })
  // Settled only when every connection is closed.
  await new Promise(resolve => server.close(resolve))
})

describe('a lost connection', () => {
  it('makes the store unavailable and nothing else: it recovers by itself and loses nothing', async () => {
    const line = await layLine(await postgres.database())
    const store = await openPostgresStore({ url: line.url, apply, newId })
    await commit(store, [track({ user: 'ada', id: 'before' })])
    await line.cut()

    const unavailable = { name: 'StoreError', code: 'unavailable' }
    await expect(commit(store, [track({ user: 'ada', id: 'during' })])).rejects.toMatchObject(unavailable)
    await expect(store.people.find('main', 'userId:ada')).rejects.toMatchObject(unavailable)
    await expect(store.check()).rejects.toMatchObject(unavailable)
    await expect(store.definitions.version('main')).rejects.toMatchObject(unavailable)
    expect(store.outbox.log([row])).toBe(true)
    await expect(store.outbox.flush()).rejects.toMatchObject(unavailable)

    await line.mend()
    await store.check()
    const again = [track({ user: 'ada', id: 'before' }), track({ user: 'ada', id: 'during' })]
    expect((await commit(store, again)).map(one => one.outcome)).toEqual(['duplicate', 'stored'])
    await store.outbox.flush()
    expect(await shipAll(store, 'decisions')).toEqual([{ request_id: 'kept' }])
    await store.close()
    await line.close()
  })

  it('R3 between a commit and its answer doubles nothing that was logged', async () => {
    const url = await postgres.database()
    const line = await layLine(url)
    const store = await openPostgresStore({ url: line.url, apply, newId })
    const lost = line.loseAnswerTo('COMMIT\0')
    expect(store.outbox.log([row])).toBe(true)
    await expect(store.outbox.flush()).rejects.toMatchObject({ code: 'unavailable' })
    await lost
    // Another node may have shipped them before this one asks.
    const other = await openPostgresStore({ url, apply, newId })
    expect(await shipAll(other, 'decisions')).toEqual([{ request_id: 'kept' }])
    expect(store.outbox.log([{ ...row, line: '{"request_id":"next"}' }])).toBe(true)
    await store.outbox.flush()
    expect(await shipAll(other, 'decisions')).toEqual([{ request_id: 'next' }])
    await other.close()
    await store.close()
    await line.close()
  })

  it('in the middle of commits loses none that was acknowledged and doubles none', async () => {
    const url = await postgres.database()
    const line = await layLine(url)
    const store = await openPostgresStore({ url: line.url, apply, newId })
    const open = new Set(Array.from({ length: 60 }, (_, n) => n))
    const send = async (n: number) => {
      await commit(store, [track({ user: `user-${n % 5}`, id: `message-${n}` })])
      open.delete(n)
    }
    // Cut when some are through and some are not; what was not acknowledged is sent again.
    const sent = Array.from(open, n => send(n))
    await Promise.race(sent.slice(20, 24))
    await line.cut()
    const results = await Promise.allSettled(sent)
    expect(results.some(result => result.status === 'rejected')).toBe(true)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'unavailable' })
    }
    await line.mend()
    await Promise.all([...open].map(send))
    const rows = await shipAll(store)
    expect(rows.map(one => one.message_id).sort()).toEqual(Array.from({ length: 60 }, (_, n) => `message-${n}`).sort())
    const people = await store.people.page('main', undefined, 10)
    expect(people.reduce((sum, person) => sum + person.events, 0)).toBe(60)
    await store.close()
    await line.close()
  })

  it('while opening is told as such', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/nothing'
    await expect(openPostgresStore({ url, apply, newId })).rejects.toMatchObject({ code: 'unavailable' })
  })
})
