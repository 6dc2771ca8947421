import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../contract/engine.ts'
import { batchesOf, bodyOf, event, fresh } from '../contract/index.ts'
import { openWarehouse } from '../open.ts'
import { migrate } from '../schema/migrate.ts'
import type { Warehouse } from '../warehouse.ts'
import type { EngineEvent } from './engine.ts'
import { MERGES, QUERIES } from './giveWay.ts'
import { engineWords } from './launch.ts'

const folder = await mkdtemp(join(tmpdir(), 'warehouse-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const newPath = () => join(folder, fresh('data'))

const open: { close(): Promise<void> }[] = []
const closing = <T extends { close(): Promise<void> }>(it: T): T => {
  open.push(it)
  return it
}
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Longer than any test would wait; one row a block, so that bounds on time are seen. */
const slow =
  'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 100000000'
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
/** Again and again until it does not throw: an engine that died comes back by itself. */
const recovered = async (work: () => Promise<void>) =>
  expect
    .poll(
      () =>
        work().then(
          () => 'well',
          error => error.code,
        ),
      { timeout: 120_000, interval: 20 },
    )
    .toBe('well')

describe('the engine', () => {
  it('takes a batch by way of a file, and leaves nothing of it, nor of what was left by a process that was killed', async () => {
    const path = newPath()
    const bodies = join(path, 'bodies')
    await mkdir(bodies, { recursive: true })
    await writeFile(join(bodies, '7'), 'left behind')
    const warehouse = closing(await openWarehouse({ embedded: { path } }))
    expect(await readdir(bodies)).toEqual([])
    const note = 'x'.repeat(1000)
    const rows = Array.from({ length: 2000 }, (_, i) =>
      event({ workspace: 'w', message_id: `m${i}`, properties: { note } }),
    )
    const [batch] = batchesOf('events', rows)
    await warehouse.insert(batch!)
    await warehouse.insert(batch!)
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(2000)
    expect(await readdir(bodies)).toEqual([])
  })

  it.runIf(existsSync('/proc/self/task'))(
    'gives way to the product: merges most of all, and every thread',
    async () => {
      const warehouse = closing(await openWarehouse({ embedded: { path: newPath() } }))
      const [batch] = batchesOf('events', [event({ workspace: 'w' })])
      await warehouse.insert(batch!)
      expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(1)
      const { 'engine.pid': pid } = await warehouse.stats()
      const threads = (await readdir(`/proc/${pid}/task`)).map(id => {
        const [name, rest] = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8')
          .split(/\((.*)\) /)
          .slice(1)
        return { name, nice: Number(rest!.split(' ')[16]) }
      })
      expect(threads.filter(({ name }) => name === 'MergeMutate').map(({ nice }) => nice)).toContain(MERGES)
      expect(threads.filter(({ nice }) => nice < QUERIES)).toEqual([])
    },
  )

  it('says so where a batch cannot be handed over, and takes it when it can', async () => {
    const path = newPath()
    const warehouse = closing(await openWarehouse({ embedded: { path } }))
    const [batch] = batchesOf('events', [event({ workspace: 'w', properties: { note: 'x'.repeat(200_000) } })])
    await rm(join(path, 'bodies'), { recursive: true })
    await expect(warehouse.insert(batch!)).rejects.toMatchObject({ code: 'unavailable' })
    await mkdir(join(path, 'bodies'))
    await warehouse.insert(batch!)
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(1)
  })

  it('fails what is under way when it dies, comes back, and has everything', async () => {
    const events: string[] = []
    const warehouse = closing(
      await openWarehouse({ embedded: { path: newPath() } }, { onEvent: ({ what }) => events.push(what) }),
    )
    const [batch] = batchesOf('events', [event({ workspace: 'w' })])
    await warehouse.insert(batch!)
    const { 'engine.pid': pid } = await warehouse.stats()
    const underWay = warehouse.summary({ workspace: 'w' })
    process.kill(Number(pid), 'SIGKILL')
    await expect(underWay).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('SIGKILL') })
    await expect(warehouse.check()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('started again'),
    })
    await recovered(() => warehouse.check())
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(1)
    expect(events).toEqual(['started', 'died', 'started'])
    expect(await warehouse.stats()).toMatchObject({ 'engine.restarts': 1 })
  })

  it('R3 killed at any point of an insert that is tried again, it has each batch once', async () => {
    const warehouse = closing(await openWarehouse({ embedded: { path: newPath() } }))
    const perBatch = 400
    const rounds = 8
    for (let round = 0; round < rounds; round++) {
      const [batch] = batchesOf(
        'events',
        Array.from({ length: perBatch }, (_, index) => event({ workspace: 'w', index })),
      )
      const pid = Number((await warehouse.stats())['engine.pid'])
      const sent = warehouse.insert(batch!)
      // From before it reaches the engine to after it is acknowledged.
      const killed = new Promise<void>(resolve =>
        setTimeout(() => {
          process.kill(pid, 'SIGKILL')
          resolve()
        }, round * 4),
      )
      await Promise.allSettled([sent, killed])
      await insertUntilTaken(warehouse, batch!)
    }
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(rounds * perBatch)
  }, 300_000)

  it('says that a folder is in use, and lets it be used afterwards', async () => {
    const path = newPath()
    const first = await openWarehouse({ embedded: { path } })
    await expect(openWarehouse({ embedded: { path } })).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining(path),
    })
    await first.check()
    await first.close()
    closing(await openWarehouse({ embedded: { path } }))
  })

  it('ends with its parent, however that ends, and leaves a folder that opens', async () => {
    const path = newPath()
    const script = `import { openWarehouse } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
      const warehouse = await openWarehouse({ embedded: { path: ${JSON.stringify(path)} } })
      console.log((await warehouse.stats())['engine.pid'])
      await warehouse.insert(JSON.parse(process.argv[1], (key, value) => key === 'body' ? Buffer.from(value) : value))
      console.log('inserted')`
    const [batch] = batchesOf('events', [event({ workspace: 'w' })])
    const plain = JSON.stringify({ ...batch, body: Buffer.from(batch!.body).toString() })
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script, plain], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let heard = ''
    for await (const chunk of parent.stdout) {
      heard += chunk
      if (heard.includes('inserted')) break
    }
    const pid = Number.parseInt(heard, 10)
    expect(alive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await expect.poll(() => alive(pid), { timeout: 120_000 }).toBe(false)
    const warehouse = closing(await openWarehouse({ embedded: { path } }))
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(1)
  }, 300_000)

  it('outlives the signals of a terminal: its parent says when to stop', async () => {
    const warehouse = closing(await openWarehouse({ embedded: { path: newPath() } }))
    const pid = Number((await warehouse.stats())['engine.pid'])
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGTERM')
    await warehouse.check()
    expect(await warehouse.stats()).toMatchObject({ 'engine.pid': pid, 'engine.restarts': 0 })
  })

  it('refuses a folder whose name the engine would take for a pattern, and would then lose rows in silence', async () => {
    for (const name of ['what?', 'a*b', '{a,b}']) {
      await expect(openWarehouse({ embedded: { path: join(newPath(), name) } }), name).rejects.toMatchObject({
        message: expect.stringContaining('takes for a pattern'),
      })
    }
    const warehouse = closing(await openWarehouse({ embedded: { path: join(newPath(), '[a] (b), c') } }))
    const [batch] = batchesOf('events', [event({ workspace: 'w' })])
    await warehouse.insert(batch!)
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(1)
  })

  it('refuses a folder it cannot make, with its name and the reason', async () => {
    const file = newPath()
    await writeFile(file, '')
    await expect(openWarehouse({ embedded: { path: join(file, 'data') } })).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(`${file}.*ENOTDIR`),
    })
  })
})

describe('bounds', () => {
  let opened: TestEngine
  const start = async (options: Parameters<typeof startEngine>[0]) => {
    opened = closing(await startEngine({ ...options, path: newPath() }))
    return opened.database
  }

  it('R11 a query beyond its time fails with timeout; the engine goes on', async () => {
    const database = await start({ queryTimeout: 1 })
    await expect(database.rows(slow)).rejects.toMatchObject({ code: 'timeout' })
    expect(await database.rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(opened.engine.stats.restarts).toBe(0)
  })

  it('R11 a query beyond its memory fails with memory; the engine goes on', async () => {
    const database = await start({ queryMemory: 50_000_000 })
    const hungry = 'SELECT length(groupArray(toString(number))) FROM numbers(20000000)'
    await expect(database.rows(hungry)).rejects.toMatchObject({ code: 'memory' })
    expect(await database.rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(opened.engine.stats.restarts).toBe(0)
  })

  it('R11 an answer beyond its bound fails with memory', async () => {
    const database = await start({})
    await expect(database.rows('SELECT repeat(toString(number), 100) FROM numbers(1000000)')).rejects.toMatchObject({
      code: 'memory',
    })
  })

  it('an engine that does not answer at all is killed and started again', async () => {
    const database = await start({ patience: 300 })
    const { pid } = opened.engine.stats
    process.kill(pid, 'SIGSTOP')
    await expect(database.rows('SELECT 1')).rejects.toMatchObject({ code: 'unavailable' })
    await recovered(() => database.check())
    expect(opened.engine.stats.pid).not.toBe(pid)
  })

  it('inserts and checks go on while a query runs', async () => {
    const database = await start({ queryTimeout: 60 })
    await migrate(database)
    const query = database.rows(slow).catch(error => error.code)
    const [batch] = batchesOf('events', [event({ workspace: 'w' })])
    await database.insert('events', batch!.body, batch!.token)
    await database.check()
    const { pid, underWay } = opened.engine.stats
    expect(underWay).toBe(1)
    process.kill(pid, 'SIGKILL')
    expect(await query).toBe('unavailable')
  })

  it("a statement's settings are gone with it", async () => {
    const database = await start({})
    await migrate(database)
    const threads = "SELECT getSetting('max_threads') AS threads"
    expect(await database.rows(threads, {}, { max_threads: 7 })).toEqual([{ threads: 7 }])
    expect(await database.rows(threads)).toEqual([{ threads: 1 }])
    await expect(database.rows(threads, {}, { no_such_setting: 1 })).rejects.toMatchObject({ code: 'failed' })
    expect(await database.rows(threads)).toEqual([{ threads: 1 }])
    // A token that stayed behind would make the second insert vanish.
    await database.insert(
      'rates',
      bodyOf([{ workspace: 'w', day: '2026-01-01', currency: 'A', base: 'B', rate: 1 }]),
      'token',
    )
    await database.insert('rates', bodyOf([{ workspace: 'w', day: '2026-01-02', currency: 'A', base: 'B', rate: 1 }]))
    expect(await database.rows('SELECT count() AS n FROM rates')).toEqual([{ n: 2 }])
  })
})

describe('backup', () => {
  it('copies everything into a folder that opens, while inserts wait', async () => {
    const path = newPath()
    const warehouse = closing(await openWarehouse({ embedded: { path } }))
    const batches = Array.from({ length: 20 }, () => batchesOf('events', [event({ workspace: 'w' })])[0]!)
    for (const batch of batches.slice(0, 10)) await warehouse.insert(batch)
    const copy = newPath()
    const backup = warehouse.backup(copy)
    // These come while the engine is closed, or before: all wait or pass, none fails.
    await Promise.all([backup, ...batches.slice(10).map(batch => warehouse.insert(batch))])
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(20)

    const copied = closing(await openWarehouse({ embedded: { path: copy } }))
    const before = (await copied.summary({ workspace: 'w' })).totals.events
    expect(before).toBeGreaterThanOrEqual(10)
    // R3 the copy knows what it has: whatever the outbox sends again is there once.
    for (const batch of batches) await copied.insert(batch)
    expect((await copied.summary({ workspace: 'w' })).totals.events).toBe(20)
  }, 300_000)

  it('two at once follow each other: each is of one moment, and one engine goes on', async () => {
    const path = newPath()
    const died: EngineEvent[] = []
    const onEvent = (event: EngineEvent) => void (event.what === 'died' && died.push(event))
    const warehouse = closing(await openWarehouse({ embedded: { path } }, { onEvent }))
    const batches = Array.from({ length: 8 }, () => batchesOf('events', [event({ workspace: 'w' })])[0]!)
    await warehouse.insert(batches[0]!)
    const copies = [newPath(), newPath()]
    const backups = copies.map(copy => warehouse.backup(copy))
    await Promise.all([...backups, ...batches.slice(1).map(batch => warehouse.insert(batch))])
    expect((await warehouse.summary({ workspace: 'w' })).totals.events).toBe(8)
    expect(died).toEqual([])
    for (const copy of copies) {
      const copied = closing(await openWarehouse({ embedded: { path: copy } }))
      expect((await copied.summary({ workspace: 'w' })).totals.events).toBeGreaterThanOrEqual(1)
    }
  }, 300_000)

  it('of a warehouse that is closed meanwhile leaves no engine behind', async () => {
    const path = newPath()
    const warehouse = await openWarehouse({ embedded: { path } })
    const backup = warehouse.backup(newPath())
    await Promise.all([warehouse.close(), backup])
    // Its lock is free: nobody else has the folder.
    closing(await openWarehouse({ embedded: { path } }))
    await expect(warehouse.check()).rejects.toMatchObject({ code: 'unavailable' })
  }, 300_000)

  it('refuses a folder that is not empty, and goes on', async () => {
    const path = newPath()
    const warehouse = closing(await openWarehouse({ embedded: { path } }))
    await expect(warehouse.backup(folder)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(folder),
    })
    await warehouse.check()
  })
})

async function insertUntilTaken(warehouse: Warehouse, batch: Parameters<Warehouse['insert']>[0]): Promise<void> {
  await expect
    .poll(
      () =>
        warehouse.insert(batch).then(
          () => 'taken',
          error => error.code,
        ),
      { timeout: 120_000, interval: 20 },
    )
    .toBe('taken')
}

describe('what an engine says that does not start', () => {
  const trace = (error: string) =>
    `node:internal/modules/esm/resolve:873\n  throw new ERR_MODULE_NOT_FOUND(packageName);\n        ^\n\n${error}\n    at packageResolve (node:internal)\n\nNode.js v20.20.2\n`

  it('is one line: the error of a trace, with the mend where chDB lacks', () => {
    const lacks = trace("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chdb' imported from /x/session.js")
    expect(engineWords('It ended with code 1.', lacks)).toBe(
      "chDB is not installed for this machine (Cannot find package 'chdb' imported from /x/session.js). Install it: npm install",
    )
    const binding = 'ChdbPlatformUnsupportedError: chdb: no native binding for linux-x64.'
    expect(engineWords('It ended with code 1.', `${binding}\n    at load (x.js:1)\n`)).toMatch(/^chDB is not installed/)
    expect(engineWords('', 'RangeError: too much\n    at x (y.js:1)\n')).toBe('too much')
    expect(engineWords('It ended with SIGILL.', '')).toBe('It ended with SIGILL.')
    expect(engineWords('It ended with code 76.', 'DB::Exception: no disk\nStack\n')).toBe(
      'It ended with code 76. DB::Exception: no disk Stack',
    )
  })
})
