import { setTimeout } from 'node:timers/promises'
import { UPKEEP_KEY, type Upkeep } from '@espalier/core/definition'
import { planOf, planSourceOf, unseenSegments, upkeepOf, withDone } from '@espalier/core/plan'
import type { KeptSignal } from '@espalier/core/signal'
import { type Entry, type PastEntry, pastEntry, pastNeeded } from '@espalier/core/stream'
import { type Store, StoreError } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { LiveDefinitions } from '../pipeline/definitions.ts'
import type { Demand } from '../pipeline/demand.ts'
import type { CommitQueue } from '../pipeline/queue.ts'
import { Courtesy, loopUtilization } from './courtesy.ts'
import type { Shipper } from './shipper.ts'

export interface BackfillParts {
  readonly store: Pick<Store, 'leases' | 'people' | 'definitions'>
  readonly warehouse: Pick<Warehouse, 'pastEvents'>
  readonly definitions: LiveDefinitions
  readonly queue: CommitQueue
  readonly demand: Demand
  readonly shipper: Pick<Shipper, 'drain' | 'mark'>
  readonly now: () => number
  readonly log: Logger
  readonly holder: string
  /** How long other nodes may still use the set before; 0 where there are none. */
  readonly settleMs: number
}

const LEASE_MS = 60_000
const RETRY_MS = 5000
const ENTRIES = 500
/** Who publishes what nobody authors. */
const AUTHOR = 'espalier'

/** How far the work on new definitions is. */
export interface BackfillProgress {
  /** Sources of which the past was taken in. */
  readonly filled: number
  /** People of whom was looked which new segments they are in. */
  readonly looked: number
}

/**
 * Fills in signals that new definitions need from the log, then looks who is in the new segments. In this order, so that no event
 * falls between: the stream keeps the signal already (on all nodes), and says with each event's row under which definitions it
 * was applied; what was committed before is shipped; then the warehouse is asked for what was applied under earlier ones. Each
 * source's past is taken in once, however often it is given. Work that was interrupted is found again by the upkeep
 * that is published with the definitions.
 */
export class Backfill {
  readonly #parts: BackfillParts
  readonly #running = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #progress = new Map<string, BackfillProgress>()
  readonly #ended = new AbortController()
  #stopped = false

  constructor(parts: BackfillParts) {
    this.#parts = parts
  }

  /** Sees to it, in the background, that all that live definitions need is filled in. */
  schedule(workspace: string): void {
    if (this.#stopped) return
    if (this.#running.has(workspace)) {
      this.#again.add(workspace)
      return
    }
    const run = this.#run(workspace).finally(() => {
      this.#running.delete(workspace)
      this.#progress.delete(workspace)
      if (this.#again.delete(workspace)) this.schedule(workspace)
    })
    this.#running.set(workspace, run)
  }

  /** Workspaces in which a signal is being filled in: until then conditions on it may answer too low. */
  get pending(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** What this node has done of it; undefined: nothing is under way here. */
  progress(workspace: string): BackfillProgress | undefined {
    return this.#progress.get(workspace)
  }

  /** Settled when nothing scheduled so far is left to do. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#ended.abort()
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
    const { definitions, store, queue, settleMs } = this.#parts
    for (;;) {
      const set = await store.definitions.current(workspace)
      const plan = planOf(planSourceOf(set))
      const unfilled = [...plan.signals.values()].filter(({ filled }) => !filled)
      const unseen = unseenSegments(set, plan)
      if (this.#stopped || (unfilled.length === 0 && unseen.length === 0)) return
      // The plan is in use on this node now, and after a while on all others.
      await definitions.refresh(workspace)
      await this.#pause(settleMs)
      await queue.committed()
      if (unfilled.length > 0) {
        const { shipper } = this.#parts
        const mark = await shipper.mark()
        while (!this.#stopped && !(await shipper.drain(10_000, mark))) await this.#renew(lease)
        await this.#fill(workspace, unfilled, lease)
        if (this.#stopped) return
        await this.#publish(workspace, { signals: unfilled.map(({ need }) => need.key) }, unfilled)
      } else {
        await this.#look(workspace, unseen, lease)
        if (this.#stopped) return
        await this.#publish(workspace, { segments: unseen }, [])
      }
    }
  }

  async #fill(workspace: string, signals: readonly KeptSignal[], lease: string): Promise<void> {
    const { warehouse } = this.#parts
    const courtesy = this.#courtesy()
    for (const below of new Set(signals.map(({ since }) => since))) {
      for (const needed of pastNeeded(signals.filter(({ since }) => since === below))) {
        const { events, properties, signals } = needed
        /** What the parts of somebody's past that came so far made. */
        let part: PastEntry | undefined
        for await (const page of warehouse.pastEvents({ workspace, events, properties, below })) {
          if (this.#stopped) return
          const began = performance.now()
          const entries = page.flatMap(({ profile, events, more }) => {
            const entry = pastEntry(profile, events, signals, part)
            part = more ? entry : undefined
            return more ? [] : (entry ?? [])
          })
          const prepared = performance.now() - began
          const worked = await this.#submit(workspace, entries, 200)
          await this.#renew(lease)
          this.#note(workspace, { filled: page.filter(({ more }) => !more).length })
          await courtesy.giveWay(prepared + worked)
        }
      }
    }
  }

  /** Who is in new segments: everybody is looked at once, and from then on whoever something happens to, those who come meanwhile too. */
  async #look(workspace: string, segments: Upkeep['segments'], lease: string): Promise<void> {
    const keys = segments.map(({ key }) => key)
    const courtesy = this.#courtesy()
    for await (const page of this.#parts.store.people.everyone(workspace)) {
      for (let at = 0; at < page.length && !this.#stopped; at += ENTRIES) {
        const entries = page
          .slice(at, at + ENTRIES)
          .map((profile): Entry => ({ kind: 'tick', profile, segments: keys }))
        const worked = await this.#submit(workspace, entries, 100)
        await this.#renew(lease)
        this.#note(workspace, { looked: entries.length })
        await courtesy.giveWay(worked)
      }
      if (this.#stopped) return
    }
  }

  /** The milliseconds that their commit took. */
  async #submit(workspace: string, entries: readonly Entry[], bytesEach: number): Promise<number> {
    let worked = 0
    await this.#parts.queue.submit(workspace, entries, bytesEach * entries.length, ms => {
      worked += ms
    })
    return worked
  }

  /** Somebody may have published meanwhile: what was done is noted of what is still asked for. */
  async #publish(
    workspace: string,
    done: Parameters<typeof withDone>[1],
    filled: readonly KeptSignal[],
  ): Promise<void> {
    const { definitions, store } = this.#parts
    for (;;) {
      const set = await store.definitions.current(workspace)
      const upkeep = upkeepOf(set)
      // One that was dropped and asked for again since has to be filled again.
      const signals = done.signals?.filter(key => {
        const since = filled.find(({ need }) => need.key === key)?.since
        return upkeep.signals.some(noted => noted.key === key && noted.since === since)
      })
      const body = withDone(upkeep, { ...done, ...(signals && { signals }) })
      try {
        const change = { kind: 'upkeep', key: UPKEEP_KEY, body } as const
        await definitions.publish(workspace, [change], { author: AUTHOR, expected: set.version })
        return
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'conflict')) throw error
      }
    }
  }

  #note(workspace: string, more: Partial<BackfillProgress>): void {
    const { filled = 0, looked = 0 } = this.#progress.get(workspace) ?? {}
    this.#progress.set(workspace, { filled: filled + (more.filled ?? 0), looked: looked + (more.looked ?? 0) })
  }

  async #renew(lease: string): Promise<void> {
    await this.#parts.store.leases.acquire(lease, this.#parts.holder, this.#parts.now(), LEASE_MS)
  }

  /** Events and decisions come first. */
  #courtesy(): Courtesy {
    return new Courtesy({
      clock: () => performance.now(),
      utilization: loopUtilization(),
      requests: this.#parts.demand.watch(),
      pause: ms => this.#pause(ms),
    })
  }

  /** Over at once when it is stopped. */
  async #pause(ms: number): Promise<void> {
    if (ms > 0 && !this.#stopped) await setTimeout(ms, undefined, { signal: this.#ended.signal }).catch(() => undefined)
  }
}
