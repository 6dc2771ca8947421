import type { ConsentRules } from '@espalier/core/consent'
import type { IdentityRules } from '@espalier/core/identity'
import type { Applied, Entry, Plan } from '@espalier/core/stream'
import { type Store, StoreError } from '@espalier/store'
import type { Metrics } from '../metrics.ts'
import { Problem } from '../problem.ts'
import { lanesOf } from './lanes.ts'

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
  /** Hears what became of the entries of each commit. */
  readonly note?: (workspace: string, applied: readonly Applied[]) => void
  /** Milliseconds for which the event loop was busy, since any time. */
  readonly busyMs: () => number
  /** Bounds of one workspace's waiting entries; beyond either, `too_busy` (R11). */
  readonly maxItems: number
  readonly maxBytes: number
}

/** Entries in one commit: beyond this a larger commit gains little and makes the next wait longer. */
const COMMIT_ITEMS = 2000

/**
 * Hears how many milliseconds the event loop was busy while entries were committed, by their share of the commit: not for how long
 * they waited for their turn or for the disk.
 */
export type Spent = (ms: number) => void

/** Entries of one request in one lane. */
interface Job {
  readonly entries: readonly Entry[]
  readonly spent: Spent | undefined
  readonly resolve: (applied: readonly Applied[]) => void
  readonly reject: (error: unknown) => void
}

/** What is committed one after the other. */
interface Lane {
  readonly workspace: string
  readonly jobs: Job[]
  isBusy: boolean
}

/** What a workspace has waiting, and under way. */
interface Load {
  readonly lanes: readonly Lane[]
  items: number
  bytes: number
}

/**
 * Micro-batches: while commits are under way, what arrives gathers, and goes together in the next. One fsync then serves
 * many requests, and each is acknowledged when its entries are durable (R2, R4). Workspaces take turns (R13). Where a store takes
 * several commits at once, a workspace has as many lanes, so that they do not wait for each other's people.
 */
export class CommitQueue {
  readonly #options: QueueOptions
  readonly #loads = new Map<string, Load>()
  /** Lanes that have something and are not busy. */
  readonly #turns: Lane[] = []
  readonly #idle: (() => void)[] = []
  readonly #commits = new Set<Promise<void>>()
  #closed = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** What became of each entry, once durable. Throws `too_busy` at the bound, and what the store throws. */
  submit(workspace: string, entries: readonly Entry[], bytes: number, spent?: Spent): Promise<readonly Applied[]> {
    if (entries.length === 0) return Promise.resolve([])
    const { maxItems, maxBytes, metrics, now } = this.#options
    if (this.#closed) {
      metrics.events.inc({ outcome: 'refused' }, entries.length)
      return Promise.reject(new Problem('unavailable', 'The server is stopping.', { retryAfter: 2 }))
    }
    const load = this.#loadOf(workspace)
    // A workspace with nothing waiting may bring whatever one request may hold.
    if (load.items > 0 && (load.items + entries.length > maxItems || load.bytes + bytes > maxBytes)) {
      metrics.events.inc({ outcome: 'refused' }, entries.length)
      const message = `${load.items} events of this workspace are waiting to be stored already.`
      return Promise.reject(new Problem('too_busy', message, { retryAfter: 1 }))
    }
    load.items += entries.length
    load.bytes += bytes
    const queued = now()
    const { lanes } = load
    const done = lanes.length === 1 ? this.#push(lanes[0]!, entries, spent) : this.#divide(lanes, entries, spent)
    return done
      .finally(() => {
        load.items -= entries.length
        load.bytes -= bytes
      })
      .then(applied => {
        metrics.acknowledge.observe((now() - queued) / 1000)
        return applied
      })
  }

  /** Entries that wait or are being committed, over all workspaces. */
  get waiting(): number {
    let items = 0
    for (const load of this.#loads.values()) items += load.items
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

  #loadOf(workspace: string): Load {
    let load = this.#loads.get(workspace)
    if (load === undefined) {
      const lane = (): Lane => ({ workspace, jobs: [], isBusy: false })
      load = { lanes: Array.from({ length: this.#options.store.concurrency }, lane), items: 0, bytes: 0 }
      this.#loads.set(workspace, load)
    }
    return load
  }

  #push(lane: Lane, entries: readonly Entry[], spent: Spent | undefined): Promise<readonly Applied[]> {
    return new Promise((resolve, reject) => {
      if (lane.jobs.length === 0 && !lane.isBusy) this.#turns.push(lane)
      lane.jobs.push({ entries, spent, resolve, reject })
      this.#next()
    })
  }

  /** Settled when all parts are; what one of them failed with is told for the request. */
  async #divide(
    lanes: readonly Lane[],
    entries: readonly Entry[],
    spent: Spent | undefined,
  ): Promise<readonly Applied[]> {
    const parts = lanes.map(() => [] as number[])
    for (const [i, lane] of lanesOf(entries, lanes.length).entries()) parts[lane]!.push(i)
    const pushed = parts.map((part, lane) =>
      part.length === 0
        ? []
        : this.#push(lanes[lane]!, part.length === entries.length ? entries : part.map(i => entries[i]!), spent),
    )
    const applied = new Array<Applied>(entries.length)
    for (const [lane, done] of (await Promise.allSettled(pushed)).entries()) {
      if (done.status === 'rejected') throw done.reason
      for (const [n, i] of parts[lane]!.entries()) applied[i] = done.value[n]!
    }
    return applied
  }

  #next(): void {
    while (this.#commits.size < this.#options.store.concurrency) {
      const lane = this.#turns.shift()
      if (lane === undefined) break
      lane.isBusy = true
      const commit = this.#commit(lane, takeJobs(lane)).finally(() => {
        this.#commits.delete(commit)
        lane.isBusy = false
        if (lane.jobs.length > 0) this.#turns.push(lane)
        this.#next()
        if (this.#commits.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
      })
      this.#commits.add(commit)
    }
  }

  async #commit(lane: Lane, jobs: readonly Job[]): Promise<void> {
    const { store, now, plan, consent, identity, metrics, busyMs } = this.#options
    const { workspace } = lane
    const started = now()
    const busy = busyMs()
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
      this.#options.note?.(workspace, applied)
      let at = 0
      const took = busyMs() - busy
      for (const job of jobs) {
        job.spent?.((took * job.entries.length) / entries.length)
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
