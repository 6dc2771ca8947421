import type { Row } from '@espalier/core/stream'
import { describe, expect, it } from 'vitest'
import { CLAIM_BYTES } from '../claimBytes.ts'
import type { ShipBatch } from '../port.ts'
import { CLAIM, commit, identify, NOON, type OpenStore, opener, rowsOf, shipAll, track } from './harness.ts'

const APRIL = Date.UTC(2026, 3, 2)

export function outboxContract(open: OpenStore): void {
  const opened = opener(open)

  it('a batch holds one table and one partition, at most maxRows', async () => {
    const { store } = await opened()
    await commit(store, [
      ...Array.from({ length: 10 }, (_, i) => track({ user: 'ada', id: `march-${i}` })),
      ...Array.from({ length: 3 }, (_, i) => track({ user: 'ada', id: `april-${i}`, at: APRIL })),
      track({ anonymous: 'web', id: 'web' }),
      identify({ anonymous: 'web', user: 'ada', id: 'merge' }),
    ])
    const batches = await store.outbox.claim({ ...CLAIM, maxRows: 4 })
    for (const batch of batches) {
      const rows = rowsOf(batch)
      expect(rows).toHaveLength(batch.rows)
      expect(batch.rows).toBeLessThanOrEqual(4)
      if (batch.table !== 'events') continue
      for (const row of rows)
        expect((row.timestamp as number) < Date.UTC(2026, 3) ? 202603 : 202604).toBe(batch.partition)
    }
    const shipped = batches.filter(batch => batch.table === 'events').flatMap(rowsOf)
    expect(shipped.map(row => row.message_id).sort()).toEqual(
      [
        ...Array.from({ length: 10 }, (_, i) => `march-${i}`),
        ...Array.from({ length: 3 }, (_, i) => `april-${i}`),
        'web',
        'merge',
      ].sort(),
    )
    expect(batches.filter(batch => batch.table === 'identity_links').map(batch => batch.rows)).toEqual([1])
    expect(new Set(batches.map(batch => batch.token)).size).toBe(batches.length)
  })

  it('R11 a claim is bounded in bytes as well, and the rest comes later', async () => {
    const { store } = await opened()
    const note = 'x'.repeat(1 << 20)
    const events = CLAIM_BYTES / note.length + 8
    for (let i = 0; i < events; i++) await commit(store, [track({ user: 'ada', id: `large-${i}`, traits: { note } })])
    const sizes: number[] = []
    let rows = 0
    for (;;) {
      const batches = await store.outbox.claim(CLAIM)
      if (batches.length === 0) break
      sizes.push(batches.reduce((sum, batch) => sum + batch.body.length, 0))
      for (const batch of batches) {
        if (batch.table === 'events') rows += batch.rows
        await store.outbox.settle(batch.token)
      }
    }
    expect(sizes.length).toBeGreaterThan(1)
    expect(Math.max(...sizes)).toBeLessThan(CLAIM_BYTES + 2 * note.length)
    expect(rows).toBe(events)
  })

  it('gives at most maxBatches, and the rest later', async () => {
    const { store } = await opened()
    await commit(
      store,
      Array.from({ length: 6 }, () => track({ user: 'ada' })),
    )
    const first = await store.outbox.claim({ ...CLAIM, maxRows: 2, maxBatches: 2 })
    expect(first.map(batch => batch.rows)).toEqual([2, 2])
    const more = await store.outbox.claim({ ...CLAIM, holder: 'another', maxRows: 2, maxBatches: 2 })
    expect(more.map(batch => batch.rows)).toEqual([2])
  })

  it('a claimed batch never changes: its holder gets the same bytes until it is settled', async () => {
    const { store } = await opened()
    await commit(store, [track({ user: 'ada' })])
    const [first] = await store.outbox.claim(CLAIM)
    await commit(store, [track({ user: 'ada' })])
    const again = await store.outbox.claim({ ...CLAIM, now: NOON + 1 })
    expect(again).toHaveLength(2)
    expect(again.find(batch => batch.token === first?.token)).toEqual(first)
    await store.outbox.settle(first?.token ?? '')
    const rest = await store.outbox.claim(CLAIM)
    expect(rest.map(batch => batch.token)).toEqual(
      again.map(batch => batch.token).filter(token => token !== first?.token),
    )
  })

  it('a lease that ran out passes the same bytes to somebody else, not before', async () => {
    const { store } = await opened()
    await commit(store, [track({ user: 'ada' })])
    const batches = await store.outbox.claim(CLAIM)
    expect(await store.outbox.claim({ ...CLAIM, holder: 'another', now: NOON + CLAIM.leaseMs - 1 })).toEqual([])
    const later = NOON + CLAIM.leaseMs + 1
    expect(await store.outbox.claim({ ...CLAIM, holder: 'another', now: later, maxRows: 1 })).toEqual(batches)
    expect(await store.outbox.claim({ ...CLAIM, now: later + 1 })).toEqual([])
  })

  it('a claim under a clock hours ahead keeps the rows from nobody', async () => {
    const { store } = await opened()
    await commit(store, [track({ user: 'ada' })])
    const batches = await store.outbox.claim({ ...CLAIM, now: NOON + 5 * 3_600_000 })
    expect(batches).toHaveLength(1)
    expect(await store.outbox.claim({ ...CLAIM, holder: 'another' })).toEqual(batches)
  })

  it('R2 claimed batches and waiting rows are there after the store was opened again', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    await commit(
      store,
      Array.from({ length: 5 }, () => track({ user: 'ada' })),
    )
    const claimed = await store.outbox.claim({ ...CLAIM, maxRows: 2, maxBatches: 1 })
    expect(store.outbox.log([decision(1), decision(2)])).toBe(true)
    await store.outbox.flush()
    const depth = await store.outbox.depth()
    const again = await reopen()
    expect((await again.outbox.depth()).rows).toBe(depth.rows)
    const all = await again.outbox.claim({ ...CLAIM, now: NOON + CLAIM.leaseMs + 1, maxRows: 50 })
    expect(all.find(batch => batch.token === claimed[0]?.token)).toEqual(claimed[0])
    expect(all.reduce((sum, batch) => sum + batch.rows, 0)).toBe(7)
    for (const batch of all) await again.outbox.settle(batch.token)
    expect(await again.outbox.depth()).toEqual({ rows: 0, bytes: 0, oldest: undefined })
  })

  it('many holders at once never hold the same batch, and every row has one holder', async () => {
    const { store } = await opened()
    const entries = Array.from({ length: 40 }, (_, i) => track({ user: `user-${i}`, at: i % 2 ? NOON : APRIL }))
    await Promise.all(entries.map(entry => commit(store, [entry])))
    const holders = Array.from({ length: 8 }, (_, i) => `holder-${i}`)
    const held: ShipBatch[] = []
    for (let round = 0; round < 40; round++) {
      const claims = await Promise.all(
        holders.map(holder =>
          store.outbox.claim({ ...CLAIM, holder: `${holder}-${round}`, maxRows: 3, maxBatches: 2 }),
        ),
      )
      if (claims.flat().length === 0) break
      held.push(...claims.flat())
    }
    expect(new Set(held.map(batch => batch.token)).size).toBe(held.length)
    const shipped = held.flatMap(rowsOf).map(row => row.message_id)
    expect(shipped).toHaveLength(40)
    expect(new Set(shipped).size).toBe(40)
  })

  it('of many who want batches whose lease ran out each batch goes to one', async () => {
    const { store } = await opened()
    await commit(
      store,
      Array.from({ length: 12 }, () => track({ user: 'ada' })),
    )
    const lost = await store.outbox.claim({ ...CLAIM, maxRows: 1 })
    const now = NOON + CLAIM.leaseMs + 1
    const claims = await Promise.all(
      Array.from({ length: 6 }, (_, i) => store.outbox.claim({ ...CLAIM, now, holder: `next-${i}`, maxBatches: 3 })),
    )
    const tokens = claims.flat().map(batch => batch.token)
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(lost.map(batch => batch.token)).toEqual(expect.arrayContaining(tokens))
  })

  it('ships every row once while commits go on', async () => {
    const { store } = await opened()
    const shipped: unknown[] = []
    let committing = true
    const ship = async () => {
      for (;;) {
        const last = !committing
        const batches = await store.outbox.claim({ ...CLAIM, maxRows: 7, maxBatches: 3 })
        for (const batch of batches) {
          shipped.push(...rowsOf(batch).map(row => row.message_id))
          await store.outbox.settle(batch.token)
        }
        if (last && batches.length === 0) return
      }
    }
    const commits = Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        commit(store, [track({ user: `user-${i % 5}` }), track({ user: `user-${i % 3}`, at: APRIL })]),
      ),
    ).then(() => {
      committing = false
    })
    await Promise.all([commits, ship()])
    expect(shipped).toHaveLength(60)
    expect(new Set(shipped).size).toBe(60)
    expect((await store.outbox.depth()).rows).toBe(0)
  })

  it('a settled batch is gone; settling it again, or one unknown, changes nothing', async () => {
    const { store } = await opened()
    await commit(store, [track({ user: 'ada' })])
    const [batch] = await store.outbox.claim(CLAIM)
    await store.outbox.settle(batch?.token ?? '')
    await store.outbox.settle(batch?.token ?? '')
    await store.outbox.settle('of another warehouse')
    expect(await store.outbox.claim({ ...CLAIM, now: NOON + 2 * CLAIM.leaseMs })).toEqual([])
  })

  it('a mark is passed when all before it is settled, whatever clocks the rows were added under', async () => {
    const { store } = await opened()
    const { outbox } = store
    expect(await outbox.passed(await outbox.mark())).toBe(true)
    await commit(store, [track({ user: 'ada', at: NOON })], { now: NOON + 3_600_000 })
    const first = await outbox.mark()
    await commit(store, [track({ user: 'ada', at: NOON }), track({ user: 'ada', at: APRIL })], { now: NOON })
    const second = await outbox.mark()
    expect([await outbox.passed(first), await outbox.passed(second)]).toEqual([false, false])
    const claim = { ...CLAIM, maxRows: 1, maxBatches: 1 }
    const settleOne = async () => outbox.settle((await outbox.claim(claim))[0]!.token)
    await settleOne()
    expect([await outbox.passed(first), await outbox.passed(second)]).toEqual([true, false])
    await settleOne()
    expect(await outbox.passed(second)).toBe(false)
    await settleOne()
    expect(await outbox.passed(second)).toBe(true)
    await commit(store, [track({ user: 'ada' })])
    expect([await outbox.passed(second), await outbox.passed(await outbox.mark())]).toEqual([true, false])
  })

  it('depth tells rows, bytes and the oldest of all that is not settled', async () => {
    const { store } = await opened()
    expect(await store.outbox.depth()).toEqual({ rows: 0, bytes: 0, oldest: undefined })
    await commit(store, [track({ user: 'ada' }), track({ user: 'bob' })], { now: NOON })
    await commit(store, [track({ user: 'bob' })], { now: NOON + 5000 })
    const depth = await store.outbox.depth()
    expect(depth).toMatchObject({ rows: 3, oldest: NOON })
    const [first, second] = await store.outbox.claim({ ...CLAIM, maxRows: 2 })
    expect(await store.outbox.depth()).toEqual(depth)
    expect(depth.bytes).toBe((first?.body.length ?? 0) + (second?.body.length ?? 0))
    await store.outbox.settle(first?.token ?? '')
    expect((await store.outbox.depth()).rows).toBe(1)
  })

  describe('log', () => {
    it('what was logged is shipped once after a flush, by table and partition', async () => {
      const { store } = await opened()
      expect(store.outbox.log([decision(1), { ...decision(2), partition: 202604 }])).toBe(true)
      expect(store.outbox.log([decision(3)])).toBe(true)
      await store.outbox.flush()
      const batches = await store.outbox.claim(CLAIM)
      expect(batches.map(batch => [batch.table, batch.partition, batch.rows]).sort()).toEqual([
        ['decisions', 202603, 2],
        ['decisions', 202604, 1],
      ])
      const requests = batches.flatMap(rowsOf).map(row => row.request_id)
      expect(requests.sort()).toEqual(['request-1', 'request-2', 'request-3'])
    })

    it('R11 refuses beyond its bound, keeps what it took, and takes more after a flush', async () => {
      const { store } = await opened()
      const rows = Array.from({ length: 1000 }, (_, i) => decision(i))
      let taken = 0
      while (taken < 2_000_000 && store.outbox.log(rows)) taken += rows.length
      expect(taken).toBeLessThan(2_000_000)
      expect(taken).toBeGreaterThan(0)
      await store.outbox.flush()
      expect((await store.outbox.depth()).rows).toBe(taken)
      expect(await shipAll(store, 'decisions')).toHaveLength(taken)
      expect(store.outbox.log(rows)).toBe(true)
    })

    it('closing makes what was logged durable', async context => {
      const { store, reopen } = await opened()
      if (!reopen) return context.skip()
      store.outbox.log([decision(1)])
      const again = await reopen()
      expect(await shipAll(again, 'decisions')).toHaveLength(1)
    })
  })
}

function decision(n: number): Row {
  const line = JSON.stringify({ workspace: 'main', profile: 'p', timestamp: NOON, request_id: `request-${n}` })
  return { table: 'decisions', partition: 202603, line }
}
