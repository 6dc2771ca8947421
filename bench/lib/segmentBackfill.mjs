import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from '../../packages/warehouse/dist/contract/engine.js'
import { closedLoop, connect } from './load.mjs'
import { loadPeople } from './people.mjs'
import { startProcess, usage } from './process.mjs'

const CONNECTIONS = 8
/** Events of each person in the log, and how far apart at most. */
const EVENTS = 10
const DAYS = 60
/**
 * A segment over what everybody did before it was there: how long until it is live, and what that costs the intake meanwhile.
 * `alone`: seconds of ingest before and after, to compare with.
 */
export async function segmentBackfill({ people, alone, log }) {
  const data = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
  try {
    await makePast(data, people, log)
    const engine = await startProcess('engine', { data, writeKey: WRITE_KEY, secretKey: SECRET_KEY })
    const admin = connect(engine.url, SECRET_KEY, 1)
    const client = connect(engine.url, WRITE_KEY, CONNECTIONS)
    const ingest = ingesting(client, engine)
    const before = await ingest.for(alone)
    log(`ingest alone: ${Math.round(before.rate)} events/s`)
    await admin.post('/v1/definitions', JSON.stringify({ changes: [SEGMENT] }))
    const during = await ingest.until(async () => (await admin.get(`/v1/segments/${SEGMENT.key}`)).state === 'live')
    log(`live after ${during.seconds.toFixed(1)} s; ingest meanwhile: ${Math.round(during.rate)} events/s`)
    const after = await ingest.for(alone)
    log(`ingest alone again: ${Math.round(after.rate)} events/s`)
    const { size } = await admin.get(`/v1/segments/${SEGMENT.key}`)
    await Promise.all([admin.close(), client.close()])
    await engine.stop()
    return {
      people,
      events: people * EVENTS,
      seconds: during.seconds,
      cpuSeconds: during.cpuSeconds,
      ingestRatio: during.rate / ((before.rate + after.rate) / 2),
      ingestRates: [before.rate, during.rate, after.rate],
      size,
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

const WRITE_KEY = 'write-key-of-the-bench'
const SECRET_KEY = 'secret-key-of-the-bench'

const SEGMENT = {
  kind: 'segment',
  key: 'regulars',
  body: { condition: { value: { count: 'Order Completed', within: '60d' }, gte: 5 } },
}

/** Everybody is known to the store; what they did before the engine of the warehouse makes up itself, from their first event. */
async function makePast(data, people, log) {
  const engine = await startProcess('engine', { data, writeKey: WRITE_KEY, secretKey: SECRET_KEY })
  const client = connect(engine.url, SECRET_KEY, 4)
  await loadPeople(client, 0, people, log)
  await engine.ask('drain')
  await client.close()
  await engine.stop()
  const opened = await startEngine({
    path: join(data, 'warehouse'),
    memory: 3_000_000_000,
    queryMemory: 2_000_000_000,
    queryTimeout: 900,
  })
  for (let i = 0; i < EVENTS; i++) {
    await opened.database.command(`INSERT INTO events (workspace, profile, timestamp, received, index, message_id, type, name, user_id, properties, context, definitions)
      SELECT workspace, profile, at, at, 0, concat(message_id, '-${i}'), 'track', 'Order Completed', user_id,
        concat('{"order_id":"', message_id, '","total":', toString(10 + cityHash64(message_id, ${i}) % 90), ',"currency":"EUR"}'), '{}', definitions
      FROM (SELECT *, fromUnixTimestamp64Milli(toInt64(toUnixTimestamp64Milli(timestamp) - cityHash64(message_id, 'at', ${i}) % ${DAYS * 86_400_000}), 'UTC') AS at FROM events WHERE type = 'identify')`)
    if (i % 5 === 4) log(`${((i + 1) * people).toLocaleString('en')} events are in the log`)
  }
  await opened.engine.stop()
}

/** Visitors who come, look at ten things and go: what an event costs does not grow with the time that is measured. */
function ingesting(client, engine) {
  let sent = 0
  const send = async () => {
    const batch = Array.from({ length: 100 }, () => {
      const visitor = Math.floor(sent / 10)
      const properties = { product_id: `sku-${sent % 240}`, price: 19.95 }
      const messageId = `seen-${sent++}`
      return { type: 'track', event: 'Product Viewed', messageId, anonymousId: `visitor-${visitor}`, properties }
    })
    await client.post('/v1/batch', JSON.stringify({ batch }))
    return batch.length
  }
  const measured = async loop => {
    const before = usage(engine.pids()).cpuSeconds
    const { rate, seconds } = await loop
    return { rate, seconds, cpuSeconds: usage(engine.pids()).cpuSeconds - before }
  }
  return {
    for: seconds => measured(closedLoop({ connections: CONNECTIONS, seconds, send })),
    until: async isDone => {
      let done = false
      const asked = (async () => {
        while (!(await isDone())) await new Promise(resolve => setTimeout(resolve, 500))
        done = true
      })()
      const loop = closedLoop({ connections: CONNECTIONS, seconds: 7200, send: async () => (done ? 0 : send()) })
      const [result] = await Promise.all([measured(loop), asked])
      return result
    },
  }
}
