import { closedLoop, connect } from './lib/load.mjs'
import { chain, mergeInto, storms } from './lib/merges.mjs'
import { startProcess } from './lib/process.mjs'

const CONNECTIONS = 8
const BATCH = 100
const SIZES = [1, 10, 100, 400]

/** What merges, storms of them and their undoing cost: see README.md. */
export async function bench({ full, log }) {
  const reducer = measureReducer(full, log)
  const engine = await startProcess('engine')
  const client = connect(engine.url, engine.secretKey, CONNECTIONS)
  const people = full ? 100_000 : 20_000
  const batches = async (what, item) => {
    let next = 0
    const send = async () => {
      const first = next
      next = Math.min(people, next + BATCH)
      if (first === next) return 0
      const batch = Array.from({ length: next - first }, (_, i) => item(first + i))
      await client.post('/v1/batch', JSON.stringify({ batch }))
      return batch.length
    }
    const result = await closedLoop({ connections: CONNECTIONS, seconds: 600, send })
    log(`${what}: ${Math.round(result.rate)} events/s, p99 ${result.p99Ms.toFixed(1)} ms a batch`)
    return result
  }
  const identify = (i, who) => ({ type: 'identify', ...who, traits: { plan: 'pro', n: i } })
  await batches('visitors', i => ({ type: 'page', name: 'Home', anonymousId: `device-${i}` }))
  await batches('users', i => identify(i, { userId: `user-${i}` }))
  await engine.ask('drain')
  const merges = await batches('each merges two people', i =>
    identify(i, { userId: `user-${i}`, anonymousId: `device-${i}` }),
  )
  await engine.ask('drain')
  const plain = await batches('the same again', i => identify(i, { userId: `user-${i}`, anonymousId: `device-${i}` }))
  await engine.ask('drain')

  const undone = await undo(client, i => [`user-${i}`, `device-${i}`], full ? 200 : 40)
  log(`un-merges of 4 events: p50 ${undone.p50Ms.toFixed(0)} ms, p99 ${undone.p99Ms.toFixed(0)} ms`)
  const long = full ? 50_000 : 5_000
  for (let i = 0; i < long; i += 500) {
    const one = n => ({ type: 'track', event: 'Product Viewed', [n % 2 ? 'userId' : 'anonymousId']: 'long' })
    await client.post('/v1/batch', JSON.stringify({ batch: Array.from({ length: 500 }, (_, n) => one(n)) }))
  }
  await client.post('/v1/identify', JSON.stringify({ userId: 'long', anonymousId: 'long' }))
  await engine.ask('drain')
  const longUndone = await undo(client, () => ['long', 'long'], 1)
  log(`an un-merge of ${long} events: ${longUndone.p50Ms.toFixed(0)} ms`)
  const audits = await times(full ? 200 : 40, i => client.get(`/v1/profiles/userId%3Auser-${i}/identity`))
  await client.close()
  await engine.stop()
  return {
    rate: merges.rate,
    p50Ms: merges.p50Ms,
    p99Ms: merges.p99Ms,
    ratio: merges.rate / plain.rate,
    reference: 'the same events of people who are one already',
    n: merges.n,
    referenceRate: plain.rate,
    ...reducer,
    unmergeP50Ms: undone.p50Ms,
    unmergeP99Ms: undone.p99Ms,
    unmergeLongMs: longUndone.p50Ms,
    unmergeLongEvents: long,
    auditP50Ms: audits.p50Ms,
    auditP99Ms: audits.p99Ms,
  }
}

function measureReducer(full, log) {
  const rounds = size => Math.min(full ? 1000 : 300, Math.ceil((full ? 100_000 : 20_000) / size))
  mergeInto(1, rounds(1))
  const bySize = Object.fromEntries(SIZES.map(size => [size, mergeInto(size, rounds(size))]))
  for (const [size, { micros }] of Object.entries(bySize)) log(`a merge into ${size} sources: ${micros.toFixed(1)} µs`)
  const length = full ? 50_000 : 10_000
  chain(1000)
  const { first, second, most } = chain(length)
  log(
    `a chain of ${length} merges: ${first.micros.toFixed(1)} µs an event, then ${second.micros.toFixed(1)} µs; at most ${most} sources a person`,
  )
  const storm = storms(full ? 200_000 : 50_000)
  const micros = Object.fromEntries(Object.entries(storm).map(([name, one]) => [name, one.micros]))
  log(`storms: ${JSON.stringify(micros)} µs an event`)
  return {
    mergeMicros: Object.fromEntries(Object.entries(bySize).map(([size, one]) => [size, one.micros])),
    chainMicrosFirstHalf: first.micros,
    chainMicrosSecondHalf: second.micros,
    chainLinksPerEvent: second.links,
    plainMicros: storm.plain.micros,
    usersOnOneDeviceMicros: storm.users.micros,
    devicesOfOneUserMicros: storm.devices.micros,
  }
}

/** Splits devices off their users, one after the other. */
function undo(client, names, n) {
  return times(n, i => {
    const [user, device] = names(i)
    return client.post(
      `/v1/profiles/${encodeURIComponent(`userId:${user}`)}/unmerge`,
      JSON.stringify({ split: `anonymousId:${device}` }),
    )
  })
}

function times(n, work) {
  let i = 0
  const send = async () => {
    if (i === n) return 0
    await work(i++)
    return 1
  }
  return closedLoop({ connections: 1, seconds: 600, send })
}
