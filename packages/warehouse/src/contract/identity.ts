import { eventOf } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import { PAGE_ROWS } from '../queries/log.ts'
import type { Warehouse } from '../warehouse.ts'
import { collect, DAY, event, fresh, link, NOON, ship } from './harness.ts'

export function identityContract(warehouse: () => Warehouse): void {
  it('R10 gives the log of some sources in the total order of events, complete enough to make the events again', async () => {
    const workspace = fresh('log')
    const at = (profile: string, timestamp: number, message_id: string, more = {}) =>
      event({ workspace, profile, timestamp, received: NOON + DAY, message_id, ...more })
    await ship(warehouse(), 'events', [
      at('phone', NOON + 2, 'd', { received: NOON + DAY + 1 }),
      at('laptop', NOON + 2, 'c', { index: 1 }),
      at('phone', NOON + 2, 'b'),
      at('laptop', NOON - 40 * DAY, 'a', {
        type: 'group',
        name: 'group',
        user_id: 'u',
        group_id: 'g',
        properties: { n: 1.5, deep: { list: [null, 'ä'] } },
        context: { locale: 'de' },
      }),
      at('other', NOON, 'not theirs'),
      at('phone', NOON, 'noted by the stream', { type: 'segment', name: 'Segment Entered' }),
    ])
    const sources = ['phone', 'laptop']
    const filed = (await collect(warehouse().log({ workspace, sources }))).flat()
    expect(filed.map(row => [row.message_id, row.profile])).toEqual([
      ['a', 'laptop'],
      ['b', 'phone'],
      ['c', 'laptop'],
      ['d', 'phone'],
    ])
    expect(eventOf(filed[0]!)).toEqual({
      type: 'group',
      messageId: 'a',
      userId: 'u',
      groupId: 'g',
      name: 'group',
      properties: { n: 1.5, deep: { list: [null, 'ä'] } },
      context: { locale: 'de' },
      timestamp: NOON - 40 * DAY,
      received: NOON + DAY,
      index: 0,
    })
    expect(await warehouse().logSize({ workspace, sources })).toEqual({ events: 4, decisions: [] })
    expect(await collect(warehouse().log({ workspace, sources: [] }))).toEqual([])
    expect(await warehouse().logSize({ workspace: fresh('log'), sources })).toEqual({ events: 0, decisions: [] })
  })

  it('R11 gives a long log in pages, each event once, however many are of one instant', async () => {
    const workspace = fresh('log')
    const count = 2 * PAGE_ROWS + 7
    const rows = Array.from({ length: count }, (_, i) =>
      event({
        workspace,
        profile: i % 2 ? 'a' : 'b',
        timestamp: NOON + (i < PAGE_ROWS + 3 ? 0 : i),
        message_id: `m${i}`,
      }),
    )
    await ship(warehouse(), 'events', rows)
    const pages = await collect(warehouse().log({ workspace, sources: ['a', 'b'] }))
    expect(pages.map(page => page.length)).toEqual([PAGE_ROWS, PAGE_ROWS, 7])
    const filed = pages.flat()
    expect(new Set(filed.map(row => row.message_id)).size).toBe(count)
    expect(filed.every((row, i) => i === 0 || filed[i - 1]!.timestamp <= row.timestamp)).toBe(true)
  })

  it('says when imported decisions were, which no event tells', async () => {
    const workspace = fresh('log')
    const decision = (profile: string, timestamp: number, definitions: number) => ({
      workspace,
      profile,
      timestamp,
      request_id: fresh('request'),
      bucket_key: '',
      definitions,
      context: {},
      inputs: {},
      'answers.touchpoint': ['email'],
      'answers.experience': ['spring'],
      'answers.version': [0],
      'answers.variant': ['a'],
      'answers.reason': ['assigned'],
      'answers.propensity': [1],
      'answers.control': [false],
      'answers.holdout': [false],
      'answers.model': [''],
    })
    await ship(warehouse(), 'decisions', [
      decision('a', NOON, 0),
      decision('a', NOON + 5, 0),
      decision('a', NOON + 9, 3),
      decision('b', NOON + 7, 3),
    ])
    const { decisions } = await warehouse().logSize({ workspace, sources: ['a', 'b'] })
    expect(decisions).toEqual([{ source: 'a', first: NOON, last: NOON + 5 }])
  })

  it('R12 says who became whom, when, by which event and why; the latest of too many', async () => {
    const workspace = fresh('links')
    const merged = link({ workspace, source: 'phone', canonical: 'laptop', at: NOON, cause: 'merged m1' })
    const back = link({ workspace, source: 'phone', canonical: 'phone', at: NOON + 1, cause: 'unmerged ada', won: '' })
    const others = link({ workspace, source: 'x', canonical: 'y', at: NOON })
    const silent = link({ workspace, source: 'app', canonical: 'laptop', at: NOON + 2, silent: true })
    await ship(warehouse(), 'identity_links', [silent, back, others, merged])
    const ask = (sources: string[], limit = 10) => warehouse().identityLinks({ workspace, sources, limit })
    const { workspace: _, silent: __, bucket_key: bucketKey, ...row } = merged
    expect((await ask(['laptop']))[0]).toEqual({ ...row, bucketKey })
    expect((await ask(['laptop'])).map(({ source }) => source)).toEqual(['phone', 'app'])
    expect((await ask(['phone'])).map(({ cause }) => cause)).toEqual(['merged m1', 'unmerged ada'])
    expect((await ask(['laptop', 'phone'], 2)).map(({ source }) => source)).toEqual(['phone', 'app'])
    expect(await warehouse().identityLinks({ workspace: fresh('links'), sources: ['phone'], limit: 10 })).toEqual([])
  })

  it('leaves silent links out of reports, where they would change nothing', async () => {
    const workspace = fresh('links')
    await ship(warehouse(), 'events', [
      event({ workspace, profile: 'laptop', type: 'page' }),
      event({ workspace, profile: 'phone', type: 'page' }),
    ])
    const people = async () => (await warehouse().summary({ workspace })).totals.people
    await ship(warehouse(), 'identity_links', [
      link({ workspace, source: 'phone', canonical: 'laptop', at: NOON, silent: true }),
    ])
    expect(await people()).toBe(2)
    await ship(warehouse(), 'identity_links', [link({ workspace, source: 'phone', canonical: 'laptop', at: NOON + 1 })])
    expect(await people()).toBe(1)
  })
}
