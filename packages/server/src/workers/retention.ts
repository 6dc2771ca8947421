import { hash } from 'node:crypto'
import { nextExpiry, type RetentionRules } from '@espalier/core/consent'
import type { Entry } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { LiveDefinitions } from '../pipeline/definitions.ts'
import type { CommitQueue } from '../pipeline/queue.ts'
import { takeLease } from './lease.ts'
import { Rounds } from './rounds.ts'

export interface RetentionOptions {
  readonly store: Pick<Store, 'people' | 'records' | 'leases' | 'keys'>
  readonly warehouse: Pick<Warehouse, 'expire'>
  readonly definitions: LiveDefinitions
  readonly queue: CommitQueue
  readonly now: () => number
  readonly log: Logger
  readonly holder: string
}

/** How often it is looked whether a day has passed or settings have changed. */
const EVERY_MS = 10 * 60_000
const DAY_MS = 86_400_000
const PAGE = 500
/** Where it is noted what was done when. */
const NOTE = 'retention'

/**
 * Lets go what a workspace no longer keeps: rows of the warehouse once a day, by whole days. What is over of a profile nobody sees
 * from that instant on, and the person's timer drops it; here only those are looked for whose timer was set before the settings
 * were.
 */
export class Retention {
  readonly #options: RetentionOptions
  readonly #rounds: Rounds

  constructor(options: RetentionOptions) {
    this.#options = options
    this.#rounds = new Rounds({
      work: () => this.round(),
      pause: () => EVERY_MS,
      failed: error =>
        options.log.warn({ err: error }, 'what is no longer kept could not be removed; it is tried again'),
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Settings may have changed. */
  nudge(): void {
    this.#rounds.nudge()
  }

  /** All that is due now; the rows removed. For tests, and at each turn. */
  async round(): Promise<number> {
    let removed = 0
    for (const workspace of await this.#options.store.keys.workspaces()) removed += await this.#keep(workspace)
    return removed
  }

  async #keep(workspace: string): Promise<number> {
    const { store, definitions, now } = this.#options
    const set = await definitions.of(workspace)
    const rules = set.compiled.retention
    const settings = hash('sha256', JSON.stringify(set.settings.retention ?? {}), 'hex')
    const day = Math.floor(now() / DAY_MS)
    const [noted] = await store.records.get(workspace, [NOTE])
    const isNew = noted?.body.settings !== settings
    // That nothing is let go any more is noted as well: who comes meanwhile has no timer for what is said later.
    if (rules.isEmpty && rules.tables.size === 0 && (noted === undefined || !isNew)) return 0
    if (noted?.body.day === day && !isNew) return 0
    const release = await takeLease(this.#options, `retention:${workspace}`)
    if (release === undefined) return 0
    try {
      // Stopped half way it is not noted, and begins anew after the next start.
      if (isNew && !(await this.#setTimers(workspace, rules))) return 0
      const removed = await this.#expire(workspace, rules, day)
      await store.records.put(workspace, [{ id: NOTE, updated: now(), body: { day, settings, removed } }])
      return removed
    } finally {
      await release()
    }
  }

  async #expire(workspace: string, rules: RetentionRules, day: number): Promise<number> {
    const { warehouse, log } = this.#options
    let removed = 0
    for (const [table, keep] of rules.tables) {
      const before = Math.floor((day * DAY_MS - keep) / DAY_MS) * DAY_MS
      const rows = await warehouse.expire({ workspace, table, before })
      if (rows > 0) log.info({ workspace, table, rows }, 'rows that are no longer kept are removed')
      removed += rows
    }
    return removed
  }

  /** Looks at everybody once: their timers did not know of these settings. False: it was stopped before. */
  async #setTimers(workspace: string, rules: RetentionRules): Promise<boolean> {
    const { store, queue } = this.#options
    if (rules.isEmpty) return true
    let after: string | undefined
    do {
      const people = await store.people.page(workspace, after, PAGE)
      const untimed = people.filter(person => nextExpiry(person, rules) < (person.due ?? Number.POSITIVE_INFINITY))
      const entries = untimed.map(({ id }): Entry => ({ kind: 'tick', profile: id }))
      await queue.submit(workspace, entries, 100 * entries.length)
      if (people.length < PAGE) return true
      after = people.at(-1)?.id
    } while (!this.#rounds.stopped)
    return false
  }
}
