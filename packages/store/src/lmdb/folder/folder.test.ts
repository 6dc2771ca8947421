import { cp, mkdir, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { apply } from '@espalier/core/stream'
import { open as openEnvironment } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../port.ts'
import { META_KEY } from '../checkpoint/db.ts'
import { environmentOptions, TABLE_OPTIONS } from '../environment/options.js'
import { FRAME_FORMAT } from '../journal/frame.ts'
import { openLmdbStore } from '../store.ts'
import { idMaker, NOON, PLAN, temporaryFolder, tracked } from '../testing.ts'
import { ensureFormat } from './format.ts'
import { lockFolder } from './lock.ts'
import { inTurn } from './turn.ts'

let path: string
let remove: () => Promise<void>
const opened: Store[] = []
beforeEach(async () => {
  const folder = await temporaryFolder()
  path = folder.path
  remove = folder.remove
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  await remove()
})

async function open(options: { path?: string; segmentBytes?: number; newId?: () => string } = {}): Promise<Store> {
  const store = await openLmdbStore({ path, apply, newId: idMaker(), ...options })
  opened.push(store)
  return store
}

function commit(store: Store, id: string, anonymousId = 'web') {
  return store.people.commit({ workspace: 'main', entries: [tracked(id, { anonymousId })], now: NOON, plan: PLAN })
}

describe('a damaged data folder', () => {
  const fileOf = (environment: string) => join(path, environment, 'data.mdb')
  const spoiled = async (spoil: () => Promise<void>) => {
    const store = await open()
    await commit(store, 'one')
    await store.close()
    opened.splice(0)
    await spoil()
    await expect(open()).rejects.toMatchObject({ code: 'corrupt', message: expect.stringMatching(/backup\.$/) })
  }

  it.each([
    'control',
    'checkpoint',
  ])('is refused where %s is no database: to read it would end the process', async name => {
    await spoiled(() => writeFile(fileOf(name), 'x'.repeat(8192)))
  })

  it.each(['control', 'checkpoint'])('is refused where %s ends early', async name => {
    await spoiled(() => truncate(fileOf(name), 2 * 4096))
  })

  it('R3 is refused where control is gone: what was shipped would be shipped again', async () => {
    await spoiled(() => rm(fileOf('control')))
  })

  it('is none where nothing was committed yet', async () => {
    await (await open()).close()
    opened.splice(0)
    await rm(fileOf('control'))
    await open()
  })
})

describe('the format of a data folder', () => {
  const read = () => readFile(join(path, 'format.json'), 'utf8')

  it('is written into a new folder', async () => {
    await (await open({ path: join(path, 'deep', 'new') })).check()
    expect(await readFile(join(path, 'deep', 'new', 'format.json'), 'utf8')).toBe('{"format":2}\n')
  })

  it('of a newer version is refused, and the folder left as it is', async () => {
    await writeFile(join(path, 'format.json'), '{"format":7}\n')
    await expect(open()).rejects.toMatchObject({ code: 'newer-version', message: expect.stringContaining('format 7') })
    expect(await readdir(path)).toEqual(['format.json'])
  })

  it('is refused, too, where a newer version has made the people, and the journal is shipped and gone', async () => {
    const store = await open()
    await commit(store, 'one')
    await store.close()
    opened.splice(0)
    const root = openEnvironment(environmentOptions(join(path, 'checkpoint')))
    const meta = root.openDB<Buffer, Uint8Array>('meta', TABLE_OPTIONS)
    const noted = JSON.parse(meta.getBinary(META_KEY)!.toString())
    expect(noted.format).toBe(FRAME_FORMAT)
    await meta.put(META_KEY, Buffer.from(JSON.stringify({ ...noted, format: FRAME_FORMAT + 1 })))
    await root.close()
    await expect(open()).rejects.toMatchObject({
      code: 'newer-version',
      message: expect.stringContaining(`format ${FRAME_FORMAT + 1}`),
    })
  })

  it('of an older version is migrated step by step, and goes on where it was interrupted', async () => {
    await writeFile(join(path, 'format.json'), '{"format":1}\n')
    const ran: number[] = []
    const step = (to: number, fails = false) => ({
      to,
      run: async (folder: string) => {
        expect(folder).toBe(path)
        ran.push(to)
        if (fails) throw new Error('power cut')
      },
    })
    await expect(ensureFormat(path, 4, [step(2), step(3, true), step(4)])).rejects.toThrow('power cut')
    expect(await read()).toBe('{"format":2}\n')
    await ensureFormat(path, 4, [step(2), step(3), step(4)])
    expect(ran).toEqual([2, 3, 3, 4])
    expect(await read()).toBe('{"format":4}\n')
    await ensureFormat(path, 4, [])
    await expect(ensureFormat(path, 6, [step(6)])).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('1, left by a crash, is opened with all that was in it', async () => {
    const files = JSON.parse(await readFile(join(import.meta.dirname, 'format1.json'), 'utf8'))
    for (const [name, packed] of Object.entries<string>(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true })
      await writeFile(join(path, name), gunzipSync(Buffer.from(packed, 'base64')))
    }
    const store = await open({ newId: idMaker(100) })
    expect(await read()).toBe('{"format":2}\n')
    expect((await store.stats()).replayedFrames).toBe(2)
    const people = await store.people.page('main', undefined, 10)
    expect(people).toMatchObject([
      { userId: 'ada', identifiers: ['userId:ada', 'anonymousId:web'], events: 5, accounts: { acme: {} } },
      { userId: 'bob', events: 3 },
    ])
    expect(new Set(people[1]?.identifiers)).toEqual(new Set(['anonymousId:phone', 'userId:bob', 'anonymousId:other']))
    expect(people[0]?.traits).toMatchObject({ plan: { value: 'pro' }, note: { value: null } })
    expect(await store.people.due('main', Infinity, 10)).toEqual([])
    expect((await store.outbox.depth()).rows).toBeGreaterThanOrEqual(11)
    const claim = { now: NOON, leaseMs: 1, holder: 'test', maxRows: 100, maxBatches: 100 }
    const lines = (await store.outbox.claim(claim)).flatMap(({ table, body }) =>
      Buffer.from(body)
        .toString()
        .trimEnd()
        .split('\n')
        .map(line => ({ table, row: JSON.parse(line) })),
    )
    // The warehouse hears of every source whose it is, also where this version makes other sources of the same commits.
    const links = new Map(
      lines.filter(({ table }) => table === 'identity_links').map(({ row }) => [row.source, row.canonical]),
    )
    for (const { id, sources } of people) for (const source of sources) expect(links.get(source) ?? source).toBe(id)
    for (const { table, row } of lines) {
      if (table !== 'events' || row.workspace !== 'main') continue
      expect(people.map(({ id }) => id)).toContain(links.get(row.profile) ?? row.profile)
    }
    // One from a run file, one from the journal, and a row of an import.
    const again = ['a', 'f'].map(id => tracked(id))
    const row = tracked('c', { origin: { file: 'f00d', row: 3 } })
    const committed = await store.people.commit({
      workspace: 'main',
      entries: [...again, row],
      now: NOON,
      plan: PLAN,
    })
    expect(committed.map(one => one.outcome)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    await store.close()
    expect(await (await open()).people.page('main', undefined, 10)).toEqual(people)
  })

  it('that is not ours is refused', async () => {
    await writeFile(join(path, 'format.json'), 'hello')
    await expect(open()).rejects.toMatchObject({ code: 'corrupt' })
  })
})

describe('the lock of a data folder', () => {
  it('a second store is refused, with the process that has it; not after the first was closed', async () => {
    const store = await open()
    await expect(open()).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining(`process ${process.pid}`),
    })
    await commit(store, 'a')
    await store.close()
    await open()
  })

  it('of a process that is gone is taken over, by one of many', async () => {
    await lockFolder(path)
    const lock = JSON.parse(await readFile(join(path, 'lock.json'), 'utf8'))
    for (const gone of [
      { ...lock, pid: 4_194_303 },
      { ...lock, started: '1' },
    ]) {
      await writeFile(join(path, 'lock.json'), JSON.stringify(gone))
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(path)))
      expect(attempts.filter(one => one.status === 'fulfilled')).toHaveLength(1)
      for (const one of attempts) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'in-use' })
    }
    expect(await readdir(path)).toEqual(['lock.json'])
  })

  it('is looked at and taken by one after the other, whoever fails', async () => {
    let inside = 0
    let most = 0
    const works = Array.from({ length: 6 }, (_, i) =>
      inTurn(path, async () => {
        most = Math.max(most, ++inside)
        await new Promise(resolve => setImmediate(resolve))
        inside--
        if (i % 2) throw new Error('failed')
        return i
      }),
    )
    const outcomes = (await Promise.allSettled(works)).map(one => (one.status === 'fulfilled' ? one.value : 'failed'))
    expect(outcomes).toEqual([0, 'failed', 2, 'failed', 4, 'failed'])
    if (process.platform === 'linux') expect(most).toBe(1)
  })

  it('of another machine counts as long as it is kept fresh', async () => {
    const unlock = await lockFolder(path)
    await unlock()
    const file = join(path, 'lock.json')
    await writeFile(file, JSON.stringify({ pid: 1, started: '1', machine: 'elsewhere' }))
    const long = new Date(Date.now() - 60_000)
    await utimes(file, long, long)
    await (await lockFolder(path))()
    await writeFile(file, JSON.stringify({ pid: 77, started: '1', machine: 'elsewhere' }))
    const attempt = lockFolder(path)
    const beat = setInterval(() => void utimes(file, new Date(), new Date()), 50)
    await expect(attempt).rejects.toMatchObject({ code: 'in-use', message: expect.stringContaining('process 77') })
    clearInterval(beat)
  })
})

describe('a scrub', () => {
  it('that a crash interrupted, wherever it was, is taken back or finished when the folder is opened', async () => {
    const store = await open()
    await commit(store, 'a')
    const people = await store.people.page('main', undefined, 10)
    await store.close()
    const [there, fresh, old] = ['', '-new', '-old'].map(end => join(path, `checkpoint${end}`)) as [
      string,
      string,
      string,
    ]
    const states = {
      'half of the new one': async () => {
        await mkdir(fresh)
        await writeFile(join(fresh, 'data.mdb'), 'half of it')
      },
      'the old one away': async () => {
        await cp(there, fresh, { recursive: true })
        await rename(there, old)
      },
      'the new one in its place': () => cp(there, old, { recursive: true }),
    }
    for (const [name, make] of Object.entries(states)) {
      await make()
      const again = await open({ newId: idMaker(100) })
      expect(await again.people.page('main', undefined, 10), name).toEqual(people)
      expect((await commit(again, 'a'))[0]?.outcome, name).toBe('duplicate')
      await again.close()
      expect((await readdir(path)).filter(file => file.startsWith('checkpoint'))).toEqual(['checkpoint'])
    }
  })

  it('that cannot be finished leaves everything as it was', async () => {
    const store = await open()
    await commit(store, 'a')
    const blocked = join(path, 'control-old')
    await mkdir(blocked)
    await writeFile(join(blocked, 'in the way'), '')
    await expect(store.scrub()).rejects.toMatchObject({ code: 'unavailable' })
    await store.masterSecret()
    await commit(store, 'b')
    await rm(blocked, { recursive: true })
    await store.scrub()
    await store.close()
    expect((await (await open()).people.page('main', undefined, 10))[0]?.events).toBe(2)
  })

  it('keeps to its turn: a backup beside it is whole', async () => {
    const store = await open()
    for (let i = 0; i < 20; i++) await commit(store, `m-${i}`, `a-${i % 3}`)
    const target = join(path, 'copy')
    await Promise.all([store.scrub(), store.backup(target), store.scrub()])
    const copy = await open({ path: target })
    expect(await copy.people.page('main', undefined, 10)).toEqual(await store.people.page('main', undefined, 10))
    expect((await copy.outbox.depth()).rows).toBe((await store.outbox.depth()).rows)
  })
})

describe('a backup', () => {
  it('taken while commits go on opens as a store of one moment', { timeout: 300_000 }, async () => {
    const store = await open({ segmentBytes: 4000 })
    const secret = await store.masterSecret()
    for (let i = 0; i < 30; i++) await commit(store, `before-${i}`, `a-${i % 7}`)
    await store.definitions.publish('main', [{ kind: 'metric', key: 'm', body: { x: 1 } }], {
      now: NOON,
      author: 'ada',
    })
    const claim = { now: NOON, leaseMs: 1000, holder: 'a', maxRows: 10, maxBatches: 1 }
    const [batch] = await store.outbox.claim(claim)
    let acknowledged = 0
    let going = true
    const writer = (async () => {
      while (going) {
        await commit(store, `during-${acknowledged}`, `b-${acknowledged % 5}`)
        acknowledged++
      }
    })()
    const target = join(path, 'backup')
    const steps: number[] = []
    let total = 0
    await store.backup(target, (done, of) => {
      steps.push(done)
      total = of
    })
    going = false
    await writer
    expect(acknowledged).toBeGreaterThan(0)
    expect(steps.at(-1)).toBe(total)
    await expect(store.backup(target)).rejects.toMatchObject({ code: 'conflict' })

    const copy = await open({ path: target, newId: idMaker(1e6) })
    expect(Buffer.from(await copy.masterSecret())).toEqual(Buffer.from(secret))
    expect((await copy.definitions.current('main')).definitions).toHaveLength(1)
    const people = await copy.people.page('main', undefined, 100)
    const events = people.reduce((sum, one) => sum + one.events, 0)
    expect(events).toBeGreaterThanOrEqual(30)
    expect(await copy.people.count('main')).toBe(people.length)
    expect((await copy.outbox.depth()).rows).toBe(events)
    expect((await copy.outbox.claim({ ...claim, holder: 'b' }))[0]).toEqual(batch)
    const taken = events - 30
    for (let i = 0; i < taken; i++) expect((await commit(copy, `during-${i}`))[0]?.outcome).toBe('duplicate')
    expect((await commit(copy, `during-${taken}`))[0]?.outcome).toBe('stored')
  })

  it('holds the ids that are in files', async () => {
    const store = await open()
    await commit(store, 'a')
    await store.close()
    const again = await open()
    const target = join(path, 'backup')
    await again.backup(target)
    expect(await readdir(join(target, 'ids'))).toHaveLength(1)
    const copy = await open({ path: target })
    expect((await commit(copy, 'a'))[0]?.outcome).toBe('duplicate')
  })

  it('goes into an empty folder only', async () => {
    const store = await open()
    const target = join(path, 'full')
    await mkdir(target)
    await writeFile(join(target, 'letter.txt'), 'dear')
    await expect(store.backup(target)).rejects.toMatchObject({ code: 'conflict' })
  })
})
