import { planOf, planSourceOf } from '@espalier/core/plan'
import { apply } from '@espalier/core/stream'

const PEOPLE = 2000
const EVENTS = 10_000
const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 1)

/** Conditions as teams write them, over the event of a number; each `n` has thresholds of its own, over what is kept anyway. */
const conditions = [
  (i, n) => ({ did: `Event ${i}`, atLeast: 3 + n, within: '7d' }),
  (i, n) => ({
    all: [
      { did: `Event ${i}`, atLeast: 1 + n, within: '30d' },
      { trait: 'plan', is: 'pro' },
    ],
  }),
  (i, n) => ({ value: { sum: 'total', of: `Event ${i}`, within: '90d' }, gte: 500 + n }),
  (i, n) => ({ all: [{ did: `Event ${i}`, atLeast: 1 + n }, { not: { did: `Event ${i}`, within: '14d' } }] }),
  (i, n) => ({ value: { distinct: 'category', of: `Event ${i}`, within: '30d' }, gte: 3 + n }),
]

/**
 * What live segments cost an event, in microseconds of one core, by number of segments: all of them over the event that happens,
 * and none of them. Everything but the store: the same stream, people in memory. Rounds alternate, the least of each counts.
 */
export function segmentCost({ rounds, log }) {
  const plans = [0, 1, 50, 500].flatMap(n => [
    { n, touched: true, plan: planWith(n, () => 0) },
    { n, touched: false, plan: planWith(n, i => i + 1) },
  ])
  const least = plans.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    for (const [i, { plan, n, touched }] of plans.entries()) {
      const events = touched && n > 50 ? EVENTS / 10 : EVENTS
      least[i] = Math.min(least[i], microsOf(plan, events))
    }
  }
  const cost = Object.fromEntries(
    plans.map(({ n, touched }, i) => [`${touched ? 'touched' : 'untouched'}${n}`, least[i]]),
  )
  cost.microsPerTouchedCondition = (cost.touched50 - cost.touched0) / 50
  cost.microsPerUntouchedSegment = (cost.untouched500 - cost.untouched0) / 500
  log(`a touched condition costs ${cost.microsPerTouchedCondition.toFixed(2)} us`)
  return cost
}

function planWith(n, eventOf) {
  const definitions = Array.from({ length: n }, (_, i) => ({
    kind: 'segment',
    key: `segment-${i}`,
    version: 1,
    published: 0,
    author: '',
    archived: false,
    body: { condition: conditions[i % conditions.length](eventOf(i), Math.floor(i / conditions.length)) },
  }))
  return planOf(planSourceOf({ version: 1, definitions }))
}

function microsOf(plan, events) {
  const people = memory()
  let ids = 0
  let at = NOW
  const context = () => ({ workspace: 'w', now: at, newId: () => `p${++ids}`, plan })
  const batches = []
  for (let i = 0; i < events; i += 500) {
    batches.push(Array.from({ length: 500 }, (_, j) => ({ kind: 'event', event: eventOf(i + j) })))
  }
  const began = process.cpuUsage()
  for (const batch of batches) {
    at = batch.at(-1).event.timestamp
    apply(people, batch, context())
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / events
}

function eventOf(i) {
  const timestamp = NOW - 20 * DAY + i * 30_000
  return {
    type: 'track',
    messageId: `m${i}`,
    userId: `u${(i * 7919) % PEOPLE}`,
    name: 'Event 0',
    properties: { total: i % 100, category: `c${i % 7}` },
    context: {},
    timestamp,
    received: timestamp,
    index: 0,
  }
}

/** People in memory: what the store costs is measured by `ingest`. */
function memory() {
  const links = new Map()
  const profiles = new Map()
  const seen = new Set()
  const remember = key => seen.has(key) || !seen.add(key)
  return {
    link: identifier => links.get(identifier),
    setLink: (identifier, source) => links.set(identifier, source),
    profile: id => profiles.get(id),
    put: profile => profiles.set(profile.id, profile),
    remove: id => profiles.delete(id),
    unlink: identifier => links.delete(identifier),
    account: () => undefined,
    putAccount: () => undefined,
    removeAccount: () => undefined,
    seen: id => remember(id),
    imported: (file, row) => remember(`${file}:${row}`),
  }
}
