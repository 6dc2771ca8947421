import { createHash, randomUUID } from 'node:crypto'
import { apply } from '@espalier/core/stream'
import { withTimers } from '../contract/withTimers.ts'
import { openLmdbStore } from './store.ts'
import { PLAN, tracked } from './testing.ts'

/**
 * A process that writes, ships and logs as fast as it can until it is killed, and says on its standard output what it was
 * promised: one JSON value a line. Started by `crash.test.ts` with the folder and a prefix for its messageIds.
 */
export type Said =
  | { acknowledged: string[] }
  | { claimed: string; ids: string[]; digest: string }
  | { settling: string }
  | { settled: string }

const [path = '', prefix = ''] = process.argv.slice(2)
const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`)

const store = await openLmdbStore({
  path,
  apply: withTimers(apply),
  newId: () => `0190${randomUUID().slice(4)}`,
  checkpointMs: 20,
  segmentBytes: 64 << 10,
  cacheBytes: 256 << 10,
  dirtyBytes: 128 << 10,
})

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const entries = Array.from({ length: 20 }, (_, i) => {
      const who = (n * 31 + i * 7 + writer) % 400
      const known = who % 5 === 0 ? { userId: `user-${who}` } : {}
      const timer = n % 3 === 0 ? { properties: { due: who % 7 === 0 ? null : (n * 31 + who * 17) % 1000 } } : {}
      return tracked(`${prefix}-${writer}-${n}-${i}`, { anonymousId: `device-${who}`, index: i, ...known, ...timer })
    })
    await store.people.commit({ workspace: 'main', entries, now: Date.now(), plan: PLAN })
    say({ acknowledged: entries.map(({ event }) => event.messageId) })
  }
}

async function ship(): Promise<never> {
  for (;;) {
    if (Math.random() < 0.02) await store.scrub()
    const claim = { now: Date.now(), leaseMs: 60_000, holder: prefix, maxRows: 150, maxBatches: 3 }
    for (const { token, table, body } of await store.outbox.claim(claim)) {
      const lines = Buffer.from(body).toString().trimEnd().split('\n')
      const ids = table === 'events' ? lines.map(line => JSON.parse(line).message_id) : []
      say({ claimed: token, ids, digest: createHash('sha256').update(body).digest('hex') })
      if (Math.random() < 0.3) continue
      say({ settling: token })
      await store.outbox.settle(token)
      say({ settled: token })
    }
    await new Promise(resolve => setImmediate(resolve))
  }
}

await Promise.all([write(0), write(1), write(2), ship()])
