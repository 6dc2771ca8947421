import { maskText } from '@espalier/core/consent'
import type { Profile } from '@espalier/core/profile'
import type { Applied, Entry } from '@espalier/core/stream'
import type { Store } from '@espalier/store'
import type { Removed, Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { LiveDefinitions } from '../pipeline/definitions.ts'
import type { Graves } from '../pipeline/graves.ts'
import type { CommitQueue } from '../pipeline/queue.ts'
import { Problem } from '../problem.ts'
import { takeLease } from '../workers/lease.ts'
import { Rounds } from '../workers/rounds.ts'
import type { Shipper } from '../workers/shipper.ts'
import { type ErasureRecord, type LogicalFacts, type PhysicalFacts, receiptOf, seal, unseal } from './record.ts'
import { ErasureRecords } from './records.ts'

export interface EraserParts {
  readonly store: Pick<Store, 'people' | 'records' | 'leases' | 'keys' | 'scrub'>
  readonly warehouse: Pick<Warehouse, 'erase' | 'personSize'>
  readonly queue: CommitQueue
  readonly shipper: Pick<Shipper, 'drain'>
  readonly definitions: LiveDefinitions
  readonly graves: Graves
  readonly masterSecret: Uint8Array
  readonly now: () => number
  readonly newId: () => string
  readonly log: Logger
  readonly holder: string
  /**
   * How long another node may not know of the first tombstone, and may have rows of decisions that it has yet to write; 0 where
   * there are no other nodes.
   */
  readonly settleMs: number
}

/** Within this everything is off the disks while the engines are up; usually it takes seconds. */
export const PHYSICAL_WITHIN_MS = 24 * 3_600_000
const RETRY = { first: 1000, most: 60_000 }
/** Looked for work that another node left, or for tombstones whose time is over. */
const IDLE_MS = 60_000
const DRAIN_MS = 10_000
const DRAINS = 3
/** After a round that wrote everything anew, the next is so many times its length away. */
const REST = 10
/** A person that others keep changing is tried again so often. */
const TRIES = 20

/**
 * Erases people (R8). Logical, before the request is answered: the person goes in one commit, tombstones stay. Physical, in the
 * background, under a lease: what was acknowledged before is shipped (a batch that was tried goes as it is), the rows are removed
 * from the warehouse and its disk, then journal and tables of the store are written anew without them. Every step may be
 * repeated, and how far it is stands in the store: whoever finds unfinished work goes on with it.
 */
export class Eraser {
  readonly #parts: EraserParts
  readonly records: ErasureRecords
  readonly #rounds: Rounds
  /** The one under way, or the last: there is one at a time. */
  #round: Promise<unknown> = Promise.resolve()
  #failures = 0
  /** Milliseconds of a round in which it waited for other nodes. */
  #waited = 0

  constructor(parts: EraserParts) {
    const { store, now, log } = parts
    this.#parts = parts
    this.records = new ErasureRecords(store, now)
    let rest = 0
    this.#rounds = new Rounds({
      work: async () => {
        this.#waited = 0
        const began = now()
        const finished = await this.round()
        this.#failures = 0
        // Everything that is kept is written anew each time: requests that come close together share one.
        rest = finished > 0 ? REST * (now() - began - this.#waited) : 0
      },
      rest: () => (this.#failures === 0 ? rest : Math.min(RETRY.first * 2 ** this.#failures, RETRY.most)),
      pause: () => (this.#failures === 0 ? IDLE_MS : 0),
      failed: error => {
        this.#failures++
        log.warn({ err: error }, 'an erasure is not finished; it is tried again')
      },
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** The person is gone when it returns; the rest follows. `keepMs`: how long tombstones stand. */
  async erase(workspace: string, profile: Profile, by: string, keepMs: number): Promise<ErasureRecord> {
    const { now, newId, graves, masterSecret } = this.#parts
    const requested = now()
    const until = requested + keepMs
    if (await graves.dig(workspace, until)) await pause(this.#parts.settleMs)
    let record: ErasureRecord = {
      id: newId(),
      workspace,
      profile: profile.id,
      stage: 'requested',
      requested,
      by,
      sources: profile.sources,
      tombstones: profile.identifiers.map(identifier => graves.of(workspace, identifier)),
      until,
      sealed: seal(masterSecret, workspace, profile.identifiers),
      attempts: 0,
    }
    await this.records.put(record)
    record = await this.#takeAway(record)
    this.#rounds.nudge()
    return record
  }

  /** All that is to be done now, in all workspaces; how many erasures were finished. For tests, and at each turn. */
  round(): Promise<number> {
    const round = this.#round.then(async () => {
      let finished = 0
      for (const workspace of await this.#parts.store.keys.workspaces()) finished += await this.#work(workspace)
      return finished
    })
    this.#round = round.catch(() => undefined)
    return round
  }

  /** The oldest that is not finished, by when it was asked for. */
  async oldest(workspace: string): Promise<number | undefined> {
    for await (const { stage, requested } of this.records.all(workspace)) if (stage !== 'physical') return requested
    return undefined
  }

  /** The logical stage. The record says who they are as of the commit: should they change meanwhile, it is made again. */
  async #takeAway(record: ErasureRecord): Promise<ErasureRecord> {
    const { store, graves, masterSecret, now } = this.#parts
    const { workspace } = record
    for (let tries = 0; tries < TRIES; tries++) {
      const person = await store.people.get(workspace, record.profile)
      // Gone already: this, or whoever was here before, was interrupted before it could say so.
      if (person === undefined) return this.#noted(record)
      record = {
        ...record,
        sources: [...new Set([...record.sources, ...person.sources])],
        tombstones: [...new Set([...record.tombstones, ...person.identifiers.map(one => graves.of(workspace, one))])],
        sealed: seal(masterSecret, workspace, person.identifiers),
      }
      await this.records.put(record)
      const { tombstones, until } = record
      const { id: profile, version } = person
      const [applied] = await this.#submit(workspace, { kind: 'erase', profile, version, tombstones, at: now(), until })
      if (applied?.outcome !== 'conflict') return this.#noted(record)
    }
    throw new Problem('too_busy', 'This person keeps changing: nothing was erased yet; it is tried again.', {
      retryAfter: 1,
    })
  }

  async #noted(record: ErasureRecord): Promise<ErasureRecord> {
    const { id, workspace, profile, sources, tombstones, until } = record
    const facts: LogicalFacts = {
      stage: 'logical',
      erasure: id,
      workspace,
      profile,
      at: isoOf(this.#parts.now()),
      identifiers: tombstones.length,
      sources: sources.length,
      tombstonesUntil: isoOf(until),
    }
    const noted: ErasureRecord = { ...record, stage: 'logical', logical: receiptOf(facts) }
    await this.records.put(noted)
    return noted
  }

  async #work(workspace: string): Promise<number> {
    const { now } = this.#parts
    const open: ErasureRecord[] = []
    const over: ErasureRecord[] = []
    for await (const record of this.records.all(workspace)) {
      if (record.stage !== 'physical') open.push(record)
      else if (record.until <= now() && record.unburied !== true) over.push(record)
    }
    if (open.length + over.length === 0) return 0
    const release = await takeLease(this.#parts, `erasure:${workspace}`)
    if (release === undefined) return 0
    try {
      await this.#unbury(workspace, over)
      return await this.#finish(workspace, open)
    } finally {
      await release()
    }
  }

  /** The physical stage, for all that wait for it together: parts are rewritten once. */
  async #finish(workspace: string, open: readonly ErasureRecord[]): Promise<number> {
    const gone: ErasureRecord[] = []
    for (const record of open) gone.push(record.stage === 'requested' ? await this.#takeAway(record) : record)
    if (gone.length === 0) return 0
    try {
      const left = gone.filter(({ sealed }) => sealed !== undefined)
      if (left.length > 0) await this.#removeRows(workspace, left)
      const scrubbed = await this.#scrub()
      for (const { id } of gone) await this.#noteFinished(workspace, id, scrubbed)
      return gone.length
    } catch (error) {
      const message = maskText(error instanceof Error ? error.message : String(error))
      for (const { id } of gone) {
        const record = await this.records.get(workspace, id)
        if (record) await this.records.put({ ...record, attempts: record.attempts + 1, error: message })
      }
      throw error
    }
  }

  async #noteFinished(workspace: string, id: string, scrubbed: readonly string[]): Promise<void> {
    const found = await this.records.get(workspace, id)
    if (found === undefined) return
    const { error: _, rows = {}, ...record } = found
    const facts: PhysicalFacts = {
      stage: 'physical',
      erasure: id,
      workspace,
      profile: record.profile,
      at: isoOf(this.#parts.now()),
      after: record.logical?.sha256 ?? '',
      rows,
      steps: [
        'what was acknowledged before is in the warehouse',
        'rows and replaced parts are off its disk, and none is left',
        ...scrubbed,
      ],
    }
    await this.records.put({ ...record, stage: 'physical', physical: receiptOf(facts) })
  }

  /** Takes their rows from the warehouse until there are none; then nobody needs their identifiers any more. */
  async #removeRows(workspace: string, gone: readonly ErasureRecord[]): Promise<void> {
    const { warehouse, queue, masterSecret, settleMs, now } = this.#parts
    const sources = gone.flatMap(record => record.sources)
    const identifiers = gone.flatMap(({ sealed }) =>
      sealed === undefined ? [] : unseal(masterSecret, workspace, sealed),
    )
    const removed = new Map<string, Removed>()
    // What another node decided before they were gone comes to the outbox by then.
    const latest = Math.max(...gone.map(({ requested, logical }) => Date.parse(logical?.facts.at ?? '') || requested))
    const wait = Math.min(settleMs, Math.max(0, latest + settleMs - now()))
    await pause(wait)
    this.#waited += wait
    for (;;) {
      // Nothing of theirs is on its way any more: neither in a commit, nor logged, nor in a batch.
      await queue.committed()
      await this.#drained()
      for (const record of gone) {
        const found = await warehouse.personSize({ workspace, sources: record.sources })
        // Counted before they go, so that an attempt which is interrupted knows what it removed.
        const rows = added(removed.get(record.id) ?? {}, found)
        removed.set(record.id, rows)
        await this.records.put({ ...record, rows: most(record.rows ?? {}, rows) })
      }
      await warehouse.erase({ workspace, sources, identifiers })
      await this.#drained()
      const left = await warehouse.personSize({ workspace, sources })
      if (Object.values(left).every(count => count === 0)) break
    }
    // Before the store is written anew: that takes the sealed names along.
    for (const { id } of gone) {
      const record = await this.records.get(workspace, id)
      if (record === undefined) continue
      const { sealed: _, ...rest } = record
      await this.records.put(rest)
    }
  }

  async #drained(): Promise<void> {
    for (let tries = 0; tries < DRAINS; tries++) if (await this.#parts.shipper.drain(DRAIN_MS)) return
    throw new Problem('warehouse_unavailable', 'Rows wait for the warehouse that may be theirs.')
  }

  /** What the store keeps of its past goes. Answers what was done, in sentences. */
  async #scrub(): Promise<readonly string[]> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { pendingRows, bytesBefore, bytesAfter, elsewhere } = await this.#parts.store.scrub()
      if (pendingRows > 0) {
        await this.#drained()
        continue
      }
      return [`the store is written anew without them: ${bytesBefore} bytes became ${bytesAfter}`, ...elsewhere]
    }
    throw new Problem('warehouse_unavailable', 'Rows from before the erasure keep waiting for the warehouse.')
  }

  async #unbury(workspace: string, over: readonly ErasureRecord[]): Promise<void> {
    for (const record of over) {
      await this.#submit(workspace, { kind: 'unbury', tombstones: record.tombstones })
      await this.records.put({ ...record, tombstones: [], unburied: true })
    }
  }

  async #submit(workspace: string, entry: Entry): Promise<readonly Applied[]> {
    const { definitions, queue } = this.#parts
    await definitions.of(workspace)
    return queue.submit(workspace, [entry], 500)
  }
}

function added(a: Removed, b: Removed): Removed {
  return each(a, b, (x, y) => x + y)
}

function most(a: Removed, b: Removed): Removed {
  return each(a, b, Math.max)
}

function each(a: Removed, b: Removed, pick: (x: number, y: number) => number): Removed {
  const tables = Object.keys({ ...a, ...b }) as (keyof Removed)[]
  return Object.fromEntries(tables.map(table => [table, pick(a[table] ?? 0, b[table] ?? 0)]))
}

function isoOf(at: number): string {
  return new Date(at).toISOString()
}

function pause(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise(resolve => setTimeout(resolve, ms))
}
