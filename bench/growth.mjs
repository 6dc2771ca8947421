import { measureDecide } from './decide.mjs'
import { closedLoop, connect } from './lib/load.mjs'
import { loadPeople, tenExperiences, userIdOf } from './lib/people.mjs'
import { startProcess, usage } from './lib/process.mjs'

const SIZES = [10_000, 100_000, 1_000_000]
const CONNECTIONS = 16

/** Does a unit of work cost the same with a hundred times the people? See README.md. */
export async function bench({ full, log }) {
  const seconds = full ? 30 : 8
  const engine = await startProcess('engine')
  const admin = connect(engine.url, engine.secretKey, 4)
  const client = connect(engine.url, engine.writeKey, CONNECTIONS)
  await admin.post('/v1/definitions', JSON.stringify({ changes: tenExperiences() }))
  const steps = []
  let known = 0
  let sent = 0
  for (const people of SIZES) {
    await loadPeople(admin, known, people, log)
    known = people
    await engine.ask('drain')
    const send = async () => {
      const batch = Array.from({ length: 100 }, () => viewOf(Math.floor(Math.random() * people), sent++))
      await client.post('/v1/batch', JSON.stringify({ batch }))
      return batch.length
    }
    const [server] = engine.pids()
    const cpu = () => 1e6 * usage([server]).cpuSeconds
    const before = cpu()
    const ingest = await closedLoop({ connections: 8, seconds, send })
    const ingestCpu = (cpu() - before) / ingest.n
    log(`ingest: ${Math.round(ingest.rate)} events/s`)
    await engine.ask('drain')
    const rested = cpu()
    const decide = await measureDecide(client, { people, seconds, log })
    const decideCpu = (cpu() - rested) / (decide.n + decide.half.n)
    const { heapUsed, rss } = await engine.ask('memory')
    const resident = usage(engine.pids()).residentBytes
    steps.push({
      people,
      ingestRate: ingest.rate,
      ingestP99Ms: ingest.p99Ms,
      ingestCpuMicrosPerEvent: ingestCpu,
      decideCpuMicros: decideCpu,
      decideRate: decide.rate,
      decideHalfLoadP99Ms: decide.half.p99Ms,
      heapMb: heapUsed / 2 ** 20,
      serverMb: rss / 2 ** 20,
      withWarehouseMb: resident / 2 ** 20,
    })
  }
  await Promise.all([admin.close(), client.close()])
  await engine.stop()
  const [first, last] = [steps[0], steps.at(-1)]
  return {
    rate: last.ingestRate,
    p50Ms: null,
    p99Ms: last.ingestP99Ms,
    ratio: last.ingestRate / first.ingestRate,
    reference: `the same server with ${SIZES[0]} profiles`,
    n: last.people,
    decideRatio: last.decideRate / first.decideRate,
    ingestCpuRatio: last.ingestCpuMicrosPerEvent / first.ingestCpuMicrosPerEvent,
    decideCpuRatio: last.decideCpuMicros / first.decideCpuMicros,
    steps,
  }
}

function viewOf(person, number) {
  return {
    type: 'track',
    event: 'Product Viewed',
    messageId: `growth-${number}`,
    userId: userIdOf(person),
    anonymousId: `device-${person}`,
    properties: { product_id: `sku-${number % 240}`, price: 19.95, category: 'shoes' },
    context: { locale: 'en-US', page: { path: `/products/${number % 240}` } },
  }
}
