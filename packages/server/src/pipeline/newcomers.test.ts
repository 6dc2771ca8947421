import { planOfNeeds } from '@espalier/core/plan'
import { apply, type Entry } from '@espalier/core/stream'
import { openMemoryStore } from '@espalier/store/memory'
import { describe, expect, it } from 'vitest'
import { newId } from '../id.ts'
import { Newcomers } from './newcomers.ts'

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36'
const browser = { userAgent: CHROME, ip: '198.51.100.77' }
const SOURCE = '198.51.100.0'

const event = (anonymousId: string, index = 0): Entry => ({
  kind: 'event',
  event: {
    type: 'track',
    messageId: `m-${anonymousId}`,
    anonymousId,
    name: 'Seen',
    properties: {},
    context: {},
    timestamp: 0,
    received: 0,
    index,
  },
})

function setUp(perMinute: number) {
  let now = 0
  const store = openMemoryStore({ apply, newId })
  const newcomers = new Newcomers({ store, now: () => now, perMinute })
  return {
    newcomers,
    store,
    pass: (ms: number) => {
      now += ms
    },
    /** So many people come into being. */
    bring: (n: number, source: string | undefined = SOURCE, workspace = 'main') => {
      const applied = Array.from(
        { length: n },
        (_, i) => ({ outcome: 'stored', profile: `p${i}`, isNew: true }) as const,
      )
      newcomers.count(workspace, Array(n).fill(source), applied)
    },
  }
}

describe('a network’s new people', () => {
  it('may come in a burst of five minutes’, then at the rate; others are not touched by it', () => {
    const { newcomers, bring, pass } = setUp(10)
    bring(49)
    expect(newcomers.isOver('main', SOURCE)).toBe(false)
    bring(1)
    expect(newcomers.isOver('main', SOURCE)).toBe(true)
    expect(newcomers.isOver('main', '203.0.113.0')).toBe(false)
    expect(newcomers.isOver('other', SOURCE)).toBe(false)
    pass(6_000)
    expect(newcomers.isOver('main', SOURCE)).toBe(false)
    bring(1)
    expect(newcomers.isOver('main', SOURCE)).toBe(true)
  })

  it('are those who came into being, each once', () => {
    const { newcomers } = setUp(1)
    const known = { outcome: 'stored', profile: 'p1' } as const
    newcomers.count('main', Array(100).fill(SOURCE), Array(100).fill(known))
    newcomers.count('main', Array(100).fill(SOURCE), Array(100).fill({ ...known, isNew: true }))
    expect(newcomers.isOver('main', SOURCE)).toBe(false)
  })

  it('who are known go on, who would be new have to wait; that is reported for an hour', async () => {
    const { newcomers, store, bring, pass } = setUp(1)
    const plan = planOfNeeds(0, [])
    await store.people.commit({ workspace: 'main', entries: [event('known')], now: 0, plan })
    bring(5)
    const entries = [event('known', 0), event('stranger', 1), event('server', 2)]
    const held = await newcomers.hold('main', entries, [SOURCE, SOURCE, undefined])
    expect([...held!.keys()]).toEqual([1])
    expect(held!.get(1)).toMatchObject({ index: 1, code: 'held_back' })
    expect(newcomers.report('main')).toEqual([{ source: SOURCE, events: 1, since: 0, last: 0 }])
    expect(newcomers.report('other')).toEqual([])
    pass(3_600_001)
    expect(newcomers.report('main')).toEqual([])
    expect(newcomers.hold('main', entries, [SOURCE, SOURCE, undefined])).toBeUndefined()
  })

  it('R11 are counted for the networks that were not quiet longest', () => {
    const { newcomers, bring } = setUp(1)
    bring(5, '192.0.2.0')
    for (let i = 0; i < 20_000; i++) bring(1, `10.${i >> 8}.${i & 255}.0`)
    expect(newcomers.isOver('main', '192.0.2.0')).toBe(false)
  })
})

describe('the network of a request', () => {
  it('is the stated address’s, else the browser’s own, cut short; a server’s own says nothing', () => {
    const { newcomers } = setUp(10)
    expect(newcomers.sourceOf(undefined, browser)).toBe(SOURCE)
    expect(newcomers.sourceOf('2001:db8:85a3:8d3::1', browser)).toBe('2001:db8:85a3::')
    expect(newcomers.sourceOf(undefined, { userAgent: 'axios/1.7', ip: '198.51.100.77' })).toBeUndefined()
    expect(newcomers.sourceOf('nonsense', browser)).toBeUndefined()
    expect(setUp(0).newcomers.sourceOf(undefined, browser)).toBeUndefined()
  })
})
