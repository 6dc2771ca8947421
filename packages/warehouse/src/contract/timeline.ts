import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
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
    const names = async (rest: { before?: number; limit: number }) =>
      (await warehouse().timeline({ workspace, sources: ['phone', 'laptop'], ...rest })).map(row => row.name)
    expect(await names({ limit: 10 })).toEqual(['first', 'second', 'third', 'last'])
    expect(await names({ limit: 2 })).toEqual(['first', 'second'])
    expect(await names({ limit: 2, before: NOON })).toEqual(['last'])
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
