import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Store } from '../port.ts'
import { CLAIM, commit, FORGOTTEN, identify, NOON, type OpenStore, opener, shipAll, track } from './harness.ts'

export function scrubContract(open: OpenStore): void {
  const opened = opener(open)

  it('R8 no byte is left of who was taken away, nor of what was replaced; everybody else stays as they are', async () => {
    const { store, folder, reopen } = await opened()
    // Those who go and those who stay are mixed in every page, with values from short ones to such as have pages of their own.
    const names = Array.from({ length: 300 }, (_, i) => `${i % 3 === 0 ? 'stays' : 'goes'}-${i}`)
    const noteOf = (name: string) => `note-of-${name}.`.repeat(1 + (names.indexOf(name) % 40) ** 2 / 6)
    const goers = names.filter(name => name.startsWith('goes'))
    for (let from = 0; from < names.length; from += 60) {
      const some = names.slice(from, from + 60)
      await commit(
        store,
        some.map(name => identify({ user: name, anonymous: `of-${name}`, due: NOON, traits: { note: noteOf(name) } })),
      )
    }
    await commit(store, [identify({ user: names[0]!, at: NOON + 1, traits: { note: 'goes-since-replaced' } })])
    await store.records.put('main', [{ id: 'r', updated: 1, body: { secret: 'goes-with-the-record' } }])
    await store.records.put('main', [{ id: 'r', updated: 2, body: {} }])
    await commit(store, [identify({ user: names[0]!, at: NOON + 2, traits: { note: noteOf(names[0]!) } })])
    const before = folder && (await foundIn(await folder(), 'goes-'))
    if (before !== undefined) expect(before).not.toEqual([])
    for (let from = 0; from < goers.length; from += 40) {
      await commit(
        store,
        goers.slice(from, from + 40).map(user => track({ user, name: FORGOTTEN })),
      )
    }
    const stayed = await everybody(store)
    expect(stayed.people).toHaveLength(100)

    expect((await store.scrub()).pendingRows).toBeGreaterThan(500)
    await shipAll(store)
    const report = await store.scrub()
    expect(report.pendingRows).toBe(0)
    expect(report.bytesAfter).toBeLessThanOrEqual(report.bytesBefore)
    if (folder) expect(await foundIn(await folder(), 'goes-')).toEqual([])
    expect(await everybody(store)).toEqual(stayed)
    const again = await reopen?.()
    if (again) expect(await everybody(again)).toEqual(stayed)
  })

  it('goes on beside commits, which it neither loses nor takes away', async () => {
    const { store, reopen } = await opened()
    await commit(store, [track({ user: 'ada', id: 'first' })])
    const scrubs = [store.scrub(), store.scrub()]
    const commits = Array.from({ length: 20 }, (_, i) =>
      commit(store, [track({ user: `user-${i % 4}`, id: `during-${i}`, due: NOON + i })]),
    )
    const [batch] = await store.outbox.claim({ ...CLAIM, maxBatches: 1 })
    await store.keys.put({ id: 'k', workspace: 'main', kind: 'write', hash: 'h', label: 'l', created: NOON })
    await Promise.all([...scrubs, ...commits])
    await store.scrub()
    const open = (await reopen?.()) ?? store
    expect((await open.outbox.claim({ ...CLAIM, now: NOON + 1e6, maxBatches: 1 }))[0]).toEqual(batch)
    expect(await open.keys.byHash('h')).toMatchObject({ id: 'k' })
    const people = await open.people.page('main', undefined, 10)
    expect(people.reduce((sum, one) => sum + one.events, 0)).toBe(21)
    expect(await open.people.due('main', Infinity, 10)).toHaveLength(4)
    const repeated = await commit(open, [track({ user: 'ada', id: 'first' }), track({ user: 'ada', id: 'during-7' })])
    expect(repeated.map(one => one.outcome)).toEqual(['duplicate', 'duplicate'])
    const rows = await shipAll(open)
    expect(new Set(rows.map(row => row.message_id)).size).toBe(21)
    expect(rows).toHaveLength(21)
  })

  it('a closed store is not scrubbed', async () => {
    const { store } = await opened()
    await store.close()
    await expect(store.scrub()).rejects.toMatchObject({ code: 'unavailable' })
  })
}

async function everybody(store: Store) {
  const people = await store.people.page('main', undefined, 1000)
  const located = await Promise.all(people.flatMap(one => one.identifiers).map(key => store.people.locate('main', key)))
  const { people: of, records } = store
  return {
    people,
    located,
    due: await of.due('main', Infinity, 1000),
    records: await records.page('main', undefined, 9),
  }
}

/** Names of the files in a folder, and below, that hold a text. */
async function foundIn(folder: string, text: string): Promise<string[]> {
  const found: string[] = []
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const bytes = await readFile(join(file.parentPath, file.name))
    const at = bytes.indexOf(text)
    if (at >= 0) found.push(`${file.name}: ${bytes.toString('latin1', Math.max(0, at - 40), at + 60)}`)
  }
  return found
}
