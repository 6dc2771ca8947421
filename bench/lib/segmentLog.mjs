import { NO_NAMES } from '@espalier/core/segment'
import { startEngine } from '../../packages/warehouse/dist/contract/engine.js'
import { segmentOverlap, segmentSize } from '../../packages/warehouse/dist/queries/segments.js'
import { migrate } from '../../packages/warehouse/dist/schema/migrate.js'
import { family, usage } from './process.mjs'
import { fillShop, shop } from './shopLog.mjs'

const ordered = 'Order Completed'
const added = 'Product Added'

/** Conditions as teams write them. */
const conditions = {
  buyers: { did: ordered, within: '30d' },
  spenders: { value: { sum: 'total', of: ordered, within: '30d' }, gte: 100 },
  atRisk: { all: [{ did: ordered }, { not: { did: ordered, within: '28d' } }] },
  cartAbandoners: {
    all: [
      { did: added, within: '7d' },
      { not: { did: added, within: '1h' } },
      { not: { did: ordered, sinceLast: added } },
    ],
  },
  browsers: { did: 'Product Viewed', atLeast: 3, within: '30d' },
  neverBought: { not: { did: ordered } },
  sequence: { sequence: [{ did: added }, { did: ordered, within: '7d' }] },
}

/** How long it takes to size segments, and the overlap of two, over a log of so many events: seconds of the wall and of processors. */
export async function segmentLog({ events, people, log }) {
  const opened = await startEngine({ memory: 4_000_000_000, queryMemory: 3_000_000_000, queryTimeout: 600, threads: 2 })
  try {
    await migrate(opened.database)
    await fillShop(opened.database, { events, exposed: Math.round(people / 1.1), log })
    const moment = { workspace: shop.workspace, at: shop.now, latest: true, language: NO_NAMES }
    const timed = {}
    for (const [name, condition] of Object.entries(conditions)) {
      timed[name] = await fastest(() => segmentSize(opened.database, { ...moment, condition }))
      log(
        `${name}: ${timed[name].answer} people, ${timed[name].seconds.toFixed(2)} s, ${timed[name].cpuSeconds.toFixed(2)} s of CPU`,
      )
    }
    const two = [conditions.buyers, conditions.cartAbandoners]
    timed.overlap = await fastest(() => segmentOverlap(opened.database, { ...moment, conditions: two }))
    log(`overlap: ${timed.overlap.seconds.toFixed(2)} s, ${timed.overlap.cpuSeconds.toFixed(2)} s of CPU`)
    return Object.fromEntries(
      Object.entries(timed).map(([name, { seconds, cpuSeconds }]) => [name, { seconds, cpuSeconds }]),
    )
  } finally {
    await opened.close()
  }
}

/** The fastest of three. */
async function fastest(ask) {
  const engine = family(process.pid).filter(pid => pid !== process.pid)
  let best
  for (let i = 0; i < 3; i++) {
    const before = usage(engine).cpuSeconds
    const began = performance.now()
    const answer = await ask()
    const seconds = (performance.now() - began) / 1000
    const cpuSeconds = usage(engine).cpuSeconds - before
    if (best === undefined || seconds < best.seconds) best = { answer, seconds, cpuSeconds }
  }
  return best
}
