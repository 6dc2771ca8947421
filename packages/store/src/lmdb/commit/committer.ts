import type { Applied, Apply, Row } from '@espalier/core/stream'
import { StoreError } from '../../errors.ts'
import type { CommitBatch } from '../../port.ts'
import { FrameBuilder } from '../journal/frameBuilder.ts'
import type { Journal } from '../journal/journal.ts'
import type { LmdbOutbox } from '../outbox/outbox.ts'
import { Draft } from '../people/draft.ts'
import type { PeopleState } from '../people/state.ts'
import { PlanLog } from './planLog.ts'

interface Waiting {
  readonly batch: CommitBatch
  resolve(applied: readonly Applied[]): void
  reject(error: unknown): void
}

interface Flush {
  resolve(): void
  reject(error: unknown): void
}

/** A cycle takes no more entries than this, so that it does not keep the event loop for long. */
const CYCLE_ENTRIES = 1000
/**
 * Logged rows wait at most so long for a cycle. Less than passes between two collections of the young generation, or they would come
 * into the old one, which then grew by 8 MB a second of decisions and was collected whole all the sooner.
 */
const LOG_DELAY_MS = 50
/** Bytes of logged rows that may wait. */
const LOG_BYTES = 32 << 20

/**
 * The single writer. Commits that wait are taken together: applied one after the other to drafts, written as one frame,
 * synced, and only then seen by readers and answered (R2). One that throws is taken back alone.
 */
export class Committer {
  readonly #apply: Apply
  readonly #newId: () => string
  readonly #now: () => number
  readonly #state: PeopleState
  readonly #journal: Journal
  readonly #outbox: LmdbOutbox
  readonly #ready: () => Promise<void>
  readonly #written: () => void
  readonly #frame = new FrameBuilder()
  readonly plans = new PlanLog()
  #queue: Waiting[] = []
  #logged: Row[] = []
  #loggedBytes = 0
  #loggedAt = Infinity
  #flushes: Flush[] = []
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #inCycle = false
  #waitingForRest: (() => void)[] = []
  /** No cycle begins before it is settled. */
  #between: Promise<unknown> | undefined
  #broken: StoreError | undefined
  #closed = false

  constructor(parts: {
    apply: Apply
    newId: () => string
    now: () => number
    state: PeopleState
    journal: Journal
    outbox: LmdbOutbox
    /** Waits until the memory has room for more changes. Throws when commits cannot be taken. */
    ready: () => Promise<void>
    /** Called after each frame, when the state is that of the journal's end. */
    written: () => void
  }) {
    this.#apply = parts.apply
    this.#newId = parts.newId
    this.#now = parts.now
    this.#state = parts.state
    this.#journal = parts.journal
    this.#outbox = parts.outbox
    this.#ready = parts.ready
    this.#written = parts.written
  }

  commit(batch: CommitBatch): Promise<readonly Applied[]> {
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, resolve, reject })
      this.#run()
    })
  }

  /** False: there is no room, nothing was taken. */
  log(rows: readonly Row[]): boolean {
    if (this.#closed) return false
    let bytes = 0
    for (const row of rows) bytes += row.line.length + 64
    if (this.#loggedBytes + bytes > LOG_BYTES || this.#outbox.isFull) return false
    for (const row of rows) this.#logged.push(row)
    this.#loggedBytes += bytes
    this.#loggedAt = Math.min(this.#loggedAt, this.#now())
    this.#timer ??= setTimeout(() => this.#run(), LOG_DELAY_MS)
    return true
  }

  /** Settled when all that was logged is durable. */
  flush(): Promise<void> {
    if (this.#logged.length === 0 && !this.#running) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#flushes.push({ resolve, reject })
      this.#run()
    })
  }

  /** Calls `freeze` when the state is that of the journal's end and no frame is under way: at once, or after this cycle. */
  atRest(freeze: () => void): void {
    if (this.#broken) throw this.#broken
    if (this.#inCycle) this.#waitingForRest.push(freeze)
    else freeze()
  }

  /** Does `work` while no frame is under way, and none begins. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.atRest(() => {
        const done = work().finally(() => {
          if (this.#between === done) this.#between = undefined
        })
        this.#between = done
        done.then(resolve, reject)
      })
    })
  }

  /** Takes nothing more; what was taken is finished. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running) await this.#running
    await this.flush()
  }

  #run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running ??= this.#cycles().finally(() => {
      this.#running = undefined
      if (this.#queue.length > 0 || this.#flushes.length > 0) this.#run()
      else if (this.#logged.length > 0) this.#timer ??= setTimeout(() => this.#run(), LOG_DELAY_MS)
    })
  }

  async #cycles(): Promise<void> {
    // Whoever asks in this turn of the event loop shares the first cycle.
    await new Promise(resolve => setImmediate(resolve))
    do {
      // Before the cycle: a checkpoint that makes room can only begin between two.
      const blocked: unknown = this.#broken ?? (await this.#ready().catch(error => error))
      while (this.#between) await this.#between.catch(() => undefined)
      this.#inCycle = true
      await this.#cycle(blocked)
      this.#inCycle = false
      if (!this.#broken) for (const freeze of this.#waitingForRest.splice(0)) freeze()
    } while (this.#queue.length > 0)
  }

  async #cycle(blocked: unknown): Promise<void> {
    const waiting = this.#take()
    const logged = this.#takeLogged()
    const drafts = new Map<string, Draft>()
    let done: [Waiting, readonly Applied[]][] = []
    try {
      if (blocked) throw blocked
      this.#frame.reset()
      done = this.#applyAll(waiting, drafts)
      for (const row of logged.rows) this.#frame.addRow(row)
      if (logged.rows.length > 0) this.#frame.addTime(logged.at)
      if (!this.#frame.isEmpty) {
        const frame = this.#frame.build(this.#journal.sequence)
        await this.#journal.append(frame.bytes)
        this.#outbox.appended(frame, this.#journal.end)
      }
    } catch (error) {
      this.plans.forget()
      this.#giveBack(logged)
      for (const { reject } of waiting) reject(error)
      for (const { reject } of logged.flushes) reject(error)
      return
    }
    try {
      for (const draft of drafts.values()) draft.publish()
    } catch (cause) {
      // Should a read of the checkpoint fail here, memory is not what the journal says: only a start mends that.
      const message = `The state cannot be read (${(cause as Error).message}): start again.`
      this.#broken = new StoreError('unavailable', message, { cause })
      for (const [{ reject }] of done) reject(this.#broken)
    }
    if (!this.#broken) this.#written()
    for (const [{ resolve }, applied] of done) resolve(applied)
    for (const { resolve } of logged.flushes) resolve()
  }

  #applyAll(waiting: readonly Waiting[], drafts: Map<string, Draft>): [Waiting, readonly Applied[]][] {
    const done: [Waiting, readonly Applied[]][] = []
    for (const one of waiting) {
      const { workspace } = one.batch
      let draft = drafts.get(workspace)
      if (!draft) {
        draft = new Draft(this.#state.ensure(workspace), false)
        drafts.set(workspace, draft)
      }
      const mark = this.#frame.mark()
      draft.begin()
      try {
        if (this.#outbox.isFull) throw full()
        done.push([one, this.#applyOne(one.batch, draft)])
      } catch (error) {
        draft.undo()
        this.#frame.backTo(mark)
        this.plans.forget()
        one.reject(error)
      }
    }
    return done
  }

  #applyOne({ workspace, entries, now, plan, consent, identity }: CommitBatch, draft: Draft): readonly Applied[] {
    const ids: string[] = []
    const newId = () => {
      const id = this.#newId()
      ids.push(id)
      draft.created(id)
      return id
    }
    const { applied, rows } = this.#apply(draft, entries, {
      workspace,
      now,
      newId,
      plan,
      ...(consent && { consent }),
      ...(identity && { identity }),
    })
    if (rows.length === 0 && !draft.hasChanged) return applied
    const rules = this.plans.changed(workspace, plan, identity)
    this.#frame.addCommit({ w: workspace, now, ids, ...rules }, entries, applied, rows)
    this.#frame.addTime(now)
    return applied
  }

  #take(): Waiting[] {
    let entries = 0
    let n = 0
    while (n < this.#queue.length && (n === 0 || entries + this.#queue[n]!.batch.entries.length <= CYCLE_ENTRIES)) {
      entries += this.#queue[n++]!.batch.entries.length
    }
    return this.#queue.splice(0, n)
  }

  #takeLogged(): Logged {
    const taken = { rows: this.#logged, bytes: this.#loggedBytes, at: this.#loggedAt, flushes: this.#flushes }
    this.#logged = []
    this.#loggedBytes = 0
    this.#loggedAt = Infinity
    this.#flushes = []
    return taken
  }

  /** Logged rows change nobody: they try again with the next cycle. */
  #giveBack({ rows, bytes, at }: Logged): void {
    this.#logged = [...rows, ...this.#logged]
    this.#loggedBytes += bytes
    this.#loggedAt = Math.min(this.#loggedAt, at)
  }
}

interface Logged {
  readonly rows: Row[]
  readonly bytes: number
  readonly at: number
  readonly flushes: Flush[]
}

function closed(): StoreError {
  return new StoreError('unavailable', 'The store is closed.')
}

function full(): StoreError {
  return new StoreError('full', 'The outbox is full: the warehouse has to catch up first. Try again later.')
}
