import { closedLoop, connect } from './lib/load.mjs'
import { startProcess } from './lib/process.mjs'
import { segmentBackfill } from './lib/segmentBackfill.mjs'
import { segmentCost } from './lib/segmentCost.mjs'
import { segmentLog } from './lib/segmentLog.mjs'

const CONNECTIONS = 16
/** Segments over as many events. */
const SEGMENTS = 50
/** What is asked for by `--full`, and what takes about a minute. `expires`: so many seconds after its event each segment is left. */
const FULL = {
  people: 200_000,
  trials: 100_000,
  expires: { after: 30, within: 50 },
  log: { events: 10_000_000, people: 1_000_000 },
  backfill: { people: 1_000_000, alone: 15 },
  rounds: 5,
}
const SMALL = {
  people: 20_000,
  trials: 10_000,
  expires: { after: 6, within: 4 },
  log: { events: 300_000, people: 30_000 },
  backfill: { people: 3_000, alone: 3 },
  rounds: 2,
}

/** Is membership right at the very next decision, how late is its end noticed, and what does a live segment cost? See README.md. */
export async function bench({ full, log }) {
  const { people, trials, expires, rounds, ...sizes } = full ? FULL : SMALL
  const cost = segmentCost({ rounds, log })
  const engine = await startProcess('engine')
  const admin = connect(engine.url, engine.secretKey, 4)
  const client = connect(engine.url, engine.writeKey, CONNECTIONS)
  await admin.post('/v1/definitions', JSON.stringify({ changes: definitions(expires) }))
  const loaded = await loadMembers(client, people)
  log(`${people} people in ${SEGMENTS} segments (${Math.round(loaded.rate)} events/s)`)
  await new Promise(resolve => setTimeout(resolve, (expires.after + expires.within + 3) * 1000))
  await engine.ask('drain')
  const { lag, size } = await engine.ask('expiryLag')
  log(`${lag.n} expiries looked at, p99 ${lag.p99Ms} ms late`)
  const { measured, wrong, examples } = await rightAtTheNextDecision(client, trials)
  log(`${measured.n} trials, ${wrong} wrong`)
  await Promise.all([admin.close(), client.close()])
  await engine.stop()
  const asked = await segmentLog({ ...sizes.log, log })
  const backfill = await segmentBackfill({ ...sizes.backfill, log })
  return {
    rate: measured.rate,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    ratio: wrong / measured.n,
    reference: 'all trials: the ratio is the share of wrong memberships, which must be 0',
    n: measured.n,
    wrong,
    people,
    segments: SEGMENTS,
    expiries: lag.n,
    expiryLagP50Ms: lag.p50Ms,
    expiryLagP99Ms: lag.p99Ms,
    profileBytes: size,
    cost,
    asked,
    backfill,
    ...(examples.length > 0 && { examples }),
  }
}

/** Everybody does one of the events, so that each segment has its people, and all of them leave soon after. */
function loadMembers(client, people) {
  let next = 0
  return closedLoop({
    connections: 4,
    seconds: 3600,
    send: async () => {
      if (next >= people) return 0
      const first = next
      next = Math.min(people, next + 500)
      const batch = Array.from({ length: next - first }, (_, i) => eventOf(first + i))
      await client.post('/v1/batch', JSON.stringify({ batch }))
      return batch.length
    },
  })
}

function eventOf(i) {
  return { type: 'track', event: `Event ${i % SEGMENTS}`, messageId: `member-${i}`, userId: `member-${i}` }
}

/** Somebody's marks are counted here and by a segment: the decision after each must tell the same number. */
async function rightAtTheNextDecision(client, trials) {
  const marks = new Map()
  const busy = new Set()
  const examples = []
  let [started, wrong] = [0, 0]
  const send = async () => {
    if (started >= trials) return 0
    const trial = started++
    let i
    do i = Math.floor(Math.random() * 5000)
    while (busy.has(i))
    busy.add(i)
    const userId = `marker-${i}`
    const count = (marks.get(i) ?? 0) + 1
    marks.set(i, count)
    await client.post(
      '/v1/track',
      JSON.stringify({ userId, event: 'Mark', messageId: `mark-${trial}`, properties: { n: 1 } }),
    )
    const { answers } = JSON.parse(await client.post('/v1/decide', JSON.stringify({ userId, touchpoints: ['marks'] })))
    const expected = count >= 5 ? 'many' : count >= 2 ? 'some' : 'none'
    const seen = answers.marks.content
    if (seen !== expected) {
      wrong++
      if (examples.length < 5) examples.push({ userId, expected, seen })
    }
    busy.delete(i)
    return 1
  }
  const measured = await closedLoop({ connections: CONNECTIONS, seconds: 3600, send })
  return { measured, wrong, examples }
}

function definitions({ after, within }) {
  const audience = (key, priority, segment) => ({
    kind: 'experience',
    key,
    body: {
      tactic: 'other',
      touchpoints: ['marks'],
      priority,
      audience: { segment },
      control: 0,
      variants: [{ key: 'on', weight: 1, content: { marks: key } }],
    },
  })
  return [
    { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
    { kind: 'touchpoint', key: 'marks', body: { channel: 'api', default: 'none' } },
    { kind: 'segment', key: 'some', body: { condition: { did: 'Mark', atLeast: 2, within: '1d' } } },
    {
      kind: 'segment',
      key: 'many',
      body: { condition: { all: [{ segment: 'some' }, { value: { sum: 'n', of: 'Mark', within: '30d' }, gte: 5 }] } },
    },
    audience('some', 0, 'some'),
    audience('many', 1, 'many'),
    ...Array.from({ length: SEGMENTS }, (_, i) => ({
      kind: 'segment',
      key: `fresh-${i}`,
      body: {
        condition: { did: `Event ${i}`, within: `${after + (i % within)}s` },
      },
    })),
  ]
}
