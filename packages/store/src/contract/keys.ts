import { expect, it } from 'vitest'
import type { ApiKey } from '../port.ts'
import { NOON, type OpenStore, opener } from './harness.ts'

function key(id: string, workspace: string, created = NOON): ApiKey {
  return { id, workspace, kind: 'write', hash: `hash of ${id}`, label: `Key ${id}`, created }
}

export function keysContract(open: OpenStore): void {
  const opened = opener(open)

  it('keys are found by hash and listed by workspace, oldest first', async () => {
    const { keys } = (await opened()).store
    await keys.put(key('k2', 'mine', NOON + 2))
    await keys.put(key('k1', 'mine', NOON + 1))
    await keys.put({ ...key('k3', 'yours', NOON), kind: 'secret' })
    expect(await keys.byHash('hash of k1')).toEqual(key('k1', 'mine', NOON + 1))
    expect(await keys.byHash('hash of nothing')).toBeUndefined()
    expect((await keys.list('mine')).map(one => one.id)).toEqual(['k1', 'k2'])
    expect(await keys.list('nobody')).toEqual([])
    expect(await keys.workspaces()).toEqual(['yours', 'mine'])
  })

  it('a revoked key stays known, with the time it was revoked', async () => {
    const { keys } = (await opened()).store
    await keys.put(key('k1', 'mine'))
    expect(await keys.revoke('mine', 'k1', NOON + 5)).toBe(true)
    expect(await keys.revoke('mine', 'k1', NOON + 9)).toBe(true)
    expect(await keys.byHash('hash of k1')).toEqual({ ...key('k1', 'mine'), revoked: NOON + 5 })
    expect(await keys.revoke('mine', 'none', NOON)).toBe(false)
  })

  it('R13 nobody revokes another workspace’s key', async () => {
    const { keys } = (await opened()).store
    await keys.put(key('k1', 'mine'))
    expect(await keys.revoke('yours', 'k1', NOON)).toBe(false)
    expect((await keys.list('mine'))[0]?.revoked).toBeUndefined()
  })

  it('R2 keys, leases and the master secret are there after the store was opened again', async context => {
    const { store, reopen } = await opened()
    if (!reopen) return context.skip()
    await store.keys.put(key('k1', 'mine'))
    await store.keys.revoke('mine', 'k1', NOON)
    const secret = await store.masterSecret()
    const again = await reopen()
    expect(await again.keys.byHash('hash of k1')).toEqual({ ...key('k1', 'mine'), revoked: NOON })
    expect(Buffer.from(await again.masterSecret())).toEqual(Buffer.from(secret))
  })

  it('the master secret is 32 bytes and always the same', async () => {
    const { store } = await opened()
    const secrets = await Promise.all([store.masterSecret(), store.masterSecret(), store.masterSecret()])
    expect(secrets[0]).toHaveLength(32)
    expect(new Set(secrets[0]).size).toBeGreaterThan(8)
    for (const secret of secrets) expect(Buffer.from(secret)).toEqual(Buffer.from(secrets[0] ?? []))
  })

  it('a lease has one holder until it ends or is let go', async () => {
    const { leases } = (await opened()).store
    expect(await leases.acquire('ship', 'a', NOON, 1000)).toBe(true)
    expect(await leases.acquire('ship', 'b', NOON + 999, 1000)).toBe(false)
    expect(await leases.acquire('ship', 'a', NOON + 999, 1000)).toBe(true)
    expect(await leases.acquire('ship', 'b', NOON + 1500, 1000)).toBe(false)
    expect(await leases.acquire('prune', 'b', NOON, 1000)).toBe(true)
    await leases.release('ship', 'b')
    expect(await leases.acquire('ship', 'b', NOON + 1500, 1000)).toBe(false)
    await leases.release('ship', 'a')
    expect(await leases.acquire('ship', 'b', NOON + 1500, 1000)).toBe(true)
    expect(await leases.acquire('ship', 'a', NOON + 2500, 1000)).toBe(true)
  })

  it('a lease that was taken under a clock hours ahead keeps nobody away', async () => {
    const { leases } = (await opened()).store
    const ahead = NOON + 5 * 3_600_000
    expect(await leases.acquire('learn', 'a', ahead, 1000)).toBe(true)
    expect(await leases.acquire('learn', 'b', NOON, 1000)).toBe(true)
    // A little ahead is no mistake.
    expect(await leases.acquire('learn', 'a', NOON - 900, 1000)).toBe(false)
  })

  it('of many who want a lease at once one gets it', async () => {
    const { leases } = (await opened()).store
    const got = await Promise.all(Array.from({ length: 12 }, (_, i) => leases.acquire('ship', `${i}`, NOON, 1000)))
    expect(got.filter(Boolean)).toHaveLength(1)
  })
}
