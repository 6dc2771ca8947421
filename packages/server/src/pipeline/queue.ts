import type { ConsentRules } from '@espalier/core/consent'
import type { IdentityRules } from '@espalier/core/identity'
import type { Applied, Entry, Plan } from '@espalier/core/stream'
import { type Store, StoreError } from '@espalier/store'
import type { Metrics } from '../metrics.ts'
import { Problem } from '../problem.ts'

export interface QueueOptions {
  readonly store: Pick<Store, 'people' | 'concurrency'>
  readonly now: () => number
  /** What the stream has to know of the definitions of this moment. */
  readonly plan: (workspace: string) => Plan
  /** What may be stored of whom (R8). */
  readonly consent: (workspace: string) => ConsentRules
  /** By what people are known. */
  readonly identity: (workspace: string) => IdentityRules
  readonly metrics: Metrics
  /** Bounds of one workspace's waiting entries; beyond either, `too_busy` (R11). */
  readonly maxItems: number
  readonly maxBytes: number
}

/** Entries in one commit: beyond this a larger commit gains little and makes the next wait longer. */
const COMMIT_ITEMS = 2000

interface Job {
  readonly entries: readonly Entry[]
  readonly bytes: number
  readonly queued: number
  readonly resolve: (applied: readonly Applied[]) => void
  readonly reject: (error: unknown) => void
}

interface Lane {
  readonly workspace: string
  readonly jobs: Job[]
  items: number
  bytes: number
}

/**
 * Micro-batches: while commits are under way, what arrives gathers, and goes together in the next. One fsync then serves
 * many requests, and each is acknowledged when its entries are durable (R2, R4). Workspaces take turns (R13).
 */
export class CommitQueue {
  readonly #options: QueueOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #turns: Lane[] = []
  readonly #idle: (() => void)[] = []
  readonly #commits = new Set<Promise<void>>()
  #closed = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** What became of each entry, once durable. Throws `too_busy` at the bound, and what the store throws. */
  submit(workspace: string, entries: readonly Entry[], bytes: number): Promise<readonly Applied[]> {
    if (entries.length === 0) return Promise.resolve([])
    const { maxItems, maxBytes, metrics, now } = this.#options
    if (this.#closed) {
      metrics.events.inc({ outcome: 'refused' }, entries.length)
      return Promise.reject(new Problem('unavailable', 'The server is stopping.', { retryAfter: 2 }))
    }
    const lane = this.#laneOf(workspace)
    // A lane with nothing in it takes whatever one request may hold.
    if (lane.items > 0 && (lane.items + entries.length > maxItems || lane.bytes + bytes > maxBytes)) {
      metrics.events.inc({ outcome: 'refused' }, entries.length)
      const message = `${lane.items} events of this workspace are waiting to be stored already.`
      return Promise.reject(new Problem('too_busy', message, { retryAfter: 1 }))
    }
    return new Promise((resolve, reject) => {
      if (lane.jobs.length === 0) this.#turns.push(lane)
      lane.jobs.push({ entries, bytes, queued: now(), resolve, reject })
      lane.items += entries.length
      lane.bytes += bytes
      this.#next()
    })
  }

  /** Entries that wait or are being committed, over all workspaces. */
  get waiting(): number {
    let items = 0
    for (const lane of this.#lanes.values()) items += lane.items
    return items
  }

  /** Settled when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    if (this.#commits.size === 0 && this.#turns.length === 0) return
    await new Promise<void>(resolve => this.#idle.push(resolve))
  }

  /** Settled when the commits under way now are finished: those after it know what is known now. */
  async committed(): Promise<void> {
    await Promise.all(this.#commits)
  }

  /** Takes nothing more; what was taken is finished. */
  async close(): Promise<void> {
    this.#closed = true
    await this.idle()
  }

  #laneOf(workspace: string): Lane {
    let lane = this.#lanes.get(workspace)
    if (lane === undefined) {
      lane = { workspace, jobs: [], items: 0, bytes: 0 }
      this.#lanes.set(workspace, lane)
    }
    return lane
  }

  #next(): void {
    while (this.#commits.size < this.#options.store.concurrency) {
      const lane = this.#turns.shift()
      if (lane === undefined) break
      const jobs = takeJobs(lane)
      if (lane.jobs.length > 0) this.#turns.push(lane)
      const commit = this.#commit(lane, jobs).finally(() => {
        this.#commits.delete(commit)
        for (const { entries, bytes } of jobs) {
          lane.items -= entries.length
          lane.bytes -= bytes
        }
        this.#next()
        if (this.#commits.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
      })
      this.#commits.add(commit)
    }
  }

  async #commit(lane: Lane, jobs: readonly Job[]): Promise<void> {
    const { store, now, plan, consent, identity, metrics } = this.#options
    const { workspace } = lane
    const started = now()
    const entries = jobs.length === 1 ? jobs[0]!.entries : jobs.flatMap(job => job.entries)
    try {
      const applied = await store.people.commit({
        workspace,
        entries,
        now: started,
        plan: plan(workspace),
        consent: consent(workspace),
        identity: identity(workspace),
      })
      const ended = now()
      metrics.commits.observe((ended - started) / 1000)
      metrics.commitItems.observe(entries.length)
      count(applied, metrics)
      let at = 0
      for (const job of jobs) {
        metrics.acknowledge.observe((ended - job.queued) / 1000)
        job.resolve(applied.slice(at, at + job.entries.length))
        at += job.entries.length
      }
    } catch (error) {
      // An entry that cannot be applied must not take the requests down that it happened to travel with.
      if (jobs.length > 1 && !(error instanceof StoreError)) {
        for (const job of jobs) await this.#commit(lane, [job])
        return
      }
      metrics.events.inc({ outcome: 'failed' }, entries.length)
      for (const job of jobs) job.reject(error)
    }
  }
}

function takeJobs(lane: Lane): Job[] {
  let items = 0
  let taken = 0
  for (const job of lane.jobs) {
    if (taken > 0 && items + job.entries.length > COMMIT_ITEMS) break
    items += job.entries.length
    taken++
  }
  return lane.jobs.splice(0, taken)
}

function count(applied: readonly Applied[], metrics: Metrics): void {
  const counts = new Map<string, number>()
  for (const { outcome, reason } of applied) {
    // `refused` is what a full queue does not take.
    const label = outcome === 'refused' ? (reason ?? outcome) : outcome
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  for (const [outcome, n] of counts) metrics.events.inc({ outcome }, n)
}
