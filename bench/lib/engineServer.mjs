// The server of a benchmark, in its own process: see process.mjs.
import '../../packages/cli/bin/collections.js'
import { randomUUID } from 'node:crypto'
import { startServer } from '@espalier/server'
import { openMemoryStore } from '@espalier/store/memory'

const { mode, options } = JSON.parse(process.argv[2])
const server = await startServer(
  { port: 0, logLevel: 'warn', ...options },
  mode === 'parse' ? { store: forgetful() } : {},
)
const { store, shipper, learner, warehouse } = server.services

/** How late people's leaving of segments was noticed, and how many bytes a profile has as JSON on average. */
async function expiryLag() {
  const lags = []
  let bytes = 0
  const people = await store.people.page('main', undefined, 5000)
  for (const person of people) bytes += JSON.stringify(person).length
  for (let at = 0; at < people.length; at += 50) {
    const sources = people.slice(at, at + 50).flatMap(person => person.sources)
    for (const event of await warehouse.timeline({ workspace: 'main', sources, limit: 1000 })) {
      if (event.name === 'Segment Left') lags.push(event.received - event.timestamp)
    }
  }
  const sorted = lags.sort((a, b) => a - b)
  const quantile = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null
  return {
    lag: { n: lags.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) },
    size: Math.round(bytes / people.length),
  }
}

/** A policy has learned: a model decides from the beginning on. */
async function teach({ experience, model }) {
  const { models, definitions } = server.services
  const note = { version: model.version, at: Date.now(), trainedUntil: 0, experience: 1, people: {} }
  await models.change('main', experience, record => ({
    record: { ...record, newest: model.version, timeline: [{ from: 0, version: model.version }], versions: [note] },
    model,
  }))
  await definitions.refresh('main')
}

const answers = {
  teach,
  expiryLag,
  depth: () => store.outbox.depth(),
  drain: () => shipper.drain(600_000),
  memory: () => process.memoryUsage(),
  learn: () => learner.round(),
}

process.on('message', async ({ id, ask, given }) => {
  if (ask === 'stop') {
    await server.close()
    process.exit(0)
  }
  try {
    process.send({ id, answer: await answers[ask](given) })
  } catch (error) {
    process.send({ id, error: String(error) })
  }
})
process.on('disconnect', () => process.exit(1))
process.send({ ready: { url: server.url, ...server.madeKeys } })

/** A store that says yes to every entry at once: what is left of the server is to parse and to answer. */
function forgetful() {
  const memory = openMemoryStore({ apply: () => ({ applied: [], rows: [] }), newId: randomUUID })
  memory.people.commit = async ({ entries }) => entries.map(() => ({ outcome: 'stored', profile: 'p', source: 'p' }))
  return memory
}
