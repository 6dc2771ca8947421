import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { collect, DAY, event, exposure, fresh, link, NOON, ship } from './harness.ts'

export function personContract(warehouse: () => Warehouse): void {
  it('gives everything that is filed under these sources, oldest first, whole', async () => {
    const workspace = fresh('person')
    const whole = event({
      workspace,
      profile: 'phone',
      name: 'whole',
      properties: { a: { b: [1, 'ü'] } },
      revenue: 1.5,
    })
    await ship(warehouse(), 'events', [
      event({ workspace, profile: 'laptop', timestamp: NOON + DAY, name: 'last' }),
      whole,
      event({ workspace, profile: 'phone', timestamp: NOON - 40 * DAY, name: 'first' }),
      event({ workspace, profile: 'other', name: 'not theirs' }),
    ])
    await ship(warehouse(), 'exposures', [exposure({ workspace, profile: 'phone' })])
    await ship(warehouse(), 'identity_links', [link({ workspace, source: 'phone', canonical: 'laptop', at: NOON })])
    const question = { workspace, sources: ['phone', 'laptop'] }
    const rows = (await collect(warehouse().person({ ...question, table: 'events' }))).flat()
    expect(rows.map(row => row.name)).toEqual(['first', 'whole', 'last'])
    expect(rows[1]).toMatchObject(whole)
    expect((await collect(warehouse().person({ ...question, table: 'exposures' }))).flat()).toHaveLength(1)
    expect((await collect(warehouse().person({ ...question, table: 'identity_links' }))).flat()).toMatchObject([
      { source: 'phone', canonical: 'laptop', at: NOON },
    ])
    expect(await warehouse().personSize(question)).toEqual({ events: 3, decisions: 0, exposures: 1, identity_links: 1 })
  })

  it('R13 of one workspace only; of nobody nothing', async () => {
    const [mine, theirs] = [fresh('person'), fresh('person')]
    await ship(warehouse(), 'events', [event({ workspace: theirs })])
    for (const sources of [['ada'], []]) {
      expect(await collect(warehouse().person({ workspace: mine, sources, table: 'events' }))).toEqual([])
    }
  })
}
