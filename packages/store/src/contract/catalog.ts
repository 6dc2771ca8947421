import { expect, it } from 'vitest'
import type { CatalogItem } from '../port.ts'
import { NOON, type OpenStore, opener } from './harness.ts'

function item(id: string, price: number): CatalogItem {
  return { id, updated: NOON, body: { title: `Item ${id}`, price, attributes: { colour: 'grün', sizes: [1, 2] } } }
}

/** Both shelves keep items alike, and each its own. */
export function catalogContract(open: OpenStore, shelf: 'catalog' | 'records'): void {
  const opened = opener(open)
  const other = shelf === 'catalog' ? 'records' : 'catalog'

  it('puts, replaces, gets and removes items', async () => {
    const { store } = await opened()
    const catalog = store[shelf]
    await catalog.put('main', [item('a', 1), item('b', 2), item('c', 3)])
    await catalog.put('main', [item('b', 20), item('d', 4), item('d', 40)])
    const found = await catalog.get('main', ['d', 'b', 'none'])
    expect(found.sort((x, y) => (x.id < y.id ? -1 : 1))).toEqual([item('b', 20), item('d', 40)])
    expect(await catalog.get('main', [])).toEqual([])
    await catalog.remove('main', ['a', 'none'])
    expect(await catalog.get('main', ['a'])).toEqual([])
    expect(await catalog.count('main')).toBe(3)
    expect(await store[other].count('main')).toBe(0)
  })

  it('pages by id', async () => {
    const { [shelf]: catalog } = (await opened()).store
    await catalog.put(
      'main',
      ['b', 'B', 'a-1', 'a', 'ä', '10', '9'].map(id => item(id, 1)),
    )
    const all: string[] = []
    for (;;) {
      const page = await catalog.page('main', all.at(-1), 2)
      if (page.length === 0) break
      all.push(...page.map(one => one.id))
    }
    expect(all).toEqual(['10', '9', 'B', 'a', 'a-1', 'b', 'ä'])
  })

  it('R13 workspaces have their own items', async () => {
    const { [shelf]: catalog } = (await opened()).store
    await catalog.put('mine', [item('a', 1)])
    await catalog.put('yours', [item('a', 2)])
    await catalog.remove('yours', ['a'])
    expect(await catalog.get('yours', ['a'])).toEqual([])
    expect(await catalog.page('yours', undefined, 5)).toEqual([])
    expect(await catalog.count('yours')).toBe(0)
    expect(await catalog.get('mine', ['a'])).toEqual([item('a', 1)])
  })

  it('R2 items are there after the store was opened again', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    await store[shelf].put('main', [item('a', 1), item('b', 2)])
    await store[shelf].remove('main', ['b'])
    expect(await (await reopen())[shelf].page('main', undefined, 5)).toEqual([item('a', 1)])
  })
}
