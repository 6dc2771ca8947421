import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityRules } from '@espalier/core/identity'
import type { EventTimes } from '@espalier/core/signal'
import { type Apply, apply, type Entry } from '@espalier/core/stream'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../port.ts'
import { systemFiles } from './files.ts'
import { openLmdbStore } from './index.ts'
import type { LmdbStoreOptions } from './options.ts'
import { idMaker, NOON, PLAN, SmallDisk, temporaryFolder, tracked } from './testing.ts'

let path: string
let remove: () => Promise<void>
let opened: Store[]
beforeEach(async () => {
  const folder = await temporaryFolder()
  path = folder.path
  remove = folder.remove
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close().catch(() => undefined)
  await remove()
})

/** Hands out frozen objects, so that a reducer or a store that changes what is stored throws. */
const strict: Apply = (people, entries, context) =>
  apply(
    {
      link: identifier => people.link(identifier),
      setLink: (identifier, source) => people.setLink(identifier, source),
      unlink: identifier => people.unlink(identifier),
      profile: id => people.profile(id),
      put: profile => people.put(deepFrozen(profile)),
      remove: id => people.remove(id),
      seen: (messageId, received) => people.seen(messageId, received),
      imported: (file, row) => people.imported(file, row),
      account: id => people.account(id),
      putAccount: account => people.putAccount(deepFrozen(account)),
      removeAccount: id => people.removeAccount(id),
    },
    entries,
    context,
  )

/** No checkpoint comes by itself: `now` stands still. */
async function open(options: Partial<LmdbStoreOptions> = {}): Promise<Store> {
  const store = await openLmdbStore({ path, apply: strict, newId: idMaker(), now: () => NOON, ...options })
  opened.push(store)
  return store
}

function commit(store: Store, entries: readonly Entry[], workspace = 'main') {
  return store.people.commit({ workspace, entries, now: NOON, plan: PLAN })
}

/** Somebody waits until it is opened. */
function newGate(): { open: () => void; opened: Promise<void> } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { open, opened }
}

/** Ids of everyone, in order. */
async function everyone(store: Store): Promise<string[]> {
  const ids: string[] = []
  for await (const page of store.people.everyone('main')) ids.push(...page)
  return ids.sort()
}

/** Everything that can be asked of the people. */
async function everybody(store: Store, workspace = 'main') {
  const people = await store.people.page(workspace, undefined, 1000)
  const found = await Promise.all(people.flatMap(one => one.identifiers).map(key => store.people.find(workspace, key)))
  return { people, found, count: await store.people.count(workspace), depth: (await store.outbox.depth()).rows }
}

/** A copy of the folder as a power cut now would leave it, and how to open it. */
async function powerCut(name: string): Promise<string> {
  const copy = `${path}-${name}`
  await cp(path, copy, { recursive: true, filter: source => !source.endsWith('lock.json') })
  return copy
}

const story = fc.array(
  fc.array(
    fc.record({
      who: fc.nat({ max: 7 }),
      knows: fc.nat({ max: 5 }),
      n: fc.nat({ max: 60 }),
      type: fc.constantFrom('track', 'identify', 'alias'),
      row: fc.option(fc.nat({ max: 9 }), { freq: 5 }),
      at: fc.nat({ max: 9 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  { minLength: 1, maxLength: 8 },
)

type Told = typeof story extends fc.Arbitrary<infer T> ? T : never

function entriesOf(batch: Told[number]): Entry[] {
  return batch.map(({ who, knows, n, type, row, at }, index) =>
    tracked(`m-${n}`, {
      anonymousId: `device-${who}`,
      ...(knows < 3 ? { userId: `user-${knows}` } : {}),
      ...(type === 'alias' && knows < 3 ? { type: 'alias', previousId: `device-${(who + 1) % 8}` } : {}),
      ...(type === 'identify' ? { type: 'identify', properties: { plan: `plan-${n}`, nested: { n } } } : {}),
      ...(row === null ? {} : { origin: { file: 'f', row } }),
      timestamp: NOON + at * 60_000,
      index,
    }),
  )
}

describe('R2 R6 a start after a crash', () => {
  it('is the state that was: from the journal alone, or from any checkpoint and the rest', {
    timeout: 300_000,
  }, async () => {
    let run = 0
    const folder = path
    await fc.assert(
      fc.asyncProperty(story, fc.nat({ max: 4 }), async (batches, checkpointAfter) => {
        path = join(folder, `run-${run++}`)
        const newId = idMaker()
        let store = await open({ newId })
        for (const [i, batch] of batches.entries()) {
          await commit(store, entriesOf(batch))
          if (i !== checkpointAfter) continue
          await store.close()
          store = await open({ newId })
        }
        const before = await everybody(store)
        const copy = await powerCut('cut')
        const again = await open({ path: copy })
        expect(await everybody(again)).toEqual(before)
        const { replayedFrames } = await again.stats()
        if (checkpointAfter < batches.length) expect(replayedFrames).toBeLessThan(batches.length)
        const repeated = await commit(again, batches.flatMap(entriesOf))
        expect(repeated.filter(one => one.outcome === 'stored')).toEqual([])
        await again.close()
        const third = await open({ path: copy })
        expect(await everybody(third)).toEqual(before)
        await third.close()
        await store.close()
      }),
      { numRuns: 12 },
    )
  })

  it('goes on from a checkpoint in the middle, with what the definitions needed then', async () => {
    const store = await open()
    await commit(store, [tracked('a'), tracked('b', { anonymousId: 'other' })])
    await store.close()
    const second = await open({ newId: idMaker(100) })
    await commit(second, [tracked('c'), tracked('d', { anonymousId: 'third' })])
    await commit(second, [tracked('e')])
    const before = await everybody(second)
    const visitor = before.people.find(one => one.identifiers.includes('anonymousId:web'))!
    expect((visitor.signals['Product Viewed'] as EventTimes).times).toHaveLength(3)
    const again = await open({ path: await powerCut('cut') })
    expect(await everybody(again)).toEqual(before)
    expect((await again.stats()).replayedFrames).toBe(2)
  })

  it('goes on from a checkpoint that the start before had to write in the middle, with what was said before it', async () => {
    const identity = identityRules({ kinds: [{ kind: 'email' }] })
    const mail = { type: 'identify', name: 'identify', properties: { email: 'ada@x.example' } } as const
    const store = await open()
    const crowd = Array.from({ length: 100 }, (_, i) => tracked(`m-${i}`, { anonymousId: `one-${i}` }))
    const commits = [crowd, [tracked('b', { anonymousId: 'other' })], [tracked('c', mail)]]
    for (const entries of commits) {
      await store.people.commit({ workspace: 'main', entries, now: NOON, plan: PLAN, identity })
    }
    const before = await everybody(store)
    const copy = await powerCut('cut')
    // The crowd is more than may be in memory, what comes after it is not; then it is killed again, before any commit.
    await open({ path: copy, dirtyBytes: 20_000 })
    const again = await open({ path: await powerCutOf(copy, `${copy}-again`), newId: idMaker(1000) })
    expect((await again.stats()).replayedFrames).toBe(2)
    expect(await everybody(again)).toEqual(before)
  })

  it('leaves out the last commit where the power cut tore its frame, and nothing else', {
    timeout: 300_000,
  }, async () => {
    const store = await open()
    await commit(store, [tracked('a')])
    const kept = await everybody(store)
    const journal = (copy: string) => join(copy, 'journal', '0000000001.journal')
    const end = (await stat(journal(path))).size
    await commit(store, [tracked('b'), tracked('c', { anonymousId: 'other' })])
    const whole = await readFile(journal(path))
    const copy = await powerCut('cut')
    const step = Math.ceil((whole.length - end) / 12)
    for (let cut = end; cut < whole.length; cut += step) {
      await writeFile(journal(copy), whole.subarray(0, cut))
      const torn = await open({ path: copy })
      expect(await everybody(torn)).toEqual(kept)
      // A crash again, before any checkpoint.
      opened.pop()
      const crashed = await powerCutOf(copy, `${copy}-${cut}`)
      await torn.close()
      const after = await open({ path: crashed, newId: idMaker(1000) })
      expect((await commit(after, [tracked('a'), tracked('b')])).map(one => one.outcome)).toEqual([
        'duplicate',
        'stored',
      ])
      await after.close()
      opened.pop()
      await restore(path, copy)
    }
  })

  it('keeps everything of a small cache, from memory or from the checkpoint', async () => {
    const store = await open({ cacheBytes: 200_000, dirtyBytes: 100_000 })
    for (let i = 0; i < 20; i++) {
      await commit(
        store,
        Array.from({ length: 20 }, (_, k) => {
          const visitor = (i * 7 + k * 13) % 150
          // Some turn out to be one, when they are in the checkpoint or before.
          const user = k % 5 === 0 && i > 5 ? { userId: `u-${visitor % 40}` } : {}
          return tracked(`${i}-${k}`, { anonymousId: `a-${visitor}`, ...user })
        }),
      )
    }
    const stats = await store.stats()
    expect(stats.cacheBytes).toBeLessThanOrEqual(210_000)
    expect(stats.changedBytes).toBeLessThanOrEqual(250_000)
    const before = await everybody(store)
    expect(before.people.reduce((sum, one) => sum + one.events, 0)).toBe(400)
    expect(before.people.filter(({ sources }) => sources.length > 1).length).toBeGreaterThan(5)
    expect(await everyone(store)).toEqual(before.people.map(({ id }) => id))
    const again = await open({ path: await powerCut('cut') })
    expect(await everybody(again)).toEqual(before)
    expect(await everyone(again)).toEqual(before.people.map(({ id }) => id))
  })
})

it('what waits for the warehouse is told whole while a claim is under way: all rows, and since when', async () => {
  let opening: (() => Promise<void>) | undefined
  const files = {
    ...systemFiles,
    open: async (file: string) => {
      await opening?.()
      return systemFiles.open(file)
    },
  }
  const store = await open({ files })
  const at = (now: number, id: string) =>
    store.people.commit({ workspace: 'main', entries: [tracked(id)], now, plan: PLAN })
  await at(NOON, 'a')
  await at(NOON + 1, 'b')
  // The claim reads the rows it takes, and then since when the others wait.
  const [stalled, goesOn] = [newGate(), newGate()]
  let opened = 0
  opening = async () => {
    if (++opened < 2) return
    stalled.open()
    await goesOn.opened
  }
  const claim = store.outbox.claim({ now: NOON, leaseMs: 1000, holder: 'one', maxRows: 1, maxBatches: 1 })
  await stalled.opened
  opening = undefined
  expect(await store.outbox.depth()).toMatchObject({ rows: 2, oldest: NOON })
  await at(NOON + 1000, 'c')
  expect(await store.outbox.depth()).toMatchObject({ rows: 3, oldest: NOON })
  goesOn.open()
  const [batch] = await claim
  expect(await store.outbox.depth()).toMatchObject({ rows: 3, oldest: NOON })
  await store.outbox.settle(batch!.token)
  expect(await store.outbox.depth()).toMatchObject({ rows: 2, oldest: NOON + 1 })
})

it('the rows of a batch stay as they are until it is settled, whatever is claimed and settled meanwhile', async () => {
  const store = await open()
  const held = new Map<string, { readonly body: Uint8Array; readonly copy: string }>()
  const claim = async (holder: string) => {
    for (const { token, body } of await store.outbox.claim({
      ...{ now: NOON, leaseMs: 1e6, holder, maxRows: 20, maxBatches: 3 },
    })) {
      held.set(token, { body, copy: Buffer.from(body).toString() })
    }
  }
  for (let round = 0; round < 30; round++) {
    const long = { properties: { text: `${round}`.repeat(1 + ((round * 37) % 5000)) } }
    await commit(
      store,
      Array.from({ length: 25 }, (_, i) => tracked(`${round}:${i}`, { ...long, anonymousId: `p${i}` })),
    )
    await claim(`${round}`)
    const tokens = [...held.keys()]
    const done = tokens[(round * 7) % tokens.length]
    if (round % 3 > 0 && done !== undefined) {
      await store.outbox.settle(done)
      held.delete(done)
    }
    for (const { body, copy } of held.values()) expect(Buffer.from(body).toString()).toBe(copy)
  }
  expect(held.size).toBeGreaterThan(3)
})

it('a start for which the disk has no room says so, and what to do', async () => {
  const files = new SmallDisk()
  files.room = 0
  await expect(open({ files })).rejects.toMatchObject({ code: 'full', message: expect.stringContaining('make room') })
  files.room = Number.POSITIVE_INFINITY
  expect(await commit(await open({ files }), [tracked('a')])).toMatchObject([{ outcome: 'stored' }])
})

describe('a commit that cannot be', () => {
  it('R2 made durable is refused with `full`, leaves nothing, and goes through when there is room', async () => {
    const files = new SmallDisk()
    const store = await open({ files })
    await commit(store, [tracked('a')])
    const before = await everybody(store)
    files.room = 100
    const attempts = [commit(store, [tracked('b')]), commit(store, [tracked('c', { anonymousId: 'new' })])]
    for (const one of await Promise.allSettled(attempts)) expect(one).toMatchObject({ reason: { code: 'full' } })
    expect(await everybody(store)).toEqual(before)
    files.room = Infinity
    expect((await commit(store, [tracked('b')]))[0]?.outcome).toBe('stored')
    const again = await open({ path: await powerCut('cut') })
    expect(await everybody(again)).toEqual(await everybody(store))
  })

  it('R2 synced is refused with `unavailable` and is not there after a crash', async () => {
    const files = new SmallDisk()
    const store = await open({ files })
    await commit(store, [tracked('a')])
    files.broken = { sync: 'EIO' }
    await expect(commit(store, [tracked('b')])).rejects.toMatchObject({ code: 'unavailable' })
    expect(store.outbox.log([{ table: 'decisions', partition: 202603, line: '{}' }])).toBe(true)
    await expect(store.outbox.flush()).rejects.toMatchObject({ code: 'unavailable' })
    const again = await open({ path: await powerCut('cut') })
    expect(await everybody(again)).toEqual(await everybody(store))
    files.broken = {}
    await store.outbox.flush()
    expect((await store.outbox.depth()).rows).toBe(2)
  })

  it('applied is refused alone: those that came with it are taken', async () => {
    const faulty: Apply = (people, entries, context) => {
      const result = apply(people, entries, context)
      if (entries.some(entry => entry.kind === 'event' && entry.event.name === 'Faulty')) throw new Error('a bug')
      return result
    }
    const store = await open({ apply: faulty })
    const results = await Promise.allSettled([
      commit(store, [tracked('a')]),
      commit(store, [tracked('x', { anonymousId: 'lost' }), tracked('y', { name: 'Faulty', timestamp: NOON + 4e9 })]),
      commit(store, [tracked('b'), tracked('x')]),
    ])
    expect(results.map(one => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await store.people.find('main', 'anonymousId:lost')).toBeUndefined()
    expect((await store.people.find('main', 'anonymousId:web'))?.events).toBe(3)
    const again = await open({ path: await powerCut('cut') })
    expect(await everybody(again)).toEqual(await everybody(store))
  })

  it('R2 R11 shipped soon enough is refused with `full` until the warehouse caught up', async () => {
    const store = await open({ maxOutboxBytes: 2000 })
    let taken = 0
    const refused = await (async () => {
      for (;;) {
        try {
          await commit(store, [tracked(`m-${taken}`)])
          taken++
        } catch (error) {
          return error
        }
      }
    })()
    expect(refused).toMatchObject({ code: 'full' })
    expect(taken).toBeGreaterThan(1)
    await expect(store.check()).rejects.toMatchObject({ code: 'full' })
    expect(store.outbox.log([{ table: 'decisions', partition: 202603, line: '{}' }])).toBe(false)
    const batches = await store.outbox.claim({ now: NOON, leaseMs: 1000, holder: 'a', maxRows: 100, maxBatches: 9 })
    await expect(commit(store, [tracked('more')])).rejects.toMatchObject({ code: 'full' })
    for (const { token } of batches) await store.outbox.settle(token)
    await store.check()
    expect((await commit(store, [tracked('more')]))[0]?.outcome).toBe('stored')
  })
})

it('a closed store writes and reads nothing: its folder may be another’s', async () => {
  const store = await open()
  await commit(store, [tracked('a')])
  await store.close()
  const refused = { code: 'unavailable' }
  await expect(
    store.outbox.claim({ now: NOON, leaseMs: 1, holder: 'a', maxRows: 1, maxBatches: 1 }),
  ).rejects.toMatchObject(refused)
  await expect(store.catalog.put('main', [{ id: 'a', updated: 1, body: {} }])).rejects.toMatchObject(refused)
  await expect(store.definitions.version('main')).rejects.toMatchObject(refused)
  await expect(store.people.find('main', 'anonymousId:nobody')).rejects.toMatchObject(refused)
  await expect(store.people.page('main', undefined, 1)).rejects.toMatchObject(refused)
  await expect(store.check()).rejects.toMatchObject(refused)
})

describe('the journal', () => {
  const segments = async () => (await readdir(join(path, 'journal'))).length

  it('keeps what the warehouse has not, and nothing else', async () => {
    const store = await open({ segmentBytes: 1000, checkpointMs: 0 })
    for (let i = 0; i < 20; i++) await commit(store, [tracked(`m-${i}`)])
    expect(await segments()).toBeGreaterThan(5)
    const claim = { now: NOON, leaseMs: 1000, holder: 'a', maxRows: 3, maxBatches: 100 }
    const [first, ...rest] = await store.outbox.claim(claim)
    for (const { token } of rest) await store.outbox.settle(token)
    expect(await segments()).toBeGreaterThan(5)
    expect(await store.outbox.claim(claim)).toEqual([first])
    await store.outbox.settle(first!.token)
    await store.close()
    const again = await open({ segmentBytes: 1000 })
    await again.close()
    expect(await segments()).toBeLessThan(3)
    const third = await open()
    expect((await third.people.find('main', 'anonymousId:web'))?.events).toBe(20)
    expect((await third.outbox.depth()).rows).toBe(0)
  })

  it('holds an event once: little more than its row', async () => {
    const store = await open()
    const entries = Array.from({ length: 500 }, (_, i) => tracked(`message-${i}`, { anonymousId: `a-${i % 50}` }))
    await commit(store, entries)
    const { rows, bytes } = await store.outbox.depth()
    expect(rows).toBe(500)
    const { journalBytes } = await store.stats()
    expect((journalBytes as number) / bytes).toBeLessThan(1.03)
  })
})

it('R3 what is remembered goes from memory to files and is not forgotten', async () => {
  let now = NOON
  const store = await open({ checkpointMs: 1, now: () => now++ })
  for (let i = 0; i < 30; i++) {
    now += 1000
    await commit(
      store,
      Array.from({ length: 50 }, (_, k) => tracked(`${i}-${k}`)),
    )
  }
  const stats = await store.stats()
  expect(stats.rememberedIds).toBe(1500)
  expect(stats.rememberedSince).toBe(NOON)
  await store.close()
  const again = await open()
  const all = Array.from({ length: 1500 }, (_, i) => tracked(`${Math.floor(i / 50)}-${i % 50}`))
  const outcomes = (await commit(again, [...all, tracked('new')])).map(one => one.outcome)
  expect(outcomes.filter(one => one === 'stored')).toHaveLength(1)
  expect((await readdir(join(path, 'ids'))).length).toBeLessThan(12)
})

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) deepFrozen(member)
  return value
}

async function powerCutOf(from: string, to: string): Promise<string> {
  await cp(from, to, { recursive: true, filter: source => !source.endsWith('lock.json') })
  return to
}

async function restore(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, force: true, filter: source => !source.endsWith('lock.json') })
}
