import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { impact } from '@espalier/core/experiment'
import { startEngine } from '../packages/warehouse/dist/contract/engine.js'
import { impacts } from '../packages/warehouse/dist/queries/impact.js'
import { putRates } from '../packages/warehouse/dist/queries/rates.js'
import { migrate } from '../packages/warehouse/dist/schema/migrate.js'
import { usage } from './lib/process.mjs'
import { fillShop, shop } from './lib/shopLog.mjs'
import { shopMetrics } from './lib/shopMetrics.mjs'

/** Events; a tenth as many people are exposed. */
const SIZES = [1_000_000, 10_000_000]
/** As the embedded warehouse has them unless told otherwise. */
const MEMORY = { memory: 1_500_000_000, queryMemory: 900_000_000 }
const PATIENCE = { queryTimeout: 600, patience: 600_000 }

/** A full result of an experience: ten metrics from events to sentences, on one thread. See README.md. */
export async function bench({ full, log }) {
  const steps = []
  for (const events of SIZES) {
    steps.push(await measure(events, full ? 7 : 2, log))
    const { seconds, cpuSeconds, scanCpuSeconds } = steps.at(-1)
    log(
      `${events.toLocaleString('en')} events: a result in ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s of CPU; a bare scan ${scanCpuSeconds.toFixed(2)} s`,
    )
  }
  const [small, large] = steps
  return {
    ...large,
    rate: large.events / large.seconds,
    ratio: large.scanCpuSeconds / large.cpuSeconds,
    reference: large.events / large.scanSeconds,
    n: large.events,
    growth: large.cpuSeconds / small.cpuSeconds,
    steps,
  }
}

async function measure(events, rounds, log) {
  const path = await mkdtemp(join(tmpdir(), 'bench-report-'))
  try {
    await fill(path, events, log)
    const { engine, database } = await startEngine({ path, ...PATIENCE, ...MEMORY })
    const pids = [engine.stats.pid]
    const timed = async work => {
      const [began, before] = [performance.now(), usage(pids).cpuSeconds]
      const answer = await work()
      return {
        answer,
        seconds: (performance.now() - began) / 1000,
        cpuSeconds: usage(pids).cpuSeconds - before,
      }
    }
    const [scans, results] = [[], []]
    for (let round = 0; round < rounds; round++) {
      scans.push(await timed(() => database.rows(SCAN)))
      results.push(await timed(() => result(database)))
    }
    check(results[0].answer, events / 10)
    const status = await readFile(`/proc/${pids[0]}/status`, 'utf8')
    await engine.stop()
    return {
      events,
      exposed: events / 10,
      metrics: Object.keys(shopMetrics).length,
      seconds: median(results.map(({ seconds }) => seconds)),
      bestSeconds: Math.min(...results.map(({ seconds }) => seconds)),
      cpuSeconds: median(results.map(({ cpuSeconds }) => cpuSeconds)),
      scanSeconds: median(scans.map(({ seconds }) => seconds)),
      scanCpuSeconds: median(scans.map(({ cpuSeconds }) => cpuSeconds)),
      mostMb: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024,
    }
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

/** Bare: how much each person spent and how often they came, without arms, times or before and after. */
const SCAN = `SELECT count() AS people, max(times) AS most, sum(money) AS money
  FROM (SELECT profile_hash, count() AS times, sum(revenue) AS money FROM events GROUP BY profile_hash)`

async function fill(path, events, log) {
  const { engine, database } = await startEngine({ path, ...PATIENCE })
  await migrate(database)
  await putRates(database, shop.workspace, [{ day: '2026-01-01', currency: 'GBP', base: 'EUR', rate: 1.15 }])
  await fillShop(database, { events, exposed: events / 10, log })
  // Merges of what came in last would be measured with the report.
  for (let merging = 1; merging > 0; await new Promise(resolve => setTimeout(resolve, 500))) {
    merging = (await database.rows('SELECT count() AS n FROM system.merges'))[0].n
  }
  await engine.stop()
}

async function result(database) {
  const { workspace, experience, now } = shop
  const metrics = Object.values(shopMetrics)
  const statistics = await impacts(database, { workspace, experience, metrics, now })
  return statistics.map(({ arms, contaminated, quantiles }, index) => ({
    arms,
    report: impact(arms, { metric: metrics[index], contaminated, ...(quantiles && { quantiles }) }),
  }))
}

/** A result that is wrong is not worth its time: everybody is in it, and more buy by about as much as was planted. */
function check([buyers], exposed) {
  const people = buyers.arms.reduce((sum, arm) => sum + arm.people, 0)
  if (people !== exposed) throw new Error(`${people} people are in the result, not ${exposed}.`)
  const { lift } = buyers.report.variants.find(({ variant }) => variant === 'bold')
  if (Math.abs(lift.value - shop.lift) > 4 * lift.standardError) {
    throw new Error(`The lift is said to be ${lift.value}, give or take ${lift.standardError}; it is ${shop.lift}.`)
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
