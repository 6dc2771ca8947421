import {
  close,
  type Outcome,
  type Promised,
  type Reconciled,
  reconcile,
  type Suggestion,
  suggest,
  unreadable,
} from '@espalier/core/optimizer'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { Models } from '../learning/models.ts'
import { gather } from '../optimizer/gather.ts'
import { measure } from '../optimizer/measure.ts'
import { type Look, Promises } from '../optimizer/promises.ts'
import { windowsOf } from '../optimizer/windows.ts'
import type { LiveDefinitions, LiveSet } from '../pipeline/definitions.ts'
import { Problem } from '../problem.ts'
import { DRAIN_MS } from './drainTime.ts'
import { LEASE_MS, takeLease } from './lease.ts'
import { Rounds } from './rounds.ts'
import type { Shipper } from './shipper.ts'

export interface OptimizerOptions {
  readonly store: Store
  readonly warehouse: Pick<Warehouse, 'impact' | 'impacts' | 'segmentArms' | 'heldOutArms' | 'activity' | 'programme'>
  readonly shipper: Pick<Shipper, 'drain'>
  readonly definitions: LiveDefinitions
  readonly models: Pick<Models, 'record'>
  readonly now: () => number
  readonly log: Logger
  readonly holder: string
}

/** What is on the list now. */
export interface Next {
  /** When it was looked last; null: not yet. */
  readonly at: number | null
  readonly experiences: number
  /** The most urgent first. */
  readonly listed: readonly Promised[]
}

/** How often it is looked whether a day has passed. */
const EVERY_MS = 5 * 60_000
const DAY_MS = 86_400_000
const TRY_EVERY_MS = 50
const GIVE_UP_MS = 15_000

/**
 * Looks at everything that runs, once a day for each workspace and when it is asked to, and lists what to do next. It keeps what it
 * promised, and measures afterwards what came of it. One node at a time does it for a workspace.
 */
export class Optimizer {
  readonly #options: OptimizerOptions
  readonly #promises: Promises
  /** By lease: this process takes turns with itself, the lease with others. */
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly #rounds: Rounds

  constructor(options: OptimizerOptions) {
    this.#options = options
    this.#rounds = new Rounds({
      work: () => this.round(),
      pause: () => EVERY_MS,
      failed: error => options.log.warn({ err: error }, 'the optimizer could not look; it is tried again'),
    })
    this.#promises = new Promises(options.store)
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** All workspaces for which a day has begun since the last look; how many were looked at. */
  async round(): Promise<number> {
    const { store, now, holder, log } = this.#options
    let looked = 0
    for (const workspace of await store.keys.workspaces()) {
      if (!(await this.#isDue(workspace))) continue
      // Another node is at it.
      if (!(await store.leases.acquire(lookLease(workspace), holder, now(), LEASE_MS))) continue
      try {
        if (await this.look(workspace, () => this.#isDue(workspace))) looked++
      } catch (error) {
        log.warn({ err: error, workspace }, 'the optimizer could not look; it is tried again')
      }
    }
    return looked
  }

  /** Looks now. Answers whether it did: with `unless` only where that still holds when its turn comes. */
  look(workspace: string, unless?: () => Promise<boolean>): Promise<boolean> {
    return this.#alone(lookLease(workspace), async () => {
      if (unless !== undefined && !(await unless())) return false
      await this.#look(workspace)
      return true
    })
  }

  /** The list as of the last look. */
  async next(workspace: string): Promise<Next> {
    const look = await this.#promises.look(workspace)
    const open = new Map(
      (await this.#promises.all(workspace)).flatMap(one => (one.state === 'open' ? [[one.id, one]] : [])),
    )
    const listed = (look?.order ?? []).flatMap(id => open.get(id) ?? [])
    return { at: look?.at ?? null, experiences: look?.experiences ?? 0, listed }
  }

  record(workspace: string): Promise<Promised[]> {
    return this.#promises.all(workspace)
  }

  /** The team says what it did. */
  async close(workspace: string, id: string, state: 'done' | 'dismissed', note?: string): Promise<Promised> {
    const { definitions } = this.#options
    const context = this.#context(await definitions.of(workspace))
    return this.#alone(recordLease(workspace), async () => {
      const before = await this.#promises.all(workspace)
      const one = before.find(other => other.id === id)
      if (one === undefined) throw new Problem('not_found', `There is no suggestion "${id}".`)
      const closed = close(one, state, context, note)
      if (closed === undefined) {
        throw new Problem('conflict', `"${id}" is ${one.state} already.`, { mend: 'GET /v1/next lists what is open.' })
      }
      await this.#promises.save(
        workspace,
        before,
        before.map(other => (other === one ? closed : other)),
        context.now,
      )
      return closed
    })
  }

  /** A workspace without experiences waits for its first one: that is looked at the same day. */
  async #isDue(workspace: string): Promise<boolean> {
    const { published } = await this.#options.definitions.of(workspace)
    if (!published.definitions.some(({ kind }) => kind === 'experience')) return false
    const look = await this.#promises.look(workspace)
    return look?.day !== Math.floor(this.#options.now() / DAY_MS)
  }

  async #look(workspace: string): Promise<void> {
    const { definitions, shipper, now, log } = this.#options
    // What was acknowledged is in the log, or it would look as if it had not come.
    await shipper.drain(DRAIN_MS)
    const set = await definitions.refresh(workspace)
    const at = now()
    const watch = await gather(this.#options, workspace, set, at)
    const suggestions = suggest(watch)
    const outcomes = await this.#outcomes(workspace, set)
    await this.#alone(recordLease(workspace), async () => {
      const before = await this.#promises.all(workspace)
      const measured = before.map(one => withOutcome(one, outcomes.get(one.id)))
      const after = reconcile(measured, suggestions, {
        ...this.#context(set),
        now: at,
        unreadable: unreadable(watch),
      })
      const look: Look = {
        day: Math.floor(at / DAY_MS),
        at,
        order: orderOf(after, suggestions),
        experiences: watch.experiences.length,
      }
      await this.#promises.save(workspace, before, after, at, look)
    })
    log.info(
      { workspace, experiences: watch.experiences.length, suggestions: suggestions.length },
      'the optimizer has looked',
    )
  }

  /** Of promises whose time has come, what was measured. */
  async #outcomes(workspace: string, set: LiveSet): Promise<Map<string, Outcome>> {
    const { now, log } = this.#options
    const { now: at } = this.#context(set)
    const due = (await this.#promises.all(workspace)).filter(
      ({ state, measure: span }) => state === 'done' && span !== undefined && span.due <= at,
    )
    const found = new Map<string, Outcome>()
    for (const one of due) {
      try {
        const outcome = await measure(this.#options, workspace, set.published, one, now())
        if (outcome !== undefined) found.set(one.id, outcome)
      } catch (error) {
        log.warn({ err: error, workspace, promise: one.id }, 'a promise could not be measured; it is tried again')
      }
    }
    return found
  }

  #context({ published }: LiveSet): Reconciled {
    const experiences = published.definitions.filter(one => one.kind === 'experience') as Reconciled['experiences']
    return { now: this.#options.now(), experiences, windowOf: windowsOf(published) }
  }

  /** One at a time here, and on all nodes. */
  #alone<T>(lease: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(lease) ?? Promise.resolve()).then(() => this.#withLease(lease, work))
    const quiet = turn.catch(() => undefined)
    this.#turns.set(lease, quiet)
    void quiet.then(() => {
      if (this.#turns.get(lease) === quiet) this.#turns.delete(lease)
    })
    return turn
  }

  async #withLease<T>(lease: string, work: () => Promise<T>): Promise<T> {
    let release = await takeLease(this.#options, lease)
    for (let tried = 0; release === undefined; tried += TRY_EVERY_MS) {
      if (tried >= GIVE_UP_MS) {
        throw new Problem('conflict', 'Another node is looking at this workspace.', { mend: 'Try again in a minute.' })
      }
      await new Promise(resolve => setTimeout(resolve, TRY_EVERY_MS))
      release = await takeLease(this.#options, lease)
    }
    try {
      return await work()
    } finally {
      await release()
    }
  }
}

const lookLease = (workspace: string) => `optimizer:${workspace}`
const recordLease = (workspace: string) => `next:${workspace}`

function withOutcome(one: Promised, outcome: Outcome | undefined): Promised {
  return outcome === undefined || one.state !== 'done' ? one : { ...one, state: 'measured', outcome }
}

/** Ids of what is open, in the order of the suggestions. */
function orderOf(record: readonly Promised[], suggestions: readonly Suggestion[]): string[] {
  const open = new Map(record.flatMap(one => (one.state === 'open' ? [[one.suggestion, one.id]] : [])))
  return suggestions.flatMap(suggestion => open.get(suggestion) ?? [])
}
