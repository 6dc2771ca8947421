import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from '../packages/warehouse/dist/contract/engine.js'
import { migrate } from '../packages/warehouse/dist/schema/migrate.js'
import { connect } from './lib/load.mjs'
import { startProcess, usage } from './lib/process.mjs'

const BANDITS = 20
/** The last of them look at the person: 2 numbers and a category of 3 levels. */
const CONTEXTUAL = 4
const CHUNK = 250_000
const DAY = 86_400_000

/** Retraining 20 policies from a log of decisions, while others are being decided. See README.md. */
export async function bench({ full, log }) {
  const decisions = full ? 5_000_000 : 400_000
  const data = await mkdtemp(join(tmpdir(), 'bench-learn-'))
  try {
    await fill(join(data, 'warehouse'), decisions, log)
    return { decisions, bandits: BANDITS, contextual: CONTEXTUAL, ...(await measure(data, log)) }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

const keyOf = i => `learned-${i}`

/** Decisions, exposures and outcomes as a server would have logged them, made by the warehouse itself. */
async function fill(path, decisions, log) {
  const { engine, database } = await startEngine({ path, queryTimeout: 600 })
  await migrate(database)
  const until = Date.now() - 2 * DAY
  const numbers = (from, n) => `(
    SELECT number AS i, i % ${BANDITS} AS e, concat('person-', toString(intDiv(i, ${BANDITS}))) AS who,
      fromUnixTimestamp64Milli(toInt64(${until} - cityHash64(i) % ${20 * DAY}), 'UTC') AS at,
      ['a', 'b', 'c', 'd'][1 + cityHash64('v', i) % 4] AS arm, concat('r', toString(i)) AS request,
      toInt64(cityHash64('n', i) % 100) AS n0, toInt64(cityHash64('m', i) % 100) AS n1,
      ['x', 'y', 'z'][1 + cityHash64('c', i) % 3] AS c0
    FROM numbers(${from}, ${n})
  )`
  for (let from = 0; from < decisions; from += CHUNK) {
    const rows = numbers(from, Math.min(CHUNK, decisions - from))
    await database.command(`INSERT INTO exposures
      SELECT 'main', who, at, concat('m', request), request, 'place', concat('learned-', toString(e)), 1, arm, false, false, 0.225
      FROM ${rows}`)
    await database.command(`INSERT INTO decisions (workspace, profile, timestamp, request_id, bucket_key, definitions, context, inputs,
        answers.touchpoint, answers.experience, answers.version, answers.variant, answers.reason, answers.propensity,
        answers.control, answers.holdout, answers.model)
      SELECT 'main', who, at, request, who, 1, '{}',
        concat('{"traits":{},"signals":{},"context":{"n0":', toString(n0), ',"n1":', toString(n1), ',"c0":"', c0, '"},"facts":{}}'),
        ['place'], [concat('learned-', toString(e))], [1], [arm], ['assigned'], [0.225], [false], [false], ['']
      FROM ${rows}`)
    await database.command(`INSERT INTO events (workspace, profile, timestamp, received, message_id, type, name, properties, context)
      SELECT 'main', who, at + toIntervalMinute(5), at + toIntervalMinute(5), concat('o', request), 'track', 'Bought', '{}', '{}'
      FROM ${rows} WHERE cityHash64('b', i) % 100 < 4 + if(arm = 'b', 4, 0) + if(arm = 'a' AND n0 > 50, 6, 0)`)
    log(`${Math.min(decisions, from + CHUNK).toLocaleString('en')} decisions are in the log`)
  }
  await engine.stop()
}

function definitions() {
  const context = key => ({ context: key })
  const inputs = [
    { key: 'n0', kind: 'numeric', from: context('n0') },
    { key: 'n1', kind: 'numeric', from: context('n1') },
    { key: 'c0', kind: 'categorical', from: context('c0'), levels: ['x', 'y', 'z'] },
  ]
  return [
    { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
    { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Bought', window: '1d' } },
    ...Array.from({ length: BANDITS }, (_, i) => keyOf(i)).flatMap((key, i) => [
      { kind: 'touchpoint', key, body: { channel: 'web', default: 'plain' } },
      {
        kind: 'experience',
        key,
        body: {
          tactic: 'content',
          touchpoints: [key],
          control: 0.1,
          goal: 'bought',
          variants: ['a', 'b', 'c', 'd'].map(variant => ({ key: variant, content: { [key]: variant } })),
          policy: i >= BANDITS - CONTEXTUAL ? { kind: 'contextual', inputs } : { kind: 'bandit' },
        },
      },
    ]),
  ]
}

async function measure(data, log) {
  const server = await startProcess('engine', { data })
  const admin = connect(server.url, server.secretKey, 2)
  const client = connect(server.url, server.writeKey, 4)
  await admin.post('/v1/definitions', JSON.stringify({ changes: definitions() }))
  const took = { bandit: [], contextual: [] }
  let learned = 0
  const memory = () => usage(server.pids()).residentBytes
  const before = memory()
  let most = before
  let isDone = false
  let asked = 0
  let dropped = 0
  const latencies = []
  // Somebody asks all the while, for what is being trained.
  const asking = Promise.all(
    Array.from({ length: 2 }, async () => {
      for (; !isDone; asked++) {
        const began = performance.now()
        const body = {
          userId: `asker-${asked % 500}`,
          touchpoints: [keyOf(asked % BANDITS)],
          context: { n0: asked % 100 },
        }
        await client.post('/v1/decide', JSON.stringify(body)).catch(() => dropped++)
        latencies.push(performance.now() - began)
      }
    }),
  )
  const began = performance.now()
  const sampler = setInterval(() => {
    most = Math.max(most, memory())
  }, 250)
  await server.ask('learn')
  const trainSeconds = (performance.now() - began) / 1000
  clearInterval(sampler)
  isDone = true
  await asking
  for (let i = 0; i < BANDITS; i++) {
    const { newest, last } = await admin.get(`/v1/experiences/${keyOf(i)}/model`)
    if (newest >= 1) learned++
    else log(`${keyOf(i)}: ${last?.sentence}`)
    took[i >= BANDITS - CONTEXTUAL ? 'contextual' : 'bandit'].push((last?.milliseconds ?? 0) / 1000)
  }
  latencies.sort((a, b) => a - b)
  log(
    `${learned} of ${BANDITS} trained in ${trainSeconds.toFixed(1)} s; ${asked} decides meanwhile, ${dropped} dropped`,
  )
  await server.stop()
  const mean = list => list.reduce((sum, x) => sum + x, 0) / list.length
  return {
    trained: learned,
    trainSeconds,
    banditSeconds: mean(took.bandit),
    contextualSeconds: mean(took.contextual),
    memoryBeforeMb: before / 2 ** 20,
    memoryMb: most / 2 ** 20,
    decidesMeanwhile: asked,
    dropped,
    decideMsP50: latencies[Math.floor(latencies.length / 2)],
    decideMsP99: latencies[Math.floor(latencies.length * 0.99)],
  }
}
