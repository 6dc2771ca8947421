import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { collect, DAY, event, fresh, NOON, ship } from './harness.ts'

export function pastEventsContract(warehouse: () => Warehouse): void {
  it('gives the events of a name from before a version, in event order, by source profile', async () => {
    const workspace = fresh('past')
    const at = (profile: string, timestamp: number, message_id: string, more = {}) =>
      event({ workspace, profile, timestamp, message_id, name: 'Viewed', definitions: 3, ...more })
    await ship(warehouse(), 'events', [
      at('bob', NOON + 3, 'b1'),
      at('ada', NOON + 1, 'a2', { properties: { price: 2 } }),
      at('ada', NOON, 'a1', { received: NOON + 5 }),
      at('ada', NOON, 'a0', { received: NOON + 4 }),
      at('ada', NOON + 2, 'later', { definitions: 4 }),
      at('ada', NOON + 2, 'other', { name: 'Bought' }),
      at('ada', NOON + 2, 'entered', { type: 'segment' }),
    ])
    const [page, ...others] = await collect(
      warehouse().pastEvents({ workspace, events: ['Viewed'], properties: true, below: 4 }),
    )
    expect(others).toEqual([])
    expect(page!.map(({ profile, events }) => [profile, events.map(({ messageId }) => messageId)])).toEqual([
      ['ada', ['a0', 'a1', 'a2']],
      ['bob', ['b1']],
    ])
    expect(page![0]!.events[2]).toMatchObject({ timestamp: NOON + 1, type: 'track', properties: { price: 2 } })
  })

  it('of all actions, where no name is asked for', async () => {
    const workspace = fresh('past')
    await ship(warehouse(), 'events', [
      event({ workspace, profile: 'ada', name: 'A', definitions: 1 }),
      event({ workspace, profile: 'ada', name: 'identify', type: 'identify', definitions: 1 }),
    ])
    const pages = await collect(warehouse().pastEvents({ workspace, events: undefined, properties: false, below: 2 }))
    expect(pages.flat().flatMap(({ events }) => events.map(({ name }) => name))).toEqual(['A'])
  })

  it('without what they say, where that is not asked for', async () => {
    const workspace = fresh('past')
    await ship(warehouse(), 'events', [
      event({ workspace, profile: 'ada', name: 'A', definitions: 1, properties: { price: 2 } }),
    ])
    const question = { workspace, events: ['A'], below: 2 }
    const said = async (properties: boolean) =>
      (await collect(warehouse().pastEvents({ ...question, properties }))).flat()[0]!.events[0]!.properties
    expect(await said(false)).toEqual({})
    expect(await said(true)).toEqual({ price: 2 })
  })

  it('R11 comes in pages, each profile once and whole, those with the most events over several', async () => {
    const workspace = fresh('past')
    const WHALE = 45_000
    const rows = Array.from({ length: WHALE + 30_000 }, (_, i) => {
      const profile = i < WHALE ? 'p02500-whale' : `p${String(i % 5_000).padStart(5, '0')}`
      // Several at each instant, which a part may end between.
      return event({ workspace, name: 'Viewed', profile, timestamp: NOON + (i >> 2), message_id: `m${i}` })
    })
    await ship(warehouse(), 'events', rows)
    const seen = new Map<string, number>()
    let continued: string | undefined
    let last = ''
    for await (const page of warehouse().pastEvents({ workspace, events: ['Viewed'], properties: true, below: DAY })) {
      expect(page.reduce((sum, { events }) => sum + events.length, 0)).toBeLessThanOrEqual(5000)
      expect(page.length).toBeLessThanOrEqual(500)
      for (const [i, { profile, events, more }] of page.entries()) {
        expect(profile === continued).toBe(seen.has(profile))
        const keys = events.map(({ timestamp, messageId }) => `${timestamp} ${messageId}`)
        const before = continued === undefined ? [] : [last]
        expect(new Set([...before, ...keys]).size).toBe(before.length + keys.length)
        expect([...before, ...keys]).toEqual([...before, ...keys].sort())
        seen.set(profile, (seen.get(profile) ?? 0) + events.length)
        continued = more ? profile : undefined
        last = keys.at(-1)!
        expect(more === true && i < page.length - 1).toBe(false)
      }
    }
    expect(continued).toBeUndefined()
    expect([...seen.keys()]).toEqual([...seen.keys()].sort())
    expect(seen.size).toBe(5_001)
    expect(seen.get('p02500-whale')).toBe(WHALE)
    expect([...seen.values()].filter(count => count === 6).length).toBe(5_000)
  }, 300_000)
}
