import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { batchesOf, collect, DAY, event, exposure, fresh, link, NOON, ship } from './harness.ts'

export function removalContract(warehouse: () => Warehouse): void {
  const sizeOf = (workspace: string, ...sources: string[]) => warehouse().personSize({ workspace, sources })
  const nothing = { events: 0, decisions: 0, exposures: 0, identity_links: 0 }

  it('R8 erases every row of these sources in every table and month, and nobody else’s', async () => {
    const [workspace, other] = [fresh('erase'), fresh('erase')]
    const rows = (of: string, profile: string) => [
      event({ workspace: of, profile }),
      event({ workspace: of, profile, timestamp: NOON - 60 * DAY }),
    ]
    await ship(warehouse(), 'events', [
      ...rows(workspace, 'phone'),
      ...rows(workspace, 'laptop'),
      ...rows(workspace, 'bob'),
    ])
    await ship(warehouse(), 'events', rows(other, 'phone'))
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'phone' }),
      exposure({ workspace, profile: 'bob' }),
    ])
    await ship(warehouse(), 'identity_links', [
      link({ workspace, source: 'phone', canonical: 'laptop', at: NOON }),
      link({ workspace, source: 'bobs-phone', canonical: 'bob', at: NOON }),
    ])
    const question = { workspace, sources: ['phone', 'laptop'], identifiers: ['userId:ada'] }
    expect(await warehouse().erase(question)).toEqual({ events: 4, decisions: 0, exposures: 1, identity_links: 1 })
    expect(await sizeOf(workspace, 'phone', 'laptop')).toEqual(nothing)
    expect(await sizeOf(workspace, 'bob')).toEqual({ events: 2, decisions: 0, exposures: 1, identity_links: 1 })
    expect(await sizeOf(other, 'phone')).toMatchObject({ events: 2 })
    expect(await warehouse().erase(question)).toEqual(nothing)
  })

  it('R8 the links of others no longer say by which of their identifiers they were seen', async () => {
    const workspace = fresh('evidence')
    const shared = { workspace, source: 'tablet', canonical: 'tablet' }
    await ship(warehouse(), 'identity_links', [
      { ...link({ ...shared, at: NOON }), evidence: 'userId:ada' },
      { ...link({ ...shared, at: NOON + 1 }), evidence: 'userId:bob' },
    ])
    await warehouse().erase({ workspace, sources: ['ada'], identifiers: ['userId:ada'] })
    const left = await collect(warehouse().person({ workspace, sources: ['tablet'], table: 'identity_links' }))
    expect(left.flat().map(row => row.evidence)).toEqual(['', 'userId:bob'])
  })

  it('R3 a batch with anybody else in it is still known afterwards: sent again it changes nothing', async () => {
    const workspace = fresh('again')
    const [batch] = batchesOf('events', [event({ workspace, profile: 'ada' }), event({ workspace, profile: 'bob' })])
    await warehouse().insert(batch!)
    await warehouse().erase({ workspace, sources: ['ada'], identifiers: [] })
    await warehouse().insert(batch!)
    expect(await sizeOf(workspace, 'ada')).toEqual(nothing)
    expect(await sizeOf(workspace, 'bob')).toMatchObject({ events: 1 })
  })

  it('lets a workspace’s rows go when they are too old, and no others', async () => {
    const [workspace, other] = [fresh('expire'), fresh('expire')]
    const old = { timestamp: NOON - 90 * DAY }
    await ship(warehouse(), 'events', [event({ workspace }), event({ workspace, ...old })])
    await ship(warehouse(), 'events', [event({ workspace: other, ...old })])
    const question = { workspace, table: 'events' as const, before: NOON - 30 * DAY }
    expect(await warehouse().expire(question)).toBe(1)
    expect(await warehouse().expire(question)).toBe(0)
    expect(await sizeOf(workspace, 'ada')).toMatchObject({ events: 1 })
    expect(await sizeOf(other, 'ada')).toMatchObject({ events: 1 })
  })
}
