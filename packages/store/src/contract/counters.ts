import { expect, it } from 'vitest'
import type { CounterStore, Share } from '../port.ts'
import { NOON, type OpenStore, opener } from './harness.ts'

const LATER = NOON + 60_000

export function countersContract(open: OpenStore): void {
  const opened = opener(open)
  const taking =
    (counters: CounterStore, limit: number) =>
    (key: string, n: number, more: { now?: number; expires?: number; counter?: string } = {}) => {
      const { now = NOON, counter = 'stock', ...expires } = more
      return counters.reserve('main', key, [{ counter, n, limit, ...expires }], now)
    }
  const holding =
    (counters: CounterStore, counter = 'stock') =>
    (keys: string[], now = NOON) => {
      const asked = keys.map(key => ({ counter, key }))
      return counters.held('main', asked, now)
    }

  it('takes up to the limit and refuses beyond, taking nothing', async () => {
    const { counters } = (await opened()).store
    const take = taking(counters, 5)
    const used = () => counters.used('main', 'stock', NOON)
    expect([await take('a', 3), await used()]).toEqual([true, 3])
    expect([await take('b', 3), await used()]).toEqual([false, 3])
    expect([await take('c', 2), await used()]).toEqual([true, 5])
    expect([await take('d', 1), await used()]).toEqual([false, 5])
    expect(await counters.used('main', 'budget', NOON)).toBe(0)
  })

  it('the same key again gets the same answer and takes nothing, also many times at once', async () => {
    const { counters } = (await opened()).store
    const take = taking(counters, 3)
    const answers = await Promise.all(Array.from({ length: 10 }, () => take('a', 2)))
    expect([...answers, await take('a', 2)]).toEqual(Array.from({ length: 11 }, () => true))
    expect(await counters.used('main', 'stock', NOON)).toBe(2)
  })

  it('never grants beyond the limit, however many ask at once', async () => {
    const { counters } = (await opened()).store
    const take = taking(counters, 25)
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => take(`key-${i}`, 2)))
    expect(answers.filter(granted => granted)).toHaveLength(12)
    expect(await counters.used('main', 'stock', NOON)).toBe(24)
  })

  it('shares of several counters are taken together or not at all, and a refusal changes nothing', async () => {
    const { counters } = (await opened()).store
    const shares = (n: number, expires?: number): Share[] => [
      { counter: 'budget', n: n * 10, limit: 100, ...(expires && { expires }) },
      { counter: 'stock', n, limit: 5, ...(expires && { expires }) },
      { counter: 'codes', n: 1, limit: 9 },
    ]
    const used = (now = NOON) => Promise.all(['budget', 'stock', 'codes'].map(one => counters.used('main', one, now)))
    expect(await counters.reserve('main', 'a', shares(3), NOON)).toBe(true)
    expect(await used()).toEqual([30, 3, 1])
    // The middle one has too little: neither the first nor the last is touched.
    expect(await counters.reserve('main', 'b', shares(3), NOON)).toBe(false)
    expect(await used()).toEqual([30, 3, 1])
    // What a key has of one of them stays as it is, for as long as it was to last.
    await counters.reserve('main', 'c', [{ counter: 'budget', n: 5, limit: 100, expires: LATER }], NOON)
    expect(await counters.reserve('main', 'c', shares(3, LATER + 9), NOON)).toBe(false)
    expect(await used()).toEqual([35, 3, 1])
    expect(await counters.reserve('main', 'd', shares(2, LATER + 9), NOON)).toBe(true)
    expect(await used()).toEqual([55, 5, 2])
    expect(await used(LATER)).toEqual([50, 5, 2])
    expect(await used(LATER + 9)).toEqual([30, 3, 2])
    // It is not taken again, and lasts as long as the rest.
    const end = LATER + 20
    await counters.reserve('main', 'e', [{ counter: 'budget', n: 5, limit: 100, expires: end - 5 }], LATER + 10)
    expect(await counters.reserve('main', 'e', shares(2, end), LATER + 10)).toBe(true)
    expect(await used(end - 1)).toEqual([35, 5, 3])
    expect(await used(end)).toEqual([30, 3, 3])
    expect(await counters.reserve('main', 'f', [], end)).toBe(true)
  })

  it('shares of several counters are given back and made final together, as far as the key has them', async () => {
    const { counters } = (await opened()).store
    const both = ['stock', 'budget']
    const take = (key: string, of: string[]) =>
      counters.reserve(
        'main',
        key,
        of.map(counter => ({ counter, n: 1, limit: 9, expires: LATER })),
        NOON,
      )
    const used = (now: number) => Promise.all(both.map(one => counters.used('main', one, now)))
    for (const key of ['a', 'b', 'c']) await take(key, both)
    await take('d', ['budget'])
    expect(await counters.confirm('main', 'a', both, NOON)).toBe(true)
    expect(await counters.release('main', 'b', both)).toBe(true)
    expect(await counters.release('main', 'b', both)).toBe(false)
    expect(await used(NOON)).toEqual([2, 3])
    expect(await counters.confirm('main', 'd', both, NOON)).toBe(true)
    // Of one that is final the other share can be given back all the same.
    await counters.confirm('main', 'c', ['stock'], NOON)
    expect(await counters.release('main', 'c', both)).toBe(true)
    expect(await used(NOON)).toEqual([2, 2])
    expect(await used(LATER)).toEqual([2, 2])
    expect(await counters.release('main', 'a', both)).toBe(false)
    expect(await counters.confirm('main', 'none', both, NOON)).toBe(false)
    expect([await counters.confirm('main', 'a', [], NOON), await counters.release('main', 'a', [])]).toEqual([
      false,
      false,
    ])
  })

  it('never grants beyond any limit, whatever counters are asked for together at once, in whatever order', async () => {
    const { counters } = (await opened()).store
    const names = ['x', 'y', 'z']
    const sharesOf = (i: number): Share[] => {
      const some = names.filter((_, n) => ((i % 7) + 1) & (1 << n))
      return (i % 2 === 0 ? some : some.toReversed()).map(counter => ({ counter, n: 1, limit: 8 }))
    }
    const answers = await Promise.all(
      Array.from({ length: 42 }, (_, i) => counters.reserve('main', `key-${i}`, sharesOf(i), NOON)),
    )
    for (const counter of names) {
      const granted = answers.filter((one, i) => one && sharesOf(i).some(share => share.counter === counter))
      expect(await counters.used('main', counter, NOON)).toBe(granted.length)
      expect(granted.length).toBeLessThanOrEqual(8)
    }
    const namesOf = (i: number) => sharesOf(i).map(({ counter }) => counter)
    await Promise.all(answers.map((_, i) => counters.release('main', `key-${i}`, namesOf(i))))
    for (const counter of names) expect(await counters.used('main', counter, NOON)).toBe(0)
  })

  it('a reservation that ran out is free again, and its key may ask anew', async () => {
    const { counters } = (await opened()).store
    const take = (key: string, now: number) => taking(counters, 1)(key, 1, { now, expires: now + 1000 })
    expect(await take('a', NOON)).toBe(true)
    expect(await take('b', NOON + 999)).toBe(false)
    expect(await counters.used('main', 'stock', NOON + 1000)).toBe(0)
    expect(await counters.confirm('main', 'a', ['stock'], NOON + 1000)).toBe(false)
    expect(await take('b', NOON + 1000)).toBe(true)
    expect(await take('a', NOON + 1500)).toBe(false)
    expect(await take('a', NOON + 2500)).toBe(true)
    expect(await counters.used('main', 'stock', NOON + 2500)).toBe(1)
  })

  it('a reservation that is asked for again lasts until the later of both ends', async () => {
    const { counters } = (await opened()).store
    const take = (expires?: number) => taking(counters, 2)('a', 2, expires === undefined ? {} : { expires })
    const used = (now: number) => counters.used('main', 'stock', now)
    for (const end of [LATER, LATER + 10, LATER + 5]) expect(await take(end)).toBe(true)
    expect([await used(LATER + 9), await used(LATER + 10)]).toEqual([2, 0])
    await take()
    await take(LATER)
    expect(await used(LATER + 10)).toBe(2)
    await counters.confirm('main', 'a', ['stock'], NOON)
    expect(await take(LATER)).toBe(true)
    expect(await counters.release('main', 'a', ['stock'])).toBe(false)
    expect(await used(LATER + 10)).toBe(2)
  })

  it('a confirmed reservation is final', async () => {
    const { counters } = (await opened()).store
    const take = taking(counters, 1)
    await take('a', 1, { expires: NOON + 1000 })
    expect(await counters.confirm('main', 'a', ['stock'], NOON + 500)).toBe(true)
    expect(await counters.confirm('main', 'a', ['stock'], LATER)).toBe(true)
    expect(await counters.release('main', 'a', ['stock'])).toBe(false)
    expect(await counters.used('main', 'stock', LATER)).toBe(1)
    expect(await take('a', 1, { now: LATER, expires: LATER + 1 })).toBe(true)
    expect(await counters.used('main', 'stock', LATER + 2)).toBe(1)
  })

  it('tells which of some keys have a reservation, while it lasts', async () => {
    const { counters } = (await opened()).store
    const [take, held] = [taking(counters, 3), holding(counters)]
    expect(await held(['a'])).toEqual([false])
    await take('a', 1, { expires: LATER })
    await take('b', 1)
    await take('c', 1, { expires: LATER })
    await counters.confirm('main', 'c', ['stock'], NOON)
    expect(await held(['none', 'b', 'a', 'b'])).toEqual([false, true, true, true])
    expect(await held(['a', 'b'], LATER - 1)).toEqual([true, true])
    expect(await held(['a', 'c', 'b'], LATER)).toEqual([false, true, true])
    expect(await held([])).toEqual([])
    expect(await counters.held('other', [{ counter: 'stock', key: 'b' }], NOON)).toEqual([false])
    const mixed = ['budget', 'stock'].map(counter => ({ counter, key: 'b' }))
    expect(await counters.held('main', mixed, NOON)).toEqual([false, true])
    await counters.release('main', 'b', ['stock'])
    expect(await held(['b'])).toEqual([false])
  })

  it('a released reservation is free at once', async () => {
    const { counters } = (await opened()).store
    const take = taking(counters, 1)
    await take('a', 1)
    expect(await counters.release('main', 'a', ['stock'])).toBe(true)
    expect(await counters.release('main', 'a', ['stock'])).toBe(false)
    expect(await take('b', 1)).toBe(true)
  })

  it('R13 workspaces and counters have their own reservations', async () => {
    const { counters } = (await opened()).store
    const take = (workspace: string, counter: string) =>
      counters.reserve(workspace, 'a', [{ counter, n: 1, limit: 1 }], NOON)
    expect(await take('mine', 'stock')).toBe(true)
    expect(await take('yours', 'stock')).toBe(true)
    expect(await take('mine', 'codes')).toBe(true)
    expect(await counters.release('yours', 'a', ['stock'])).toBe(true)
    expect(await counters.confirm('yours', 'a', ['stock'], NOON)).toBe(false)
    expect(await counters.used('mine', 'stock', NOON)).toBe(1)
  })

  it('R2 reservations are there after the store was opened again', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    await taking(store.counters, 3)('a', 2)
    const again = await reopen()
    expect(await again.counters.used('main', 'stock', NOON)).toBe(2)
    expect(await taking(again.counters, 3)('a', 2)).toBe(true)
    expect(await again.counters.used('main', 'stock', NOON)).toBe(2)
  })
}
