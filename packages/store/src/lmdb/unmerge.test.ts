import { cp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compareEvents } from '@espalier/core/event'
import { identityRules } from '@espalier/core/identity'
import { apply, type Part, Replay, type Unmerge } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import type { Store } from '../port.ts'
import { openLmdbStore } from './index.ts'
import { idMaker, NOON, PLAN, temporaryFolder, tracked } from './testing.ts'

const identity = identityRules({ kinds: [{ kind: 'email' }] })
const open = (path: string, ids = 1) => openLmdbStore({ path, apply, newId: idMaker(ids), now: () => NOON })

async function everybody(store: Store) {
  const people = await store.people.page('main', undefined, 10)
  const keys = ['anonymousId:web', 'userId:ada', 'email:ada@x.example']
  const located = await Promise.all(keys.map(key => store.people.locate('main', key)))
  return { people, located, count: await store.people.count('main'), rows: (await store.outbox.depth()).rows }
}

it('R2 R12 killed at any byte of an un-merge, the two are one or two, never something between; replay repeats it', async () => {
  const { path: folder, remove } = await temporaryFolder()
  const path = join(folder, 'live')
  const store = await open(path)
  const commit = (entries: Parameters<Store['people']['commit']>[0]['entries']) =>
    store.people.commit({ workspace: 'main', entries, now: NOON, plan: PLAN, identity })
  const visit = tracked('a', { anonymousId: 'web', properties: { path: '/' } })
  const traits = { email: 'Ada@x.example', plan: 'pro' }
  const login = tracked('b', {
    type: 'identify',
    name: 'identify',
    anonymousId: 'web',
    userId: 'ada',
    properties: traits,
  })
  await commit([visit])
  await commit([login])
  const before = await everybody(store)
  expect(before).toMatchObject({
    count: 1,
    people: [{ identifiers: ['anonymousId:web', 'userId:ada', 'email:ada@x.example'] }],
  })
  const [person] = before.people
  const [web] = person!.sources
  const parts = [person!.sources.filter(source => source !== web), [web!]].map((sources, i): Part => {
    const replay = new Replay({ plan: PLAN }, NOON)
    for (const { event } of [login, visit].slice(i, i + 1).sort((a, b) => compareEvents(a.event, b.event)))
      replay.add(event)
    return { sources, content: replay.content }
  }) as [Part, Part]
  const journal = (folder: string) => join(folder, 'journal', '0000000001.journal')
  const start = (await stat(journal(path))).size
  const { id: profile, version } = person!
  const entry: Unmerge = { kind: 'unmerge', profile, version, definitions: PLAN.version, parts, by: 'test' }
  expect(await commit([entry])).toMatchObject([{ outcome: 'stored' }])
  const after = await everybody(store)
  expect(after).toMatchObject({ count: 2, people: [{ identifiers: ['anonymousId:web'] }, { userId: 'ada' }] })
  const whole = await readFile(journal(path))
  const copy = join(folder, 'copy')
  await cp(path, copy, { recursive: true, filter: source => !source.endsWith('lock.json') })
  const step = Math.ceil((whole.length - start) / 8)
  for (let cut = start; cut < whole.length + step; cut += step) {
    const torn = `${copy}-${cut}`
    await cp(copy, torn, { recursive: true })
    await writeFile(journal(torn), whole.subarray(0, cut))
    const again = await open(torn, 1000)
    expect(await everybody(again)).toEqual(cut < whole.length ? before : after)
    await again.close()
  }
  await store.close()
  await remove()
}, 300_000)
