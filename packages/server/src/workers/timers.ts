import type { Entry } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { Logger } from 'pino'
import type { CommitQueue } from '../pipeline/queue.ts'
import { Sparing } from '../sparing.ts'
import { Rounds } from './rounds.ts'

export interface TimersOptions {
  readonly store: Pick<Store, 'people' | 'leases' | 'keys'>
  readonly queue: CommitQueue
  /** Makes the plan of a workspace known, without which nothing is looked at. */
  readonly prepare: (workspace: string) => Promise<unknown>
  readonly now: () => number
  readonly log: Logger
  readonly holder: string
  /** Milliseconds that a timer may be late while nothing else is due. */
  readonly every: number
}

/** Timers in one commit: while more are due than were heard, twice as many the next time, so that they keep up with what comes in. */
const BATCH = { least: 500, most: 2000 }
const LEASE_MS = 10_000

/**
 * Hears people's timers (R5): a person whose timer is due goes through the stream like anybody something happened to. Asks only
 * for those that are due, by an index; nothing looks at everybody. Whatever is missed while nothing runs is heard, each at
 * its own instant, when the person is next touched, or here.
 */
export class Timers {
  readonly #options: TimersOptions
  readonly #rounds: Rounds

  constructor(options: TimersOptions) {
    this.#options = options
    const sparing = new Sparing(options.now)
    this.#rounds = new Rounds({
      work: () => this.round(),
      pause: () => options.every,
      failed: error => {
        // It looks several times a second, and each time the store is down.
        const said = sparing.says(String(error))
        if (said !== undefined) options.log.warn({ err: error, ...said }, 'hearing timers failed; it is tried again')
      },
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Hears all that are due now; how many. For tests, and at each turn. */
  async round(): Promise<number> {
    let heard = 0
    for (const workspace of await this.#options.store.keys.workspaces()) heard += await this.#hear(workspace)
    return heard
  }

  async #hear(workspace: string): Promise<number> {
    const { store, queue, prepare, now, holder } = this.#options
    let heard = 0
    if ((await store.people.due(workspace, now(), 1)).length === 0) return heard
    if (!(await store.leases.acquire(`timers:${workspace}`, holder, now(), LEASE_MS))) return heard
    await prepare(workspace)
    for (let batch = BATCH.least; ; batch = Math.min(2 * batch, BATCH.most)) {
      const due = await store.people.due(workspace, now(), batch)
      if (due.length === 0) return heard
      const entries = due.map(({ profile }): Entry => ({ kind: 'tick', profile }))
      await queue.submit(workspace, entries, 100 * entries.length)
      heard += due.length
      if (due.length < batch || this.#rounds.stopped) return heard
      await store.leases.acquire(`timers:${workspace}`, holder, now(), LEASE_MS)
    }
  }
}
