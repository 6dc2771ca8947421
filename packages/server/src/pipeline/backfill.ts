import { messageHash } from '@espalier/core/event'
import type { Entry, SignalNeed, SignalNeeds } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { Shipper } from '../workers/shipper.ts'
import type { LiveDefinitions } from './definitions.ts'
import type { CommitQueue } from './queue.ts'

export interface BackfillParts {
  readonly store: Pick<Store, 'counters' | 'leases'>
  readonly warehouse: Pick<Warehouse, 'eventTimes'>
  readonly definitions: LiveDefinitions
  readonly queue: CommitQueue
  readonly shipper: Pick<Shipper, 'drain'>
  readonly now: () => number
  readonly log: Logger
  readonly holder: string
  /** How long other nodes may still use the set before; 0 where there are none. */
  readonly settleMs: number
}

/** Marks of the signals that are filled in, kept where counters are: durable, and the same for all nodes. */
const MARKS = 'backfilled-signals'
const LEASE_MS = 60_000
const RETRY_MS = 5000
const ENTRIES = 500
/** Events may be timed this far ahead (R10). */
const AHEAD_MS = 10 * 60_000

/**
 * Fills in signals that a new definition needs from the log. In this order, so that no event falls between: the stream keeps
 * the signal already (on all nodes); what was committed before is shipped; then the warehouse is asked. Events in both
 * count once, since times are joined as sets. Work that was interrupted is found again by its missing mark.
 */
export class Backfill {
  readonly #parts: BackfillParts
  readonly #running = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  #stopped = false

  constructor(parts: BackfillParts) {
    this.#parts = parts
  }

  /** Sees to it, in the background, that all signals the live definitions need are filled in. */
  schedule(workspace: string): void {
    if (this.#stopped) return
    if (this.#running.has(workspace)) {
      this.#again.add(workspace)
      return
    }
    const run = this.#run(workspace).finally(() => {
      this.#running.delete(workspace)
      if (this.#again.delete(workspace)) this.schedule(workspace)
    })
    this.#running.set(workspace, run)
  }

  /** Workspaces in which a signal is being filled in: until then conditions on it may answer too low. */
  get pending(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** Settled when nothing scheduled so far is left to do. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running.values())
  }

  async #run(workspace: string): Promise<void> {
    const { log, store, holder, now } = this.#parts
    const lease = `backfill:${workspace}`
    while (!this.#stopped) {
      try {
        if (!(await store.leases.acquire(lease, holder, now(), LEASE_MS))) {
          await this.#pause(RETRY_MS)
          continue
        }
        try {
          await this.#fillAll(workspace, lease)
          return
        } finally {
          await store.leases.release(lease, holder)
        }
      } catch (error) {
        if (this.#stopped) return
        log.warn({ err: error, workspace }, 'filling in signals from the warehouse failed; it is tried again')
        await this.#pause(RETRY_MS)
      }
    }
  }

  async #fillAll(workspace: string, lease: string): Promise<void> {
    const { definitions, queue, shipper, settleMs } = this.#parts
    const { needs } = (await definitions.of(workspace)).compiled
    const missing: SignalNeed[] = []
    for (const need of allOf(needs)) {
      if (!(await this.#isMarked(workspace, need))) missing.push(need)
    }
    if (missing.length === 0) return
    await this.#pause(settleMs)
    await queue.committed()
    while (!this.#stopped && !(await shipper.drain(10_000))) await this.#renew(lease)
    for (const need of missing) {
      await this.#fill(workspace, need, lease)
      if (this.#stopped) return
      await this.#mark(workspace, need)
    }
  }

  async #fill(workspace: string, { event, key, keep }: SignalNeed, lease: string): Promise<void> {
    const { warehouse, queue, now } = this.#parts
    const pages = warehouse.eventTimes({ workspace, event, since: 0, until: now() + AHEAD_MS, keep })
    for await (const page of pages) {
      for (let at = 0; at < page.length && !this.#stopped; at += ENTRIES) {
        const entries = page.slice(at, at + ENTRIES).map(({ profile, times }): Entry => {
          const hashed = times.map(([time, messageId]): [number, number] => [time, messageHash(messageId)])
          return { kind: 'backfill', profile, signal: key, keep, times: hashed }
        })
        await queue.submit(workspace, entries, 64 * entries.length)
        await this.#renew(lease)
      }
    }
  }

  async #renew(lease: string): Promise<void> {
    await this.#parts.store.leases.acquire(lease, this.#parts.holder, this.#parts.now(), LEASE_MS)
  }

  /** A reservation of nothing left is refused, unless it was made before. */
  async #isMarked(workspace: string, need: SignalNeed): Promise<boolean> {
    const question = { key: markOf(need), n: 1, limit: 0, now: this.#parts.now() }
    return (await this.#parts.store.counters.reserve(workspace, MARKS, question)).granted
  }

  async #mark(workspace: string, need: SignalNeed): Promise<void> {
    const mark = { key: markOf(need), n: 1, limit: Number.MAX_SAFE_INTEGER, now: this.#parts.now() }
    await this.#parts.store.counters.reserve(workspace, MARKS, mark)
  }

  /** Before signals stop being kept up: needed again, they must be filled in again. */
  async forget(workspace: string, before: SignalNeeds, after: SignalNeeds): Promise<void> {
    const kept = new Set(allOf(after).map(markOf))
    for (const mark of allOf(before).map(markOf)) {
      if (!kept.has(mark)) await this.#parts.store.counters.release(workspace, MARKS, mark)
    }
  }

  #pause(ms: number): Promise<void> {
    return ms === 0 || this.#stopped ? Promise.resolve() : new Promise(resolve => setTimeout(resolve, ms))
  }
}

function markOf(need: SignalNeed): string {
  return `${need.key}/${need.keep}`
}

function allOf(needs: SignalNeeds): SignalNeed[] {
  return [...needs.byEvent.values()].flat()
}
