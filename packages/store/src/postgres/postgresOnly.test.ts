import { newProfile } from '@espalier/core/profile'
import { apply } from '@espalier/core/stream'
import { startPostgres, type TestPostgres } from '@espalier/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLAIM, commit, NOON, newId, shipAll, track } from '../contract/harness.ts'
import { encodeProfile, textKey } from './blobs.ts'
import { Database } from './database.ts'
import { KEEP_GENERATION, MessageIds } from './messageIds.ts'
import { initial } from './migrations/001-initial.ts'
import { openPostgresStore } from './store.ts'

const DAY = 86_400_000

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

/** A store, and the database under it. */
async function opened(options: { maxOutboxBytes?: number; clock?: () => number } = {}) {
  const url = await postgres.database()
  const store = await openPostgresStore({ url, apply, newId, clock: () => NOON, ...options })
  const database = new Database({ url, connections: 4 })
  return {
    url,
    store,
    database,
    async close() {
      await database.close()
      await store.close()
    },
  }
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

describe('the schema', () => {
  it('of a newer version is refused', async () => {
    const { url, database, close } = await opened()
    await database.query('INSERT INTO espalier.migrations VALUES (999, now())')
    await expect(openPostgresStore({ url, apply, newId })).rejects.toMatchObject({
      code: 'newer-version',
      message: expect.stringContaining('999'),
    })
    await close()
  })

  it('of an earlier version is brought up, with what is in it', async () => {
    const url = await postgres.database()
    const database = new Database({ url, connections: 1 })
    const ada = { ...newProfile('p-1', ['userId:ada'], NOON), version: 1, events: 1 }
    await database.query('CREATE SCHEMA espalier')
    await database.query('CREATE TABLE espalier.migrations (version integer PRIMARY KEY, applied timestamptz NOT NULL)')
    await database.query(initial)
    await database.query('INSERT INTO espalier.migrations VALUES (1, now())')
    await database.change("INSERT INTO espalier.profiles VALUES ('main', 'p-1', 1, NULL, $1)", [encodeProfile(ada)])
    await database.change("INSERT INTO espalier.identifiers VALUES ('main', $1, 'p-1')", [textKey('userId:ada')])
    await database.close()
    const store = await openPostgresStore({ url, apply, newId, clock: () => NOON })
    expect(await store.people.find('main', 'userId:ada')).toEqual(ada)
    expect(await store.people.nextDue('main')).toBeUndefined()
    await commit(store, [track({ user: 'ada' })])
    expect(await store.people.get('main', 'p-1')).toMatchObject({ events: 2, version: 2 })
    expect((await store.scrub()).pendingRows).toBe(1)
    await store.close()
  })

  it('commits are durable even where the server would not wait for its disk', async () => {
    const { database, close } = await opened()
    const [setting] = await database.transaction(tx =>
      tx.query<{ now: string }>("SELECT current_setting('synchronous_commit') AS now"),
    )
    expect(setting?.now).not.toBe('off')
    await close()
  })
})

describe('the outbox', () => {
  it('ships what an earlier version left, which did not pack it', async () => {
    const { store, database, close } = await opened()
    await commit(store, [track({ user: 'ada', id: 'new' })])
    await database.change(
      `INSERT INTO espalier.outbox (table_name, partition, rows, bytes, at, body)
       VALUES ('events', 202603, 2, 48, $1, convert_to($2, 'UTF8'))`,
      [NOON, '{"message_id":"old 1"}\n{"message_id":"old 2"}\n'],
    )
    expect((await shipAll(store)).map(row => row.message_id)).toEqual(['new', 'old 1', 'old 2'])
    await close()
  })

  it('packs what it holds', async () => {
    const { store, database, close } = await opened()
    await commit(
      store,
      Array.from({ length: 200 }, () => track({ user: 'ada' })),
    )
    const [held] = await database.query<{ bytes: number; packed: number }>(
      'SELECT bytes, length(body) AS packed FROM espalier.outbox',
    )
    expect(held?.bytes).toBe((await store.outbox.depth()).bytes)
    expect(held!.bytes / held!.packed).toBeGreaterThan(5)
    await close()
  })
})

describe('a transaction', () => {
  it('that failed takes nothing more, whatever is still on its way', async () => {
    const { database, close } = await opened()
    const late = gate()
    let attempt: Promise<unknown> = Promise.resolve()
    const failed = database.transaction(async tx => {
      attempt = late.opened.then(() => tx.change("INSERT INTO espalier.leases VALUES ('late', 'x', 0)"))
      await Promise.all([tx.query('SELECT 1'), tx.query('SELECT 1 / 0'), attempt])
    })
    await expect(failed).rejects.toThrow('division by zero')
    late.open()
    await expect(attempt).rejects.toThrow('over')
    expect(await database.query('SELECT FROM espalier.leases')).toEqual([])
    await close()
  })
})

describe('R11 the outbox’s bound', () => {
  it('refuses commits with full until the warehouse has taken rows', async () => {
    let now = NOON
    const { store, close } = await opened({ maxOutboxBytes: 2000, clock: () => now })
    const send = async () => {
      // The bound is measured once a second.
      now += 1000
      return commit(store, [track({ user: 'ada' })])
    }
    const refused = await (async () => {
      for (let sent = 0; sent < 100; sent++) {
        const failed = await send().then(
          () => undefined,
          error => error,
        )
        if (failed) return failed
      }
    })()
    expect(refused).toMatchObject({ name: 'StoreError', code: 'full' })
    expect(store.outbox.log([{ table: 'decisions', partition: 202603, line: '{}' }])).toBe(false)
    await expect(store.check()).rejects.toMatchObject({ code: 'full' })
    for (const batch of await store.outbox.claim(CLAIM)) await store.outbox.settle(batch.token)
    expect(await send()).toMatchObject([{ outcome: 'stored' }])
    await close()
  })

  it('is measured anew when the clock was put back by hours', async () => {
    let now = NOON
    const { store, close } = await opened({ maxOutboxBytes: 100, clock: () => now })
    await commit(store, [track({ user: 'ada' })])
    now += 1000
    await expect(store.check()).rejects.toMatchObject({ code: 'full' })
    for (const batch of await store.outbox.claim(CLAIM)) await store.outbox.settle(batch.token)
    now -= 3 * 3_600_000
    await store.check()
    await close()
  })
})

describe('R3 the deduplication horizon', () => {
  const limits = { horizon: { ageMs: 7 * DAY, ids: 1000 }, generation: { ms: 2 * DAY, bytes: 1e12 } }
  const outcome = async (store: Awaited<ReturnType<typeof opened>>['store'], id: string, workspace = 'main') =>
    (await commit(store, [track({ user: 'ada', id })], { workspace }))[0]?.outcome

  it('holds across generations for seven days, and lets go after', async () => {
    const { store, database, close } = await opened()
    const ids = new MessageIds(database, limits)
    await outcome(store, 'day 0')
    for (let day = 1; day <= 7; day++) {
      await ids.maintain(NOON + day * DAY)
      expect(await outcome(store, `day ${day}`)).toBe('stored')
      expect(await outcome(store, 'day 0')).toBe('duplicate')
    }
    expect(await ids.since()).toBe(NOON)
    await ids.maintain(NOON + 10 * DAY)
    expect(await ids.since()).toBe(NOON + 2 * DAY)
    expect(await outcome(store, 'day 0')).toBe('stored')
    expect(await outcome(store, 'day 3')).toBe('duplicate')
    await close()
  })

  it('lets go earlier when enough came after, counted for each workspace', async () => {
    const { store, database, close } = await opened()
    const ids = new MessageIds(database, { ...limits, horizon: { ageMs: 7 * DAY, ids: 3 } })
    await outcome(store, 'old', 'busy')
    await outcome(store, 'old', 'quiet')
    await ids.maintain(NOON + 2 * DAY)
    for (const n of [1, 2, 3]) await outcome(store, `new ${n}`, 'busy')
    await ids.maintain(NOON + 4 * DAY)
    // The quiet workspace has not had its number: its messageIds stay, and with them all of that time.
    expect(await outcome(store, 'old', 'quiet')).toBe('duplicate')
    for (const n of [1, 2, 3]) await outcome(store, `new ${n}`, 'quiet')
    await ids.maintain(NOON + 6 * DAY)
    expect(await ids.since()).toBe(NOON + 2 * DAY)
    expect(await outcome(store, 'old', 'quiet')).toBe('stored')
    await close()
  })

  it('no messageId is taken twice while generations change under load', async () => {
    const { store, database, close } = await opened()
    const ids = new MessageIds(database, { ...limits, generation: { ms: 1, bytes: 1e12 } })
    let now = NOON
    const sends: Promise<unknown>[] = []
    const outcomes: unknown[] = []
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 6; n++) {
        // The same messageId of different people, so that no lock on a person stands between them.
        const entry = track({ user: `user-${round}-${n}`, id: `message-${round % 7}` })
        sends.push(commit(store, [entry]).then(([one]) => outcomes.push(one?.outcome)))
      }
      await ids.maintain(++now)
    }
    await Promise.all(sends)
    expect(outcomes.filter(one => one === 'stored')).toHaveLength(7)
    expect(outcomes).toHaveLength(120)
    await close()
  })

  it('a generation ends only when no commit is under way, so that none is overlooked', async () => {
    const { store, database, close } = await opened()
    await outcome(store, 'before')
    const [written, released] = [gate(), gate()]
    // A commit of another node that has written its messageId and is not through.
    const other = database.transaction(async tx => {
      await tx.query(KEEP_GENERATION)
      await tx.change("INSERT INTO espalier.message_ids VALUES (1, 'main', $1)", [textKey('late')])
      written.open()
      await released.opened
    })
    await written.opened
    const waits = async () => {
      const waiting = 'SELECT FROM pg_locks WHERE locktype = $1 AND NOT granted'
      while ((await database.query(waiting, ['advisory'])).length === 0) {}
    }
    const maintained = new MessageIds(database, limits).maintain(NOON + 2 * DAY)
    await Promise.race([maintained, waits()])
    const late = outcome(store, 'late')
    released.open()
    expect(await late).toBe('duplicate')
    await Promise.all([other, maintained])
    await close()
  })

  it('two nodes that begin a generation at once begin one', async () => {
    const { database, close } = await opened()
    const nodes = [new MessageIds(database, limits), new MessageIds(database, limits)]
    await Promise.all(nodes.map(node => node.maintain(NOON + 2 * DAY)))
    const generations = await database.query('SELECT generation FROM espalier.message_generations ORDER BY generation')
    expect(generations).toEqual([{ generation: 1 }, { generation: 2 }])
    await close()
  })
})
