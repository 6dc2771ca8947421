import { type Condition, type Language, NO_NAMES } from '@espalier/core/segment'
import { expect, it } from 'vitest'
import { NotInSql } from '../queries/segment/index.ts'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, fresh, HOUR, link, NOON, ship } from './harness.ts'

const language: Language = {
  ...NO_NAMES,
  segments: new Map([['buyers', { did: 'Order Completed', within: '7d' }]]),
}
const buyers: Condition = { segment: 'buyers' }
const readers: Condition = { did: 'Article Read' }
const idle: Condition = { not: { did: 'Order Completed' } }

export function segmentsContract(warehouse: () => Warehouse): void {
  /** Ada bought twice, Bob reads and bought on his phone, which became his two days later; Cyd only reads. */
  async function told(): Promise<string> {
    const workspace = fresh('segments')
    const at = (profile: string, name: string, timestamp: number) =>
      event({ workspace, profile, name, timestamp, received: timestamp })
    await ship(warehouse(), 'events', [
      at('ada', 'Order Completed', NOON),
      at('ada', 'Order Completed', NOON + DAY),
      at('bob', 'Article Read', NOON + HOUR),
      at('phone', 'Order Completed', NOON + DAY),
      at('cyd', 'Article Read', NOON + 2 * DAY),
      event({ workspace, profile: 'cyd', type: 'segment', name: 'Order Completed', timestamp: NOON }),
    ])
    await ship(warehouse(), 'identity_links', [
      link({ workspace, source: 'phone', canonical: 'bob', at: NOON + 2 * DAY, silent: false }),
      link({ workspace, source: 'bob', canonical: 'cyd', at: NOON + DAY, silent: true }),
    ])
    return workspace
  }

  it('R5 tells who was in a segment at an instant, by the events received and the links known then', async () => {
    const workspace = await told()
    const members = (condition: Condition, at: number) =>
      warehouse().segmentMembers({ workspace, condition, language, at, limit: 10 })
    expect(await members(buyers, NOON - 1)).toEqual([])
    expect(await members(buyers, NOON)).toEqual(['ada'])
    expect(await members(buyers, NOON + DAY)).toEqual(['ada', 'phone'])
    expect(await members(buyers, NOON + 2 * DAY)).toEqual(['ada', 'bob'])
    expect(await members(buyers, NOON + 8 * DAY - 1)).toEqual(['ada', 'bob'])
    expect(await members(buyers, NOON + 8 * DAY)).toEqual([])
    expect(await members(idle, NOON + DAY)).toEqual(['bob'])
    expect(await members(idle, NOON + 2 * DAY)).toEqual(['cyd'])
  })

  it('counts them, those of whom nothing that matters is known as well, and those whom several have together', async () => {
    const workspace = await told()
    const at = NOON + 3 * DAY
    const size = (condition: Condition) => warehouse().segmentSize({ workspace, condition, language, at })
    expect(await Promise.all([buyers, readers, idle].map(size))).toEqual([2, 2, 1])
    const overlap = (conditions: Condition[]) => warehouse().segmentOverlap({ workspace, conditions, language, at })
    expect(await overlap([buyers, readers])).toEqual({ sizes: [2, 2], all: 1 })
    expect(await overlap([readers, idle])).toEqual({ sizes: [2, 1], all: 1 })
    expect(await overlap([idle, { not: { did: 'Nothing' } }])).toEqual({ sizes: [1, 3], all: 1 })
    expect(await warehouse().segmentSize({ workspace: fresh('none'), condition: idle, language, at })).toBe(0)
    await expect(overlap([])).rejects.toMatchObject({ code: 'invalid' })
  })

  it('does not ask of now when a row was received, and of any other moment does', async () => {
    const workspace = fresh('segments')
    const late = { workspace, name: 'Order Completed', timestamp: NOON, received: NOON + DAY }
    await ship(warehouse(), 'events', [
      event({ ...late, profile: 'ada' }),
      event({ ...late, profile: 'bob', timestamp: NOON + 1 }),
    ])
    const question = { workspace, condition: buyers, language, at: NOON }
    expect(await warehouse().segmentSize(question)).toBe(0)
    expect(await warehouse().segmentSize({ ...question, latest: true })).toBe(1)
    expect(await warehouse().segmentMembers({ ...question, latest: true, limit: 10 })).toEqual(['ada'])
  })

  it('adds numbers up and no texts, wherever they are kept', async () => {
    const workspace = fresh('segments')
    const order = (profile: string, properties: Record<string, string | number>) =>
      event({ workspace, profile, name: 'Order Completed', timestamp: NOON, received: NOON, properties })
    await ship(warehouse(), 'events', [
      order('ada', { total: 60, tax: 60 }),
      order('ada', { total: 40, tax: 40 }),
      order('bob', { total: '100', tax: '100' }),
      order('cyd', { total: 2e11, tax: 2e11 }),
    ])
    for (const sum of ['total', 'tax']) {
      const condition: Condition = { value: { sum, of: 'Order Completed' }, gte: 100 }
      const question = { workspace, condition, language, at: NOON, limit: 10 }
      expect(await warehouse().segmentMembers(question), sum).toEqual(['ada'])
    }
  })

  it('says how many there were on past days', async () => {
    const workspace = await told()
    const days = [NOON - DAY, NOON, NOON + DAY, NOON + 2 * DAY, NOON + 9 * DAY]
    expect(await warehouse().segmentHistory({ workspace, condition: buyers, language, days })).toEqual(
      [0, 1, 2, 2, 0].map((size, i) => ({ at: days[i], size })),
    )
    const many = Array.from({ length: 401 }, (_, i) => NOON + i)
    await expect(
      warehouse().segmentHistory({ workspace, condition: buyers, language, days: many }),
    ).rejects.toMatchObject({ code: 'invalid' })
  })

  it('gives members in pages', async () => {
    const workspace = fresh('segments')
    const people = Array.from({ length: 25 }, (_, i) => `p${String(i).padStart(2, '0')}`)
    await ship(
      warehouse(),
      'events',
      people.map(profile => event({ workspace, profile, name: 'Viewed' })),
    )
    const question = { workspace, condition: { did: 'Viewed' }, language, at: NOON + HOUR }
    const all: string[] = []
    for (let after: string | undefined; ; after = all.at(-1)!) {
      const page = await warehouse().segmentMembers({ ...question, limit: 10, ...(after !== undefined && { after }) })
      all.push(...page)
      if (page.length < 10) break
    }
    expect(all).toEqual(people)
  })

  it('refuses what the log cannot tell, and names the place', async () => {
    const condition: Condition = { all: [readers, { not: { score: 'churn', gte: 0.5 } }] }
    const asked = warehouse().segmentSize({ workspace: fresh('none'), condition, language, at: NOON })
    await expect(asked).rejects.toThrow(NotInSql)
    await expect(asked).rejects.toMatchObject({ code: 'unsupported', place: 'all[1].not.score' })
  })
}
