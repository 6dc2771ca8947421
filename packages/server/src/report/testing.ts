import { afterAll, beforeAll, expect } from 'vitest'
import { type TestServer, testServer } from '../testing/server.ts'

export const DAY = 86_400_000
/** When people saw an experience, unless said otherwise: weeks before it is asked. */
export const SEEN = Date.UTC(2026, 2, 1, 12)

/** Items that are imported at once. */
const PART = 2000

export const metric = (key: string, body: object) => ({ kind: 'metric', key, body })

/** Half of the people in the control group, the others are shown `bold`; the goal is conversion. */
export const experience = (key: string, body: object = {}) => ({
  kind: 'experience',
  key,
  body: {
    tactic: 'content',
    touchpoints: ['home.hero'],
    control: 0.5,
    goal: 'bought',
    variants: [{ key: 'bold', content: { 'home.hero': 'bold' } }],
    ...body,
  },
})

/** One person of an experience, and what they did. */
export interface Shown {
  readonly bold: boolean
  /** Epoch milliseconds. */
  readonly at?: number
  /** Totals of their orders. */
  readonly orders?: readonly unknown[]
  /** Milliseconds from when they were shown it to their orders: a minute unless given. */
  readonly after?: number
  readonly plan?: string
}

/** So many people, half of them in each arm, of whom so many bought. */
export function halves(people: number, buyers: { bold: number; control: number }): Shown[] {
  return Array.from({ length: people }, (_, i) => {
    const bold = i % 2 === 0
    return { bold, orders: Math.floor(i / 2) < (bold ? buyers.bold : buyers.control) ? [10] : [] }
  })
}

/** A shop for the tests of one file, whose people were decided for elsewhere and come with what they did as imports. */
class ReportedShop {
  /** Epoch milliseconds; each look at the clock takes one. */
  now = Date.UTC(2026, 3, 20, 12)
  declare server: TestServer
  #files = 0

  async open(experiences: readonly string[]): Promise<void> {
    this.server = await testServer({}, { now: () => this.now++ })
    await this.publish(
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'plain' } },
      metric('bought', { type: 'conversion', event: 'Order Completed', window: '14d', name: 'Conversion' }),
      metric('gone', { type: 'conversion', event: 'Order Completed', absent: true, window: '60d', direction: 'down' }),
      metric('left', { type: 'conversion', event: 'Order Completed', absent: true, window: '14d', direction: 'down' }),
      metric('clicked', { type: 'conversion', event: 'Clicked' }),
      metric('spent', { type: 'sum', event: 'Order Completed', property: 'total' }),
      metric('order-value', { type: 'mean', event: 'Order Completed', property: 'total' }),
      ...experiences.map(key => experience(key)),
    )
  }

  async publish(...changes: object[]): Promise<void> {
    const published = await this.server.post('/v1/definitions', { changes })
    expect(published.status, published.text).toBe(200)
  }

  /** Imports the items as a file of its own. */
  async imported(items: readonly object[]): Promise<void> {
    const file = (++this.#files).toString(16).padStart(64, '0')
    for (let from = 0; from < items.length; from += PART) {
      const part = items.slice(from, from + PART).map((item, i) => ({ row: from + i, ...item }))
      const taken = await this.server.post('/v1/import', { file, items: part })
      expect(taken.json?.errors, taken.text).toEqual([])
    }
  }

  /** People who were shown an experience elsewhere, and what they did. */
  async shown(key: string, people: readonly Shown[]): Promise<void> {
    const items = people.flatMap(({ bold, at = SEEN, orders = [], after = 60_000, plan }, i) => {
      const userId = `${key}-${i}`
      const time = (offset: number) => new Date(at + offset).toISOString()
      return [
        ...(plan === undefined ? [] : [{ type: 'identify', userId, traits: { plan }, timestamp: time(-DAY) }]),
        {
          type: 'decision',
          userId,
          timestamp: time(0),
          touchpoint: 'home.hero',
          experience: key,
          variant: bold ? 'bold' : '',
          control: !bold,
          propensity: 0.5,
        },
        ...orders.map(total => ({
          type: 'track',
          userId,
          event: 'Order Completed',
          timestamp: time(after),
          properties: { total },
        })),
      ]
    })
    await this.imported(items)
  }

  /** The report, nowhere with what is no number. */
  async report(key: string, query = '') {
    const answer = await this.server.get(`/v1/experiences/${key}/impact${query}`)
    expect(answer.status, answer.text).toBe(200)
    const csv = await this.server.get(`/v1/experiences/${key}/impact?format=csv${query.replace('?', '&')}`)
    expect(csv.text + answer.text).not.toMatch(/NaN|Infinity|undefined/)
    return answer.json
  }
}

/** One shop for all tests of a file, with these experiences, of which nobody was shown any yet. */
export function reportedShop(experiences: readonly string[]): ReportedShop {
  const shop = new ReportedShop()
  beforeAll(() => shop.open(experiences), 300_000)
  afterAll(() => shop.server.stop())
  return shop
}
