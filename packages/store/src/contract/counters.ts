import { expect, it } from 'vitest'
import { NOON, type OpenStore, opener } from './harness.ts'

const LATER = NOON + 60_000

export function countersContract(open: OpenStore): void {
  const opened = opener(open)

  it('takes up to the limit and refuses beyond, taking nothing', async () => {
    const { counters } = (await opened()).store
    const take = (key: string, n: number) => counters.reserve('main', 'stock', { key, n, limit: 5, now: NOON })
    expect(await take('a', 3)).toEqual({ granted: true, used: 3 })
    expect(await take('b', 3)).toEqual({ granted: false, used: 3 })
    expect(await take('c', 2)).toEqual({ granted: true, used: 5 })
    expect(await take('d', 1)).toEqual({ granted: false, used: 5 })
    expect(await counters.used('main', 'stock', NOON)).toBe(5)
    expect(await counters.used('main', 'budget', NOON)).toBe(0)
  })

  it('the same key again gets the same answer and takes nothing, also many times at once', async () => {
    const { counters } = (await opened()).store
    const take = () => counters.reserve('main', 'stock', { key: 'a', n: 2, limit: 3, now: NOON })
    const answers = await Promise.all(Array.from({ length: 10 }, take))
    for (const answer of [...answers, await take()]) expect(answer).toEqual({ granted: true, used: 2 })
    expect(await counters.used('main', 'stock', NOON)).toBe(2)
  })

  it('never grants beyond the limit, however many ask at once', async () => {
    const { counters } = (await opened()).store
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        counters.reserve('main', 'stock', { key: `key-${i}`, n: 2, limit: 25, now: NOON }),
      ),
    )
    expect(answers.filter(answer => answer.granted)).toHaveLength(12)
    expect(await counters.used('main', 'stock', NOON)).toBe(24)
  })

  it('a reservation that ran out is free again, and its key may ask anew', async () => {
    const { counters } = (await opened()).store
    const take = (key: string, now: number) =>
      counters.reserve('main', 'stock', { key, n: 1, limit: 1, now, expires: now + 1000 })
    expect((await take('a', NOON)).granted).toBe(true)
    expect((await take('b', NOON + 999)).granted).toBe(false)
    expect(await counters.used('main', 'stock', NOON + 1000)).toBe(0)
    expect(await counters.confirm('main', 'stock', 'a', NOON + 1000)).toBe(false)
    expect((await take('b', NOON + 1000)).granted).toBe(true)
    expect((await take('a', NOON + 1500)).granted).toBe(false)
    expect(await take('a', NOON + 2500)).toEqual({ granted: true, used: 1 })
  })

  it('a reservation that is asked for again lasts until the later of both ends', async () => {
    const { counters } = (await opened()).store
    const take = (expires?: number) =>
      counters.reserve('main', 'stock', { key: 'a', n: 2, limit: 2, now: NOON, ...(expires && { expires }) })
    const used = (now: number) => counters.used('main', 'stock', now)
    for (const end of [LATER, LATER + 10, LATER + 5]) expect(await take(end)).toEqual({ granted: true, used: 2 })
    expect([await used(LATER + 9), await used(LATER + 10)]).toEqual([2, 0])
    await take()
    await take(LATER)
    expect(await used(LATER + 10)).toBe(2)
    await counters.confirm('main', 'stock', 'a', NOON)
    expect(await take(LATER)).toEqual({ granted: true, used: 2 })
    expect(await counters.release('main', 'stock', 'a')).toBe(false)
    expect(await used(LATER + 10)).toBe(2)
  })

  it('a confirmed reservation is final', async () => {
    const { counters } = (await opened()).store
    await counters.reserve('main', 'stock', { key: 'a', n: 1, limit: 1, now: NOON, expires: NOON + 1000 })
    expect(await counters.confirm('main', 'stock', 'a', NOON + 500)).toBe(true)
    expect(await counters.confirm('main', 'stock', 'a', LATER)).toBe(true)
    expect(await counters.release('main', 'stock', 'a')).toBe(false)
    expect(await counters.used('main', 'stock', LATER)).toBe(1)
    const same = await counters.reserve('main', 'stock', { key: 'a', n: 1, limit: 1, now: LATER, expires: LATER + 1 })
    expect(same).toEqual({ granted: true, used: 1 })
    expect(await counters.used('main', 'stock', LATER + 2)).toBe(1)
    expect(await counters.confirm('main', 'stock', 'none', NOON)).toBe(false)
  })

  it('tells which of some keys has a reservation, the first of them, while it lasts', async () => {
    const { counters } = (await opened()).store
    const held = (keys: string[], now = NOON) => counters.held('main', 'stock', keys, now)
    expect(await held(['a'])).toBeUndefined()
    await counters.reserve('main', 'stock', { key: 'a', n: 1, limit: 3, now: NOON, expires: LATER })
    await counters.reserve('main', 'stock', { key: 'b', n: 1, limit: 3, now: NOON })
    await counters.reserve('main', 'stock', { key: 'c', n: 1, limit: 3, now: NOON, expires: LATER })
    await counters.confirm('main', 'stock', 'c', NOON)
    expect(await held(['none', 'b', 'a'])).toBe('b')
    expect(await held(['a', 'b'], LATER - 1)).toBe('a')
    expect(await held(['a', 'c', 'b'], LATER)).toBe('c')
    expect([await held([]), await held(['a'], LATER)]).toEqual([undefined, undefined])
    expect(await counters.held('other', 'stock', ['b'], NOON)).toBeUndefined()
    expect(await counters.held('main', 'budget', ['b'], NOON)).toBeUndefined()
    await counters.release('main', 'stock', 'b')
    expect(await held(['b'])).toBeUndefined()
  })

  it('a released reservation is free at once', async () => {
    const { counters } = (await opened()).store
    await counters.reserve('main', 'stock', { key: 'a', n: 1, limit: 1, now: NOON })
    expect(await counters.release('main', 'stock', 'a')).toBe(true)
    expect(await counters.release('main', 'stock', 'a')).toBe(false)
    expect(await counters.reserve('main', 'stock', { key: 'b', n: 1, limit: 1, now: NOON })).toEqual({
      granted: true,
      used: 1,
    })
  })

  it('R13 workspaces and counters have their own reservations', async () => {
    const { counters } = (await opened()).store
    const take = (workspace: string, counter: string) =>
      counters.reserve(workspace, counter, { key: 'a', n: 1, limit: 1, now: NOON })
    expect(await take('mine', 'stock')).toEqual({ granted: true, used: 1 })
    expect(await take('yours', 'stock')).toEqual({ granted: true, used: 1 })
    expect(await take('mine', 'codes')).toEqual({ granted: true, used: 1 })
    expect(await counters.release('yours', 'stock', 'a')).toBe(true)
    expect(await counters.confirm('yours', 'stock', 'a', NOON)).toBe(false)
    expect(await counters.used('mine', 'stock', NOON)).toBe(1)
  })

  it('R2 reservations are there after the store was opened again', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    await store.counters.reserve('main', 'stock', { key: 'a', n: 2, limit: 3, now: NOON })
    const again = await reopen()
    expect(await again.counters.used('main', 'stock', NOON)).toBe(2)
    const same = await again.counters.reserve('main', 'stock', { key: 'a', n: 2, limit: 3, now: NOON })
    expect(same).toEqual({ granted: true, used: 2 })
  })
}
