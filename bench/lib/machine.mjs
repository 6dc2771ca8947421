import { readFileSync } from 'node:fs'
import { usage } from './process.mjs'

/** Long enough for the kernel's clock of 10 ms. */
const SLICE_MS = 250
/** Of all cores, what others may take of a slice that counts as quiet. */
const QUIET = 0.08

/**
 * Looks, slice by slice, how much of the machine others take: other processes on it, and the host that runs other machines beside it
 * (`steal`). What this benchmark's own processes do to each other is no disturbance.
 *
 * @param {() => number[]} pids processes of the benchmark besides its own
 */
export function watchMachine(pids) {
  const slices = []
  const all = () => [process.pid, ...pids()]
  let from = performance.now()
  let before = reading(all())
  const timer = setInterval(() => {
    const now = performance.now()
    const after = reading(all())
    const ticks = Math.max(1, after.ticks - before.ticks)
    const others = (after.busy - before.busy - (after.own - before.own)) / ticks
    slices.push({ from, to: now, others: Math.max(0, others), stolen: (after.stolen - before.stolen) / ticks })
    from = now
    before = after
  }, SLICE_MS)
  const at = moment => slices.find(slice => moment >= slice.from && moment < slice.to)
  return {
    stop: () => clearInterval(timer),
    /** Mean share of the machine that others took. */
    others: () => slices.reduce((sum, { others }) => sum + others, 0) / Math.max(1, slices.length),
    stolen: () => slices.reduce((sum, { stolen }) => sum + stolen, 0) / Math.max(1, slices.length),
    /** Whether others let the machine alone from one moment to another. */
    wasQuiet(from, to) {
      for (let moment = from; ; moment = Math.min(to, moment + SLICE_MS / 2)) {
        const slice = at(moment)
        if (slice === undefined || slice.others > QUIET) return false
        if (moment >= to) return true
      }
    },
  }
}

/** Ticks of 10 ms of all cores since the machine started. */
function reading(pids) {
  const [user, nice, system, idle, wait, hard, soft, steal] = readFileSync('/proc/stat', 'latin1')
    .slice(4, 200)
    .trim()
    .split(/\s+/, 8)
    .map(Number)
  const busy = user + nice + system + hard + soft + steal
  return { busy, ticks: busy + idle + wait, stolen: steal, own: usage(pids).cpuSeconds * 100 }
}
