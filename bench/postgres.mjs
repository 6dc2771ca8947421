import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readItem } from '@espalier/core/event'
import { planOfNeeds } from '@espalier/core/plan'
import { apply } from '@espalier/core/stream'
import { openPostgresStore } from '@espalier/store/postgres'
import { startPostgres } from '@espalier/testkit/postgres'
import { Metrics } from '../packages/server/dist/metrics.js'
import { CommitQueue } from '../packages/server/dist/pipeline/queue.js'
import { makeTraces } from './lib/traces.mjs'

const PEOPLE = 200_000
const REQUESTS = 32
const ROUNDS = 3

/** Durable events a second into PostgreSQL, with the server's lanes and with one commit at a time: see README.md. */
export async function bench({ full, log }) {
  const seconds = full ? 20 : 5
  log('making traces')
  const batches = await makeTraces({ people: PEOPLE, events: 12_000 * seconds * (2 * ROUNDS + 1) })
  const postgres = await startPostgres({ durable: true })
  const store = await openPostgresStore({ url: await postgres.database(), apply, newId: randomUUID })
  const plan = planOfNeeds(0, [])
  let next = 0

  /** Requests of 100 events, each sent when one before it was acknowledged. */
  const run = async (concurrency, time) => {
    const options = {
      now: Date.now,
      plan: () => plan,
      consent: () => undefined,
      identity: () => undefined,
      busyMs: () => 0,
    }
    const limits = { metrics: new Metrics(), maxItems: 1e6, maxBytes: 1e9 }
    const queue = new CommitQueue({ store: { ...store, people: store.people, concurrency }, ...options, ...limits })
    const latencies = []
    let events = 0
    const began = performance.now()
    const cpu = process.cpuUsage()
    const engineCpu = cpuOfPostgres()
    const requests = Array.from({ length: REQUESTS }, async () => {
      while (performance.now() - began < time * 1000 && next < batches.length) {
        const entries = entriesOf(batches[next++].body)
        const sent = performance.now()
        await queue.submit('main', entries, 0)
        latencies.push(performance.now() - sent)
        events += entries.length
      }
    })
    await Promise.all(requests)
    const { user, system } = process.cpuUsage(cpu)
    return {
      rate: (1000 * events) / (performance.now() - began),
      events,
      latencies,
      nodeCpu: (user + system) / events,
      engineCpu: (cpuOfPostgres() - engineCpu) / events,
    }
  }

  await run(store.concurrency, seconds)
  const lanes = []
  const single = []
  for (let round = 0; round < ROUNDS; round++) {
    single.push(await run(1, seconds))
    lanes.push(await run(store.concurrency, seconds))
    log(`${Math.round(lanes.at(-1).rate)}/s in ${store.concurrency} lanes, ${Math.round(single.at(-1).rate)}/s in one`)
  }
  await store.close()
  await postgres.stop()
  const latencies = lanes.flatMap(one => one.latencies).sort((a, b) => a - b)
  const rate = median(lanes.map(one => one.rate))
  return {
    rate,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)],
    p99Ms: latencies[Math.floor(latencies.length * 0.99)],
    ratio: rate / median(single.map(one => one.rate)),
    reference: 'the same with one commit at a time',
    n: lanes.reduce((sum, one) => sum + one.events, 0),
    referenceRate: median(single.map(one => one.rate)),
    nodeCpuMicrosPerEvent: median(lanes.map(one => one.nodeCpu)),
    postgresCpuMicrosPerEvent: median(lanes.map(one => one.engineCpu)),
  }
}

function entriesOf(body) {
  const { batch, context, sentAt } = JSON.parse(body)
  const received = Date.now()
  return batch.map((raw, index) => {
    const { event } = readItem(raw, { received, index, context, sentAt, newMessageId: randomUUID })
    return { kind: 'event', event }
  })
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}

/** Microseconds that PostgreSQL's processes of this run have had, by Linux's count; elsewhere NaN. */
function cpuOfPostgres() {
  let ticks = 0
  try {
    const stats = new Map(
      readdirSync('/proc')
        .filter(name => /^\d+$/.test(name))
        .map(pid => [pid, statOf(pid)]),
    )
    const isOurs = pid => pid === String(process.pid) || (stats.get(pid) !== undefined && isOurs(stats.get(pid).parent))
    for (const [pid, stat] of stats) if (stat?.name === 'postgres' && isOurs(pid)) ticks += stat.ticks
  } catch {
    return Number.NaN
  }
  return ticks * 10_000
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    return { name, parent: fields[1], ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined
  }
}
