import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { random } from '@espalier/core/random'
import { apply } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import { withTimers } from '../contract/withTimers.ts'
import type { Said } from './crashChild.ts'
import { openLmdbStore } from './store.ts'
import { idMaker, NOON, PLAN, temporaryFolder, tracked } from './testing.ts'

const CHILD = join(import.meta.dirname, '../../dist/lmdb/crashChild.js')
const KILLS = Number(process.env.ESPALIER_CRASHES ?? 2)
const SEED = process.env.ESPALIER_SEED ?? '20261122'

/** Runs the child until it has said `lines` lines, then kills it as a power switch would. */
async function runUntilKilled(path: string, prefix: string, lines: number): Promise<Said[]> {
  const child = spawn(process.execPath, [CHILD, path, prefix], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const said: Said[] = []
  for await (const line of createInterface(child.stdout)) {
    try {
      said.push(JSON.parse(line))
    } catch {
      // The last line may be cut off.
    }
    if (said.length === lines) child.kill('SIGKILL')
  }
  expect(await ended, 'it did not end by itself').toEqual([null, 'SIGKILL'])
  return said
}

it('R2 R3 killed at any moment, nothing acknowledged is lost, nothing is doubled, batches stay what they were', {
  timeout: 300_000,
}, async () => {
  const { path, remove } = await temporaryFolder()
  const rng = random(`lmdb ${SEED}`)
  const acknowledged = new Set<string>()
  const batches = new Map<string, { ids: string[]; digest: string; settled: 'no' | 'perhaps' | 'yes' }>()
  let newest = 0
  let timersSeen = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const said = await runUntilKilled(path, `run-${kill}`, 40 + rng.integer(100))
    for (const one of said) {
      if ('acknowledged' in one) for (const id of one.acknowledged) acknowledged.add(id)
      else if ('claimed' in one) {
        const known = batches.get(one.claimed)
        if (known) expect(one.digest, 'the same token, the same bytes').toBe(known.digest)
        expect(known?.settled ?? 'no', 'a settled batch is gone').not.toBe('yes')
        batches.set(one.claimed, { ids: one.ids, digest: one.digest, settled: known?.settled ?? 'no' })
      } else if ('settling' in one) batches.get(one.settling)!.settled = 'perhaps'
      else batches.get(one.settled)!.settled = 'yes'
    }

    const store = await openLmdbStore({ path, apply: withTimers(apply), newId: idMaker(1e6 * (kill + 1)) })
    const left = await store.outbox.claim({ now: NOON, leaseMs: 0, holder: 'test', maxRows: 150, maxBatches: 1e6 })
    const open = new Map(left.map(batch => [batch.token, batch]))
    for (const [token, { digest, settled }] of batches) {
      const batch = open.get(token)
      if (settled === 'no') expect(batch, 'a claimed batch stays').toBeDefined()
      if (settled === 'yes') expect(batch, 'a settled batch is gone').toBeUndefined()
      if (batch) expect(createHash('sha256').update(batch.body).digest('hex')).toBe(digest)
    }
    // Everything that ever was in a batch: those that are settled, and those that are left.
    const shipped: string[] = []
    for (const [token, { ids }] of batches) if (!open.has(token)) shipped.push(...ids)
    for (const { table, body } of left) {
      if (table !== 'events') continue
      const lines = Buffer.from(body).toString().trimEnd().split('\n')
      shipped.push(...lines.map(line => JSON.parse(line).message_id as string))
    }
    const unique = new Set(shipped)
    expect(unique.size, 'nothing is doubled').toBe(shipped.length)
    for (const id of acknowledged) expect(unique.has(id), `${id} is lost`).toBe(true)
    const people = await store.people.page('main', undefined, 10_000)
    expect(people.reduce((sum, one) => sum + one.events, 0)).toBe(unique.size)
    expect(await store.people.count('main')).toBe(people.length)
    const timers = people.flatMap(({ id, due }) => (due === undefined ? [] : [{ profile: id, due }]))
    timers.sort((a, b) => a.due - b.due || (a.profile < b.profile ? -1 : 1))
    expect(await store.people.due('main', Infinity, 10_000), 'R5 the timers are those of the people').toEqual(timers)
    timersSeen += timers.length
    const some = [...unique].slice(-300).map(id => tracked(id))
    const again = await store.people.commit({ workspace: 'main', entries: some, now: NOON, plan: PLAN })
    expect(again.every(one => one.outcome === 'duplicate')).toBe(true)
    expect(unique.size).toBeGreaterThanOrEqual(newest)
    newest = unique.size
    // Batches that the test claimed first are known from now on.
    for (const { token, table, body } of left) {
      const lines = Buffer.from(body).toString().trimEnd().split('\n')
      const ids = table === 'events' ? lines.map(line => JSON.parse(line).message_id as string) : []
      const settled = batches.get(token)?.settled === 'perhaps' ? 'no' : (batches.get(token)?.settled ?? 'no')
      batches.set(token, { ids, digest: createHash('sha256').update(body).digest('hex'), settled })
    }
    await store.close()
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS * 100)
  expect(timersSeen).toBeGreaterThan(KILLS)
  await remove()
})
