import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { collect, DAY, event, fresh, NOON, ship } from './harness.ts'

export function eventTimesContract(warehouse: () => Warehouse): void {
  it('gives the last times of an event, ascending, a source profile a row', async () => {
    const workspace = fresh('times')
    const at = (profile: string, timestamp: number, message_id: string, name = 'Viewed') =>
      event({ workspace, profile, timestamp, message_id, name })
    await ship(warehouse(), 'events', [
      at('bob', NOON + 3, 'b1'),
      at('ada', NOON - 40 * DAY, 'a1'),
      at('ada', NOON, 'a2'),
      at('ada', NOON, 'a3'),
      at('ada', NOON + 1, 'a4'),
      at('ada', NOON + 2, 'a5', 'Bought'),
      at('ada', NOON + 10, 'a6'),
      at('cyd', NOON - 40 * DAY, 'c1'),
    ])
    const question = { workspace, event: 'Viewed', since: NOON - 30 * DAY, until: NOON + 10, keep: 2 }
    const pages = await collect(warehouse().eventTimes(question))
    expect(pages).toEqual([
      [
        {
          profile: 'ada',
          times: [
            [NOON, 'a3'],
            [NOON + 1, 'a4'],
          ],
        },
        { profile: 'bob', times: [[NOON + 3, 'b1']] },
      ],
    ])
  })

  it('has no page where nothing happened', async () => {
    const question = { workspace: fresh('times'), event: 'Viewed', since: 0, until: NOON, keep: 2 }
    expect(await collect(warehouse().eventTimes(question))).toEqual([])
  })

  it('R11 comes in pages, each profile whole and once', async () => {
    const workspace = fresh('times')
    const rows = Array.from({ length: 45_000 }, (_, i) =>
      event({ workspace, name: 'Viewed', profile: `p${String(i % 9_000).padStart(5, '0')}`, timestamp: NOON + i }),
    )
    await ship(warehouse(), 'events', rows)
    const seen: string[] = []
    let pages = 0
    const question = { workspace, event: 'Viewed', since: 0, until: NOON + DAY, keep: 4 }
    for await (const page of warehouse().eventTimes(question)) {
      pages += 1
      for (const { profile, times } of page) {
        seen.push(profile)
        const first = NOON + Number(profile.slice(1))
        expect(times.map(([time]) => time)).toEqual([1, 2, 3, 4].map(round => first + round * 9_000))
      }
    }
    expect(pages).toBeGreaterThan(1)
    expect(seen).toHaveLength(9_000)
    expect(new Set(seen).size).toBe(9_000)
  }, 120_000)
}
