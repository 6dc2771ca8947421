import { hash } from 'node:crypto'
import { nextExpiry, type RetentionRules } from '@espalier/core/consent'
import type { Entry } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { LiveDefinitions } from '../pipeline/definitions.ts'
import type { CommitQueue } from '../pipeline/queue.ts'

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
const LEASE_MS = 60_000
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
  #running: Promise<void> = Promise.resolve()
  #stopped = true
  #wake: () => void = () => {}

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#running
  }

  /** Settings may have changed. */
  nudge(): void {
    this.#wake()
  }

  /** All that is due now; the rows removed. For tests, and at each turn. */
  async round(): Promise<number> {
    let removed = 0
    for (const workspace of await this.#options.store.keys.workspaces()) removed += await this.#keep(workspace)
    return removed
  }

  async #keep(workspace: string): Promise<number> {
    const { store, definitions, now, holder } = this.#options
    const set = await definitions.of(workspace)
    const rules = set.compiled.retention
    if (rules.isEmpty && rules.tables.size === 0) return 0
    const settings = hash('sha256', JSON.stringify(set.settings.retention), 'hex')
    const day = Math.floor(now() / DAY_MS)
    const [noted] = await store.records.get(workspace, [NOTE])
    if (noted?.body.day === day && noted.body.settings === settings) return 0
    const lease = `retention:${workspace}`
    if (!(await store.leases.acquire(lease, holder, now(), LEASE_MS))) return 0
    const renewal = setInterval(() => {
      void store.leases.acquire(lease, holder, now(), LEASE_MS).catch(() => undefined)
    }, LEASE_MS / 3)
    try {
      if (noted?.body.settings !== settings) await this.#setTimers(workspace, rules)
      const removed = await this.#expire(workspace, rules, day)
      await store.records.put(workspace, [{ id: NOTE, updated: now(), body: { day, settings, removed } }])
      return removed
    } finally {
      clearInterval(renewal)
      await store.leases.release(lease, holder)
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

  /** Looks at everybody once: their timers did not know of these settings. */
  async #setTimers(workspace: string, rules: RetentionRules): Promise<void> {
    const { store, queue } = this.#options
    for (let after: string | undefined; !this.#stopped || after === undefined; ) {
      const people = await store.people.page(workspace, after, PAGE)
      const untimed = people.filter(person => nextExpiry(person, rules) < (person.due ?? Number.POSITIVE_INFINITY))
      const entries = untimed.map(({ id }): Entry => ({ kind: 'tick', profile: id }))
      await queue.submit(workspace, entries, 100 * entries.length)
      if (people.length < PAGE) return
      after = people.at(-1)?.id
    }
  }

  async #run(): Promise<void> {
    const { log } = this.#options
    while (!this.#stopped) {
      try {
        await this.round()
      } catch (error) {
        if (!this.#stopped) log.warn({ err: error }, 'what is no longer kept could not be removed; it is tried again')
      }
      if (this.#stopped) return
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, EVERY_MS)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
