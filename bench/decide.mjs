import { compareWithGrowthBook } from './lib/growthbook.mjs'
import { closedLoop, connect, openLoop } from './lib/load.mjs'
import { watchMachine } from './lib/machine.mjs'
import { decideBody, loadPeople, tenExperiences } from './lib/people.mjs'
import { startProcess, usage } from './lib/process.mjs'
import { richBody, richModels, richPerson, richSet } from './lib/rich.mjs'

const PEOPLE = 200_000
/** Their traits are three times as many. */
const RICH_PEOPLE = 50_000
/** With fewer the server waits for its callers: see README.md. */
const CONNECTIONS = 128
/** Requests before anything is measured: until then the server is still being compiled. */
const WARM = 10_000

/** Decisions a second, and their latency at half of that: see README.md. */
export async function bench({ full, rich, log }) {
  const alone = rich ? compareWithGrowthBook({ log }) : undefined
  const people = rich ? RICH_PEOPLE : PEOPLE
  const bodyOf = rich ? richBody : decideBody
  const seconds = full ? 30 : 8
  const engine = await startProcess('engine')
  const client = connect(engine.url, engine.secretKey, 16)
  await client.post('/v1/definitions', JSON.stringify({ changes: rich ? richSet() : tenExperiences() }))
  if (rich) for (const model of richModels()) await engine.ask('teach', model)
  await loadPeople(client, 0, people, log, rich ? richPerson : undefined)
  await engine.rest()
  const visitor = connect(engine.url, engine.writeKey, CONNECTIONS)
  if (rich) await checkModels(client, bodyOf)
  const answerBytes = Buffer.byteLength(await visitor.post('/v1/decide', bodyOf(1)))
  const bare = await startProcess('bare', { answerBytes })
  const plain = connect(bare.url, '', CONNECTIONS)
  const [server, ...warehouse] = engine.pids()
  const sides = {
    ours: { send: sender(visitor, people, bodyOf), pids: [server] },
    bare: { send: sender(plain, people, bodyOf), pids: bare.pids() },
  }
  for (const { send } of Object.values(sides)) await warmUp(send)
  const began = usage(warehouse).cpuSeconds
  const { ours: most, bare: reference } = await inTurn(sides, seconds)
  const warehouseCpuMicros = ((usage(warehouse).cpuSeconds - began) / most.n) * 1e6
  log(`decisions: ${Math.round(most.rate)}/s, p99 ${most.p99Ms.toFixed(1)} ms; bare: ${Math.round(reference.rate)}/s`)
  const pids = [server, ...warehouse, ...bare.pids()]
  const half = await halfLoad(sides.ours.send, most.rate, { seconds, log, pids })
  const referenceHalf = await openLoop({ rate: reference.rate / 2, seconds: seconds / 2, send: sides.bare.send })
  log(`the bare route at half of its own: p99 ${referenceHalf.p99Ms.toFixed(1)} ms`)
  const memory = usage([server, ...warehouse])
  await Promise.all([client.close(), visitor.close(), plain.close()])
  await Promise.all([engine.stop(), bare.stop()])
  return {
    ...(rich && { rich: true }),
    rate: most.rate,
    p50Ms: most.p50Ms,
    p99Ms: most.p99Ms,
    ratio: most.ratio,
    reference: 'a bare Fastify route with the same body sizes',
    n: most.n,
    referenceRate: reference.rate,
    cpuMicros: most.cpuMicros,
    referenceCpuMicros: reference.cpuMicros,
    cpuRatio: reference.cpuMicros / most.cpuMicros,
    warehouseCpuMicros,
    halfLoadRate: half.rate,
    halfLoadP50Ms: half.p50Ms,
    halfLoadP99Ms: half.p99Ms,
    halfLoadMaxMs: half.maxMs,
    referenceHalfLoadP99Ms: referenceHalf.p99Ms,
    quietP50Ms: half.quiet.p50Ms,
    quietP99Ms: half.quiet.p99Ms,
    quietShare: half.quiet.share,
    othersShare: half.others,
    stolenShare: half.stolen,
    connections: CONNECTIONS,
    answerBytes,
    people,
    residentMb: memory.residentBytes / 2 ** 20,
    ...(alone && {
      decideMicros: alone.decideMicros,
      growthbookMicros: alone.growthbookMicros,
      timesGrowthbook: alone.growthbookMicros / alone.decideMicros,
      comparedDecisions: alone.compared,
    }),
  }
}

/** As fast as it goes, then at half of that rate. */
export async function measureDecide(client, { people, seconds, log }) {
  const send = sender(client, people, decideBody)
  await warmUp(send)
  const most = await closedLoop({ connections: client.connections, seconds, send })
  log(`decisions: ${Math.round(most.rate)}/s, p99 ${most.p99Ms.toFixed(1)} ms`)
  return { ...most, half: await halfLoad(send, most.rate, { seconds, log, pids: [] }) }
}

/**
 * Each as fast as it goes, a second of one and a second of the other: a machine whose speed changes changes it for both. `ratio` is
 * the median of the pairs', `cpuMicros` the processor time of a request in the server's process, which other load changes least.
 */
async function inTurn(sides, seconds) {
  const rounds = []
  for (let i = 0; i < seconds; i++) {
    const round = {}
    for (const [name, { send, pids }] of Object.entries(sides)) {
      const began = usage(pids).cpuSeconds
      const result = await closedLoop({ connections: CONNECTIONS, seconds: 1, send })
      round[name] = { ...result, cpuMicros: ((usage(pids).cpuSeconds - began) / result.n) * 1e6 }
    }
    rounds.push({ ...round, ratio: round.ours.rate / round.bare.rate })
  }
  const ratio = median(rounds.map(round => round.ratio))
  return Object.fromEntries(
    Object.keys(sides).map(name => {
      const of = field => rounds.map(round => round[name][field])
      const n = of('n').reduce((sum, one) => sum + one, 0)
      const fields = ['rate', 'p50Ms', 'p99Ms', 'cpuMicros'].map(field => [field, median(of(field))])
      return [name, { ...Object.fromEntries(fields), n, ratio }]
    }),
  )
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1]
}

async function halfLoad(send, rate, { seconds, log, pids }) {
  const half = await openLoop({ rate: rate / 2, seconds, send, machine: watchMachine(() => pids) })
  const { quiet } = half
  log(
    `at half load: p99 ${half.p99Ms.toFixed(1)} ms; undisturbed (${percent(quiet.share)}): ${quiet.p99Ms.toFixed(1)} ms`,
  )
  return half
}

/** The bandits decide by their models, or another thing was measured. */
async function checkModels(client, bodyOf) {
  for (let i = 0; i < 20; i++) {
    const body = JSON.stringify({ ...JSON.parse(bodyOf(i)), explain: true })
    const { answers } = JSON.parse(await client.post('/v1/decide', body))
    const model = answers['place-0'].explanation?.draw?.policy?.model
    if (model === '1') return
  }
  throw new Error('no contextual bandit decided by its model')
}

function sender(client, people, bodyOf) {
  return async () => {
    await client.post('/v1/decide', bodyOf(Math.floor(Math.random() * people)))
    return 1
  }
}

/** At most 10 s, on a machine that is busy with other things. */
async function warmUp(send) {
  let left = WARM
  await closedLoop({ connections: CONNECTIONS, seconds: 10, send: () => (left-- > 0 ? send() : 0) })
}

function percent(share) {
  return `${Math.round(100 * share)} %`
}
