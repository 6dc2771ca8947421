import { closedLoop, connect } from './lib/load.mjs'
import { startProcess, usage } from './lib/process.mjs'
import { makeTraces } from './lib/traces.mjs'

const PEOPLE = 200_000
const CONNECTIONS = 16
const WARM = 3
const REFERENCE = 4

/** Durable events a second over HTTP: see README.md. */
export async function bench({ full, log }) {
  const seconds = full ? 120 : 30
  log('making traces')
  // More than will be needed; where a machine is faster than that, it measures for less than `seconds`.
  const batches = await makeTraces({ people: PEOPLE, events: 18_000 * (seconds + WARM) })
  const events = batches.reduce((sum, batch) => sum + batch.events, 0)
  const bytes = batches.reduce((sum, batch) => sum + batch.body.length, 0)
  log(`${events} events of ${Math.round(bytes / events)} bytes`)
  const run = async (server, time, from) => {
    let next = from
    const client = connect(server.url, server.writeKey, CONNECTIONS)
    const send = async () => {
      const batch = batches[next++]
      if (batch === undefined) return 0
      await client.post('/v1/batch', batch.body)
      return batch.events
    }
    const result = await closedLoop({ connections: CONNECTIONS, seconds: time, send })
    await client.close()
    return { ...result, next }
  }

  const parse = await startProcess('parse')
  const reference = await run(parse, REFERENCE, 0)
  await parse.stop()
  log(`only parsing and answering: ${Math.round(reference.rate)}/s`)

  const engine = await startProcess('engine')
  const warm = await run(engine, WARM, 0)
  const pids = engine.pids()
  const [serverPid, ...otherPids] = pids
  const before = usage(pids)
  const cpu = () => ({ server: usage([serverPid]).cpuSeconds, warehouse: usage(otherPids).cpuSeconds })
  const cpuBefore = cpu()
  const lag = []
  const sampler = setInterval(async () => lag.push(await engine.ask('depth')), 1000)
  const measured = await run(engine, seconds, warm.next)
  clearInterval(sampler)
  const after = usage(pids)
  const cpuAfter = cpu()
  log(`durable: ${Math.round(measured.rate)}/s`)
  await engine.ask('drain')
  const shipped = usage(pids)
  await engine.stop()

  const rows = lag.map(one => one.rows)
  const half = Math.floor(rows.length / 2)
  const mean = some => some.reduce((sum, x) => sum + x, 0) / Math.max(1, some.length)
  return {
    rate: measured.rate,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    ratio: measured.rate / reference.rate,
    reference: 'the same server, only parsing and answering',
    n: measured.n,
    referenceRate: reference.rate,
    maxMs: measured.maxMs,
    measuredSeconds: measured.seconds,
    eventBytes: bytes / events,
    writtenBytesPerEvent: (shipped.writtenBytes - before.writtenBytes) / measured.n,
    outboxRowsFirstHalf: mean(rows.slice(0, half)),
    outboxRowsSecondHalf: mean(rows.slice(half)),
    outboxRowsMost: Math.max(0, ...rows),
    serverCpuMicrosPerEvent: (1e6 * (cpuAfter.server - cpuBefore.server)) / measured.n,
    warehouseCpuMicrosPerEvent: (1e6 * (cpuAfter.warehouse - cpuBefore.warehouse)) / measured.n,
    residentMb: after.residentBytes / 2 ** 20,
  }
}
