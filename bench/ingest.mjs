import { closedLoop, connect } from './lib/load.mjs'
import { startProcess, usage } from './lib/process.mjs'
import { makeTraces } from './lib/traces.mjs'

const PEOPLE = 200_000
const CONNECTIONS = 8
const WARM = 3
const REFERENCE = 6

/** Durable events a second over HTTP: see README.md. */
export async function bench({ full, log }) {
  const seconds = full ? 120 : 30
  log('making traces')
  const batches = await makeTraces({ people: PEOPLE, events: (full ? 32_000 : 26_000) * (seconds + WARM + REFERENCE) })
  const events = batches.reduce((sum, batch) => sum + batch.events, 0)
  const bytes = batches.reduce((sum, batch) => sum + batch.body.length, 0)
  log(`${events} events of ${Math.round(bytes / events)} bytes`)
  let next = 0
  const run = async (server, time) => {
    const client = connect(server.url, server.writeKey, CONNECTIONS)
    const send = async () => {
      const batch = batches[next++]
      if (batch === undefined) return 0
      await client.post('/v1/batch', batch.body)
      return batch.events
    }
    const result = await closedLoop({ connections: CONNECTIONS, seconds: time, send })
    await client.close()
    return result
  }

  const parse = await startProcess('parse')
  const reference = await run(parse, REFERENCE)
  await parse.stop()
  log(`only parsing and answering: ${Math.round(reference.rate)}/s`)

  const engine = await startProcess('engine')
  await run(engine, WARM)
  const pids = engine.pids()
  const before = usage(pids)
  const lag = []
  const sampler = setInterval(async () => lag.push(await engine.ask('depth')), 1000)
  const measured = await run(engine, seconds)
  clearInterval(sampler)
  const after = usage(pids)
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
    cpuSecondsPer1000: (1000 * (after.cpuSeconds - before.cpuSeconds)) / measured.n,
    residentMb: after.residentBytes / 2 ** 20,
  }
}
