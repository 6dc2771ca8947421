import { closedLoop, connect, openLoop } from './lib/load.mjs'
import { decideBody, loadPeople, tenExperiences } from './lib/people.mjs'
import { startProcess, usage } from './lib/process.mjs'

const PEOPLE = 200_000
const CONNECTIONS = 16
/** Requests before anything is measured: until then the server is still being compiled. */
const WARM = 10_000

/** Decisions a second, and their latency at half of that: see README.md. */
export async function bench({ full, log }) {
  const seconds = full ? 30 : 8
  const engine = await startProcess('engine')
  const client = connect(engine.url, engine.secretKey, CONNECTIONS)
  await client.post('/v1/definitions', JSON.stringify({ changes: tenExperiences() }))
  await loadPeople(client, 0, PEOPLE, log)
  await engine.rest()
  const visitor = connect(engine.url, engine.writeKey, CONNECTIONS)
  const measured = await measureDecide(visitor, { people: PEOPLE, seconds, log })
  const memory = usage(engine.pids())
  const answerBytes = Buffer.byteLength(await visitor.post('/v1/decide', decideBody(1)))
  await Promise.all([client.close(), visitor.close()])
  await engine.stop()

  const bare = await startProcess('bare', { answerBytes })
  const plain = connect(bare.url, '', CONNECTIONS)
  const send = async () => {
    await plain.post('/v1/decide', decideBody(random(PEOPLE)))
    return 1
  }
  await warmUp(send)
  const reference = await closedLoop({ connections: CONNECTIONS, seconds: Math.min(seconds, 6), send })
  await plain.close()
  await bare.stop()
  log(`bare route: ${Math.round(reference.rate)}/s`)
  return {
    rate: measured.rate,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    ratio: measured.rate / reference.rate,
    reference: 'a bare Fastify route with the same body sizes',
    n: measured.n,
    referenceRate: reference.rate,
    halfLoadRate: measured.half.rate,
    halfLoadP50Ms: measured.half.p50Ms,
    halfLoadP99Ms: measured.half.p99Ms,
    halfLoadMaxMs: measured.half.maxMs,
    answerBytes,
    people: PEOPLE,
    residentMb: memory.residentBytes / 2 ** 20,
  }
}

/** As fast as it goes, then at half of that rate. */
export async function measureDecide(client, { people, seconds, log }) {
  const send = async () => {
    await client.post('/v1/decide', decideBody(random(people)))
    return 1
  }
  await warmUp(send)
  const most = await closedLoop({ connections: CONNECTIONS, seconds, send })
  log(`decisions: ${Math.round(most.rate)}/s, p99 ${most.p99Ms.toFixed(1)} ms`)
  const half = await openLoop({ rate: most.rate / 2, seconds, send })
  log(`at half load: p99 ${half.p99Ms.toFixed(1)} ms`)
  return { ...most, half }
}

/** At most 10 s, on a machine that is busy with other things. */
async function warmUp(send) {
  let left = WARM
  await closedLoop({ connections: CONNECTIONS, seconds: 10, send: () => (left-- > 0 ? send() : 0) })
}

function random(n) {
  return Math.floor(Math.random() * n)
}
