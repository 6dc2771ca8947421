import { expect, it } from 'vitest'
import type { TimelineEvent, TimelinePlace, Warehouse } from '../warehouse.ts'
import { DAY, event, fresh, NOON, ship } from './harness.ts'

export function timelineContract(warehouse: () => Warehouse): void {
  it("R10 gives a person's events newest first: by timestamp, then received, then place in the request", async () => {
    const workspace = fresh('timeline')
    const rows = [
      event({ workspace, profile: 'phone', timestamp: NOON, received: NOON + 5, index: 0, name: 'third' }),
      event({ workspace, profile: 'laptop', timestamp: NOON, received: NOON + 9, index: 0, name: 'second' }),
      event({ workspace, profile: 'laptop', timestamp: NOON, received: NOON + 9, index: 1, name: 'first' }),
      event({ workspace, profile: 'phone', timestamp: NOON - 30 * DAY, received: NOON + 99, name: 'last' }),
      event({ workspace, profile: 'other', name: 'not theirs' }),
    ]
    await ship(warehouse(), 'events', rows)
    const names = async (rest: { before?: number | TimelinePlace; limit: number }) =>
      (await warehouse().timeline({ workspace, sources: ['phone', 'laptop'], ...rest })).map(row => row.name)
    expect(await names({ limit: 10 })).toEqual(['first', 'second', 'third', 'last'])
    expect(await names({ limit: 2 })).toEqual(['first', 'second'])
    expect(await names({ limit: 2, before: NOON })).toEqual(['last'])
    const page = await warehouse().timeline({ workspace, sources: ['phone', 'laptop'], limit: 2 })
    expect(await names({ limit: 2, before: page[1]! })).toEqual(['third', 'last'])
  })

  it('R11 goes on before an event, so that pages lose and double none of very many of one millisecond', async () => {
    const workspace = fresh('timeline')
    const theirs = ['phone', 'laptop']
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      event({
        workspace,
        profile: theirs[i % 2]!,
        timestamp: i < 10 ? NOON + 1 + i : NOON,
        received: NOON + Math.floor(i / 500),
        // Two sources may hold an id each: of an import and of a repetition after a week.
        index: Math.floor(i / 4) % 50,
        message_id: `message-${Math.floor(i / 2)}`,
        name: `${i}`,
      }),
    )
    rows.push(event({ workspace, profile: 'phone', timestamp: NOON - 1, name: 'before' }))
    await ship(warehouse(), 'events', rows)
    const ask = (rest: { before?: TimelinePlace; limit: number }) =>
      warehouse().timeline({ workspace, sources: theirs, ...rest })
    const whole = (await ask({ limit: 5_000 })).map(row => row.name)
    expect(new Set(whole)).toEqual(new Set(rows.map(row => row.name)))
    expect(whole).toHaveLength(rows.length)
    for (const limit of [700, 999, 1_500]) {
      const paged: TimelineEvent[] = []
      for (;;) {
        const before = paged.at(-1)
        const page = await ask({ limit, ...(before && { before }) })
        expect(page.length).toBeLessThanOrEqual(limit)
        if (page.length === 0) break
        paged.push(...page)
      }
      expect(paged.map(row => row.name)).toEqual(whole)
    }
  })

  it('R13 sees nothing of another workspace', async () => {
    const [mine, theirs] = [fresh('timeline'), fresh('timeline')]
    await ship(warehouse(), 'events', [event({ workspace: theirs })])
    expect(await warehouse().timeline({ workspace: mine, sources: ['ada'], limit: 10 })).toEqual([])
  })

  it('has nothing for nobody', async () => {
    expect(await warehouse().timeline({ workspace: fresh('timeline'), sources: [], limit: 10 })).toEqual([])
  })
}
