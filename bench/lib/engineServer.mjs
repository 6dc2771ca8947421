// The server of a benchmark, in its own process: see process.mjs.
import { randomUUID } from 'node:crypto'
import { startServer } from '@espalier/server'
import { openMemoryStore } from '@espalier/store/memory'

const { mode, options } = JSON.parse(process.argv[2])
const server = await startServer(
  { port: 0, logLevel: 'warn', ...options },
  mode === 'parse' ? { store: forgetful() } : {},
)
const { store, shipper, learner } = server.services

const answers = {
  depth: () => store.outbox.depth(),
  drain: () => shipper.drain(600_000),
  memory: () => process.memoryUsage(),
  learn: () => learner.round(),
}

process.on('message', async ({ id, ask }) => {
  if (ask === 'stop') {
    await server.close()
    process.exit(0)
  }
  try {
    process.send({ id, answer: await answers[ask]() })
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
