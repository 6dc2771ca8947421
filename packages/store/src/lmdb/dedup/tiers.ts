import type { Horizon } from '../../horizon.ts'
import type { RunEntry } from './run.ts'

/** Runs of one size class are merged when there are so many. */
const FANOUT = 4
/** Runs up to this many ids are one class. */
const SMALLEST = 4096
/** No merge makes a larger run (256 MB), so that forgetting goes by parts of the horizon. */
const LARGEST = 32 << 20
/** Nor one that spans more than a day. */
const SPAN_MS = 86_400_000

/** The first runs worth merging into one, neighbours of one size class; empty: none. */
export function mergeable(runs: readonly RunEntry[]): RunEntry[] {
  for (let i = 0; i + FANOUT <= runs.length; i++) {
    const some = runs.slice(i, i + FANOUT)
    const ids = some.reduce((sum, run) => sum + run.ids, 0)
    const span = Math.max(...some.map(run => run.latest)) - Math.min(...some.map(run => run.earliest))
    if (some.every(run => tier(run) === tier(some[0]!)) && ids <= LARGEST && span <= SPAN_MS) return some
  }
  return []
}

function tier({ ids }: RunEntry): number {
  return ids <= SMALLEST ? 0 : Math.floor(Math.log(ids / SMALLEST) / Math.log(FANOUT)) + 1
}

/**
 * The runs that are beyond the horizon: all their ids older than its age, or more than enough ids in younger ones. Age is
 * counted from the latest id, not from the clock: nothing is forgotten while nothing comes in.
 */
export function forgotten(runs: readonly RunEntry[], horizon: Horizon): RunEntry[] {
  const now = Math.max(...runs.map(run => run.latest))
  const gone: RunEntry[] = []
  let left = runs.reduce((sum, run) => sum + run.ids, 0)
  for (const run of runs) {
    if (run.latest >= now - horizon.ageMs && left - run.ids < horizon.ids) break
    gone.push(run)
    left -= run.ids
  }
  return gone
}
