import { performance } from 'node:perf_hooks'

/** Of a busy event loop, the part that work in the background may take. */
const SHARE = 1 / 10
/** A loop of which others take less than this has room for us. */
const BUSY = 0.5
/** Requests a millisecond below which nobody waits long enough for us to step aside further. */
const FEW = 20 / 1000
/** Milliseconds of a rest at most: whoever holds a lease has to be back before it ends. */
const LONGEST = 20_000
/** How long others are watched after a piece of work: a part of what the piece took, within bounds of milliseconds. */
const WATCHED = { share: 0.2, least: 2, most: 50 }

export interface CourtesyParts {
  /** Milliseconds, of any origin. */
  readonly clock: () => number
  /** The part of the time since it was last asked in which the event loop was busy, 0 to 1. */
  readonly utilization: () => number
  /** How many requests came since it was last asked. */
  readonly requests: () => number
  readonly pause: (ms: number) => Promise<void>
}

/**
 * Lets long work in the background go as fast as it can while nobody else wants the event loop, and take a tenth of it where
 * others do. After each piece it steps aside for a moment and looks: what the loop does then is not ours, or is what our own work
 * leaves to do (rows to ship, a checkpoint) where hardly a request came.
 */
export class Courtesy {
  readonly #parts: CourtesyParts
  #resumed: number

  constructor(parts: CourtesyParts) {
    this.#parts = parts
    this.#resumed = parts.clock()
  }

  /**
   * Between two pieces of work. `worked` is how many milliseconds the last one really took; where it waited for its turn behind
   * others, it gave way already.
   */
  async giveWay(worked: number): Promise<void> {
    const { clock, utilization, requests, pause } = this.#parts
    const passed = clock() - this.#resumed
    const watched = Math.min(WATCHED.most, Math.max(WATCHED.least, worked * WATCHED.share))
    utilization()
    await pause(watched)
    const rest = Math.min(LONGEST, worked / SHARE - passed) - watched
    const asked = requests() / (clock() - this.#resumed)
    if (rest > 0 && asked > FEW && utilization() > BUSY) await pause(rest)
    requests()
    this.#resumed = clock()
  }
}

/** Milliseconds for which this process's event loop was busy since it began. */
export const busyMs = (): number => performance.eventLoopUtilization().active

/** How busy this process's event loop is. */
export function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
