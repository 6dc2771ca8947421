import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { apply } from '@espalier/core/stream'
import { startPostgres, type TestPostgres } from '@espalier/testkit/postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { newId, shipAll } from '../contract/harness.ts'
import type { Store } from '../port.ts'
import { openPostgresStore } from './store.ts'

const WRITER = new URL('../../dist/postgres/testing/writer.js', import.meta.url)

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const writers = new Set<ChildProcess>()
afterEach(() => {
  for (const writer of writers) writer.kill('SIGKILL')
})

interface Writer {
  readonly process: ChildProcess
  readonly acknowledged: Set<number>
  /** Settled when it ended, with its exit code; null when it was killed. */
  readonly ended: Promise<number | null>
  /** Settled when it has acknowledged this many messages, or ended. */
  reaches(count: number): Promise<void>
}

/** Starts a node that commits the messages from `first` to `last`. */
function write(url: string, name: string, first: number, last: number, acknowledged = new Set<number>()): Writer {
  // Without the test runner's own conditions: it runs what is built.
  const child = fork(WRITER, [url, name, String(first), String(last)], { execArgv: [] })
  writers.add(child)
  child.on('message', ({ numbers }: { numbers: number[] }) => {
    for (const n of numbers) acknowledged.add(n)
    child.emit('acknowledged')
  })
  const ended = once(child, 'close').then(([code]) => {
    writers.delete(child)
    child.emit('acknowledged')
    return code as number | null
  })
  return {
    process: child,
    acknowledged,
    ended,
    async reaches(count) {
      while (acknowledged.size < count && writers.has(child)) await once(child, 'acknowledged')
    },
  }
}

/** Each message is in one event row and in one person's count. */
async function expectExactly(store: Store, messageIds: readonly string[]): Promise<void> {
  const rows = await shipAll(store)
  expect(rows.map(row => row.message_id as string).sort()).toEqual([...messageIds].sort())
  const people = await store.people.page('main', undefined, 1000)
  expect(people.reduce((sum, person) => sum + person.events, 0)).toBe(messageIds.length)
  const eventsOf = new Map<unknown, number>()
  for (const { profile } of rows) eventsOf.set(profile, (eventsOf.get(profile) ?? 0) + 1)
  for (const { sources, events } of people) {
    expect(sources.reduce((sum, source) => sum + (eventsOf.get(source) ?? 0), 0)).toBe(events)
  }
}

function ids(name: string, last: number): string[] {
  return Array.from({ length: last + 1 }, (_, n) => `${name}-${n}`)
}

describe('several nodes on one PostgreSQL', () => {
  it('R1 two processes on the same people lose no update and double none', { timeout: 300_000 }, async () => {
    const url = await postgres.database()
    const nodes = [write(url, 'left', 0, 599), write(url, 'right', 0, 599)]
    expect(await Promise.all(nodes.map(node => node.ended))).toEqual([0, 0])
    const store = await openPostgresStore({ url, apply, newId })
    await expectExactly(store, [...ids('left', 599), ...ids('right', 599)])
    await store.close()
  })

  it('R3 two processes that bring the same messages store each once', { timeout: 300_000 }, async () => {
    const url = await postgres.database()
    const nodes = [write(url, 'same', 0, 399), write(url, 'same', 0, 399)]
    expect(await Promise.all(nodes.map(node => node.ended))).toEqual([0, 0])
    const store = await openPostgresStore({ url, apply, newId })
    await expectExactly(store, ids('same', 399))
    await store.close()
  })

  it('R2 a node killed under load, again and again: nothing acknowledged is lost, nothing doubled', {
    timeout: 300_000,
  }, async () => {
    const url = await postgres.database()
    // So many that none comes to its end before it is killed.
    const last = 2999
    const steady = write(url, 'steady', 0, last)
    const acknowledged = new Set<number>()
    const firstOpen = () => {
      let n = 0
      while (acknowledged.has(n)) n++
      return n
    }
    for (let kill = 1; kill <= 4; kill++) {
      // As a client would: whatever was not acknowledged is sent again.
      const node = write(url, 'killed', firstOpen(), last, acknowledged)
      await node.reaches(acknowledged.size + 37 + kill * 11)
      node.process.kill('SIGKILL')
      expect(await node.ended).toBeNull()
    }
    expect(acknowledged.size).toBeLessThan(last)
    expect(await write(url, 'killed', firstOpen(), last, acknowledged).ended).toBe(0)
    expect(await steady.ended).toBe(0)
    const store = await openPostgresStore({ url, apply, newId })
    await expectExactly(store, [...ids('steady', last), ...ids('killed', last)])
    await store.close()
  })

  it('bring the schema up together', async () => {
    const url = await postgres.database()
    const nodes = ['a', 'b', 'c', 'd'].map(name => write(url, name, 0, 9))
    expect(await Promise.all(nodes.map(node => node.ended))).toEqual([0, 0, 0, 0])
  })
})
