import { apply } from '@espalier/core/stream'
import { type Store, StoreError } from '@espalier/store'
import { openMemoryStore } from '@espalier/store/memory'
import { WarehouseError } from '@espalier/warehouse'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../id.ts'
import type { Parts } from '../start.ts'
import { type TestServer, testServer } from '../testing/server.ts'

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

const down = async () => {
  throw new WarehouseError('unavailable', 'down for the test')
}
/** A warehouse that is down, so that nothing leaves the outbox. */
const noWarehouse = {
  insert: down,
  impact: down,
  timeline: down,
  summary: down,
  putRates: down,
  backup: down,
  check: down,
  owners: down,
  stats: down,
  pastEvents: () => ({ [Symbol.asyncIterator]: () => ({ next: down }) }),
  close: async () => undefined,
} as unknown as NonNullable<Parts['warehouse']>

async function started(store: Store, options = {}): Promise<TestServer> {
  const server = await testServer({ drainTime: 0, ...options }, { store, warehouse: noWarehouse })
  servers.push(server)
  return server
}

const batch = (size: number) => ({
  batch: Array.from({ length: size }, () => ({ type: 'track', userId: 'u', event: 'x' })),
})

describe('R2 R11 when the engine cannot keep up', () => {
  it('429 with Retry-After when a workspace’s queue is at its bound; what was taken is stored', async () => {
    const store = openMemoryStore({ apply, newId })
    const { commit } = store.people
    let let_go: () => void = () => undefined
    const gate = new Promise<void>(resolve => {
      let_go = resolve
    })
    store.people.commit = async given => {
      await gate
      return commit.call(store.people, given)
    }
    const server = await started(store, { queueItems: 100 })
    const first = server.post('/v1/batch', batch(60))
    await vi.waitFor(() => expect(server.services.queue.waiting).toBe(60), { timeout: 60_000 })
    const refused = await server.post('/v1/batch', batch(60))
    expect(refused).toMatchObject({ status: 429, json: { error: { code: 'too_busy' } } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    // In seconds from now, as Segment's own: as a time of day browsers would try again at once, and again, and give up.
    expect(refused.headers.get('x-ratelimit-reset')).toBe(refused.headers.get('retry-after'))
    let_go()
    expect((await first).status).toBe(200)
    expect((await server.get('/v1/profiles/userId:u')).json.profile.events).toBe(60)
    expect((await server.post('/v1/batch', batch(60))).status).toBe(200)
  })

  it('429 when the outbox is full: nothing of the request is stored, decisions go on and their loss is counted', async () => {
    const server = await started(openMemoryStore({ apply, newId, maxOutboxRows: 10 }))
    await server.call('PUT', '/v1/touchpoints/home.hero', { body: { channel: 'web', default: 'hello' } })
    expect((await server.post('/v1/batch', batch(10))).status).toBe(200)
    const refused = await server.post('/v1/batch', batch(1))
    expect(refused).toMatchObject({ status: 429, json: { error: { code: 'full', mend: expect.any(String) } } })
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect((await server.get('/v1/profiles/userId:u')).json.profile.events).toBe(10)
    const decided = await server.post('/v1/decide', { userId: 'u', touchpoints: ['home.hero'] })
    expect(decided.json.answers['home.hero'].content).toBe('hello')
    expect((await server.get('/metrics')).text).toContain('espalier_decision_rows_lost_total 1')
  })

  it.each([
    ['unavailable', 503],
    ['full', 429],
  ] as const)('a store that says %s is %i, nothing is acknowledged, and readiness says so', async (code, status) => {
    const store = openMemoryStore({ apply, newId })
    store.people.commit = async () => {
      throw new StoreError(code, 'No space left on device.')
    }
    store.check = async () => {
      throw new StoreError(code, 'No space left on device.')
    }
    const server = await started(store)
    const refused = await server.post('/v1/track', { userId: 'u', event: 'x' })
    expect(refused).toMatchObject({ status, json: { error: { code, message: 'No space left on device.' } } })
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect((await server.get('/health/ready')).status).toBe(503)
    expect((await server.get('/health/live')).status).toBe(200)
    const { checks } = (await server.get('/v1/doctor')).json
    expect(checks).toContainEqual(expect.objectContaining({ check: 'store', status: 'fail' }))
  })

  it('somebody unknown is answered by the hash even when they cannot be stored', async () => {
    const store = openMemoryStore({ apply, newId })
    const server = await started(store)
    const variants = ['a', 'b', 'c'].map(key => ({ key, content: { 'home.hero': key } }))
    await server.post('/v1/definitions', {
      changes: [
        { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
        { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web' } },
        { kind: 'experience', key: 'e', body: { tactic: 'other', control: 0, touchpoints: ['home.hero'], variants } },
      ],
    })
    const { commit } = store.people
    store.people.commit = async () => {
      throw new StoreError('full', 'full')
    }
    const ask = async (anonymousId: string) =>
      (await server.post('/v1/decide', { anonymousId, touchpoints: ['home.hero'] })).json.answers['home.hero']
    const people = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6']
    const before = await Promise.all(people.map(ask))
    for (const answer of before) expect(answer).not.toHaveProperty('decisionId')
    store.people.commit = commit
    const after = await Promise.all(people.map(ask))
    expect(after.map(answer => answer.variant)).toEqual(before.map(answer => answer.variant))
    for (const answer of after) expect(answer.decisionId).toEqual(expect.any(String))
  })
})
