import { afterAll, beforeAll, expect } from 'vitest'
import { type TestServer, testServer } from './server.ts'

export const HOUR = 3_600_000

export const touchpoint = (key: string, body: object = {}) => ({
  kind: 'touchpoint',
  key,
  body: { channel: 'web', ...body },
})
export const experience = (key: string, touchpoint: string, content: unknown, more: object = {}) => ({
  kind: 'experience',
  key,
  body: {
    tactic: 'content',
    touchpoints: [touchpoint],
    control: 0,
    variants: [{ key: 'a', content: { [touchpoint]: content } }],
    ...more,
  },
})

/** A small shop for the tests of one file, without a holdout, whose clock they set. */
class Shop {
  /** Epoch milliseconds. */
  time = Date.UTC(2026, 10, 22, 12)
  declare server: TestServer

  async open(): Promise<void> {
    this.server = await testServer({}, { now: () => this.time })
    await this.server.post('/v1/catalog', {
      items: [
        { id: 'hat', title: 'Hat', price: 20, cost: 10, currency: 'EUR', stock: 2 },
        { id: 'shoe', title: 'Shoe', price: 80, stock: 0 },
        { id: 'sock', title: 'Sock', price: 5 },
      ],
    })
    await this.publish([
      { kind: 'settings', key: 'workspace', body: { holdout: 0, timezone: 'Europe/Berlin' } },
      touchpoint('hero', { format: 'html', default: { title: 'Hello' } }),
      touchpoint('list', { default: [] }),
      touchpoint('note', { default: 'nothing' }),
      touchpoint('tag', { default: { $price: 'hat' } }),
      touchpoint('panel', { channel: 'support', slots: 3, default: 'help' }),
      experience('greet', 'hero', { title: 'Hi {{ person.firstName | default: "you" }}' }),
      experience('viewed', 'list', { $recent: { without: ['Order Completed'], else: [], atLeast: 1 } }),
      experience('twice', 'note', 'twice', { caps: [{ times: 2, per: '24h' }] }),
      experience(
        'sale',
        'tag',
        { $price: 'hat' },
        {
          tactic: 'price',
          price: { floor: { ofCost: 1.1 }, lasts: '7d' },
          variants: [{ key: 'a', price: { percent: -10 }, content: { tag: { $price: 'hat' } } }],
        },
      ),
      experience('refund', 'panel', 'offer a refund to {{ person.firstName }}', { priority: 2 }),
      experience('upgrade', 'panel', 'upgrade', { priority: 1, audience: { trait: 'plan', is: 'free' } }),
    ])
  }

  async publish(changes: readonly object[]): Promise<void> {
    const answer = await this.server.post('/v1/definitions', { changes })
    expect(answer.status, answer.text).toBe(200)
  }

  decide(body: object, key?: string) {
    return this.server.post('/v1/decide', body, key === undefined ? {} : { key })
  }

  /** What is answered at a touchpoint. */
  async at(touchpoint: string, body: object, key?: string) {
    const answer = await this.decide({ touchpoints: [touchpoint], ...body }, key)
    expect(answer.status, answer.text).toBe(200)
    return answer.json.answers[touchpoint]
  }

  async person(userId: string) {
    return (await this.server.get(`/v1/profiles/userId:${userId}`)).json.profile
  }
}

/** Open from before the first test until after the last. */
export function testShop(): Shop {
  const shop = new Shop()
  beforeAll(() => shop.open())
  afterAll(() => shop.server.stop())
  return shop
}
