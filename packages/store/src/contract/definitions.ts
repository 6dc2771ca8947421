import type { JsonObject } from '@espalier/core'
import type { DefinitionChange } from '@espalier/core/definition'
import { expect, it } from 'vitest'
import { NOON, type OpenStore, opener } from './harness.ts'

const BY_ADA = { now: NOON, author: 'ada' }

function touchpoint(key: string, body: JsonObject | undefined): DefinitionChange {
  return { kind: 'touchpoint', key, body }
}

export function definitionsContract(open: OpenStore): void {
  const opened = opener(open)

  it('R9 every change of a body makes the next version; the set’s version grows with every publication', async () => {
    const { store } = await opened()
    const { definitions } = store
    expect(await definitions.version('main')).toBe(0)
    expect(await definitions.current('main')).toEqual({ version: 0, definitions: [] })
    const first = await definitions.publish(
      'main',
      [
        touchpoint('home.hero', { title: 'one', nested: { b: [1, null], a: 'é' } }),
        touchpoint('cart', { title: 'cart' }),
      ],
      BY_ADA,
    )
    expect(first.version).toBeGreaterThan(0)
    expect(first.definitions.map(one => [one.key, one.version])).toEqual([
      ['cart', 1],
      ['home.hero', 1],
    ])
    const second = await definitions.publish('main', [touchpoint('cart', { title: 'new' })], {
      now: NOON + 1,
      author: 'bob',
    })
    expect(second.version).toBeGreaterThan(first.version)
    expect(await definitions.version('main')).toBe(second.version)
    expect(await definitions.current('main')).toEqual(second)
    expect(second.definitions[0]).toEqual({
      kind: 'touchpoint',
      key: 'cart',
      version: 2,
      published: NOON + 1,
      author: 'bob',
      archived: false,
      body: { title: 'new' },
    })
    expect(second.definitions[1]).toEqual(first.definitions[1])
  })

  it('R9 an unchanged body makes no version, whatever the order of its members', async () => {
    const { store } = await opened()
    const first = await store.definitions.publish('main', [touchpoint('a', { x: 1, y: { p: 1, q: [1, 2] } })], BY_ADA)
    const same = await store.definitions.publish('main', [touchpoint('a', { y: { q: [1, 2], p: 1 }, x: 1 })], {
      now: NOON + 9,
      author: 'bob',
    })
    expect(same).toEqual(first)
    expect(await store.definitions.history('main', 'touchpoint', 'a')).toHaveLength(1)
  })

  it('R9 archiving takes it out of the live set and keeps its history; publishing brings it back', async () => {
    const { store } = await opened()
    await store.definitions.publish('main', [touchpoint('a', { x: 1 }), touchpoint('b', { x: 1 })], BY_ADA)
    const archived = await store.definitions.publish('main', [touchpoint('a', undefined)], BY_ADA)
    expect(archived.definitions.map(one => one.key)).toEqual(['b'])
    const none = await store.definitions.publish(
      'main',
      [touchpoint('a', undefined), touchpoint('c', undefined)],
      BY_ADA,
    )
    expect(none).toEqual(archived)
    const back = await store.definitions.publish('main', [touchpoint('a', { x: 1 })], BY_ADA)
    expect(back.definitions.map(one => one.key)).toEqual(['a', 'b'])
    const history = await store.definitions.history('main', 'touchpoint', 'a')
    expect(history.map(one => [one.version, one.archived, one.body])).toEqual([
      [3, false, { x: 1 }],
      [2, true, { x: 1 }],
      [1, false, { x: 1 }],
    ])
    expect(await store.definitions.history('main', 'metric', 'a')).toEqual([])
  })

  it('R9 whoever expected another version is refused, and nothing is published', async () => {
    const { store } = await opened()
    const first = await store.definitions.publish('main', [touchpoint('a', { x: 1 })], { ...BY_ADA, expected: 0 })
    const late = store.definitions.publish('main', [touchpoint('a', { x: 2 }), touchpoint('b', {})], {
      ...BY_ADA,
      expected: 0,
    })
    await expect(late).rejects.toMatchObject({ name: 'StoreError', code: 'conflict' })
    expect(await store.definitions.current('main')).toEqual(first)
  })

  it('R9 of many who publish at once on the same expectation one wins; without one, all do, in turn', async () => {
    const { store } = await opened()
    const attempts = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) =>
        store.definitions.publish('main', [touchpoint('a', { by: i })], { ...BY_ADA, expected: 0 }),
      ),
    )
    expect(attempts.filter(one => one.status === 'fulfilled')).toHaveLength(1)
    const { version } = await store.definitions.current('main')
    await Promise.all(
      Array.from({ length: 6 }, (_, i) => store.definitions.publish('main', [touchpoint('b', { by: i })], BY_ADA)),
    )
    expect(await store.definitions.version('main')).toBe(version + 6)
    const history = await store.definitions.history('main', 'touchpoint', 'b')
    expect(history.map(one => one.version)).toEqual([6, 5, 4, 3, 2, 1])
  })

  it('R13 workspaces have their own definitions', async () => {
    const { store } = await opened()
    await store.definitions.publish('mine', [touchpoint('a', { x: 1 })], BY_ADA)
    expect(await store.definitions.version('yours')).toBe(0)
    expect(await store.definitions.current('yours')).toEqual({ version: 0, definitions: [] })
    expect(await store.definitions.history('yours', 'touchpoint', 'a')).toEqual([])
    const yours = await store.definitions.publish('yours', [touchpoint('a', { x: 2 })], { ...BY_ADA, expected: 0 })
    expect(yours.definitions[0]?.version).toBe(1)
    expect((await store.definitions.current('mine')).definitions[0]?.body).toEqual({ x: 1 })
  })

  it('R2 definitions are there after the store was opened again', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    await store.definitions.publish('main', [touchpoint('a', { x: 1 })], BY_ADA)
    const before = await store.definitions.publish('main', [touchpoint('a', { x: 2 })], BY_ADA)
    const again = await reopen()
    expect(await again.definitions.current('main')).toEqual(before)
    expect(await again.definitions.history('main', 'touchpoint', 'a')).toHaveLength(2)
  })
}
