import { type Decision, decisionRow, type Want } from '@espalier/core/decision'
import { allGiven, type Binding, type Grant } from '@espalier/core/profile'
import type { Entry } from '@espalier/core/stream'
import type { Located } from '@espalier/store'
import type { Metrics } from '../metrics.ts'
import type { DecideQuestion } from './decide.ts'
import type { CommitQueue } from './queue.ts'
import type { Supplies } from './supplies.ts'

/** How a decision is made again: for a person as they are then, with what has been reserved and what is left. */
export type Again = (
  kept: Located,
  more: {
    readonly binds?: false
    readonly granted?: ReadonlyMap<string, Grant>
    readonly supplied?: (experience: string) => boolean
  },
) => Decision

export interface Bound {
  readonly decision: Decision
  readonly kept: Located
  /** Whether it is in the log; undefined: not yet. */
  readonly logged: boolean | undefined
}

/** Requests of one person at the same time get in each other's way; beyond this many times one is answered without binding. */
const ATTEMPTS = 6

/** Some bytes of a journal for what a decision binds. */
const BYTES = 2000

/** Commits what decisions bind before they are answered. */
export class Binder {
  readonly #queue: CommitQueue
  readonly #supplies: Supplies
  readonly #metrics: Metrics

  constructor(queue: CommitQueue, supplies: Supplies, metrics: Metrics) {
    this.#queue = queue
    this.#supplies = supplies
    this.#metrics = metrics
  }

  /**
   * A decision that binds, made durable: offers are reserved first, then everything is committed together under the version of
   * what the person is bound by. Whom another request has bound meanwhile is decided for anew; where nothing can be committed,
   * what would bind is passed over.
   */
  async bind(
    question: DecideQuestion,
    asked: { readonly kept: Located; readonly requestId: string; readonly timestamp: number },
    supplied: (experience: string) => boolean,
    again: Again,
    locate: () => Promise<Located | undefined>,
  ): Promise<Bound> {
    const { workspace, set } = question
    const reserving = new Reserving(this.#supplies, workspace, supplied)
    let { kept } = asked
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const decision = await reserving.decide(more => again(kept, more))
        const { binding } = decision
        if (binding === undefined) {
          await reserving.releaseUngiven(kept, {})
          return { decision, kept, logged: undefined }
        }
        const { requestId, timestamp } = asked
        const { profile, source } = kept
        const row = decisionRow({
          workspace,
          profile: source,
          bucketKey: profile.bucketKey,
          requestId,
          timestamp,
          definitions: set.compiled.version,
          context: question.context,
          decision,
        })
        const expected = profile.bound?.version ?? 0
        const entry: Entry = { kind: 'bind', profile: source, expected, at: timestamp, binding, ...(row && { row }) }
        const [applied] = await this.#queue.submit(workspace, [entry], BYTES)
        if (applied?.outcome === 'stored') {
          this.#metrics.bound.inc({ outcome: 'stored' })
          await reserving.releaseUngiven(kept, binding.grants)
          await this.#releaseFreed(question, binding)
          return { decision, kept, logged: row !== undefined }
        }
        this.#metrics.bound.inc({ outcome: 'conflict' })
        const found = await locate()
        if (found === undefined) break
        kept = found
      }
    } catch {
      // Nothing can be stored now: the answer is what binds nothing.
    }
    this.#metrics.bound.inc({ outcome: 'lost' })
    return { decision: again(kept, { binds: false, supplied }), kept, logged: undefined }
  }

  /** Of people who turned out to be one: what they were given and cannot use any more, since they used another. */
  async #releaseFreed({ workspace, set }: DecideQuestion, { grants }: Binding): Promise<void> {
    for (const [experience, grant] of Object.entries(grants)) {
      const supply = set.compiled.experiences.get(experience)?.offer?.supply
      if (grant.others === undefined || supply === undefined) continue
      for (const { key, freed } of allGiven(grant)) {
        if (freed) await this.#supplies.release(workspace, { experience, key, supply })
      }
    }
  }
}

/** What one request reserves. */
class Reserving {
  readonly #supplies: Supplies
  readonly #workspace: string
  readonly #supplied: (experience: string) => boolean
  readonly #wanted = new Map<string, Want>()
  readonly #granted = new Map<string, Grant>()
  readonly #refused = new Set<string>()

  constructor(supplies: Supplies, workspace: string, supplied: (experience: string) => boolean) {
    this.#supplies = supplies
    this.#workspace = workspace
    this.#supplied = supplied
  }

  /** Decides until nothing more has to be reserved: each round reserves an offer or finds one sold out, so it ends. */
  async decide(again: (more: Parameters<Again>[1]) => Decision): Promise<Decision> {
    for (;;) {
      const supplied = (experience: string) => !this.#refused.has(experience) && this.#supplied(experience)
      const decision = again({ granted: this.#granted, supplied })
      if (decision.wants.length === 0) return decision
      for (const want of decision.wants) {
        const again = this.#granted.has(want.experience)
        const grant = again ? undefined : await this.#supplies.reserve(this.#workspace, want)
        this.#wanted.set(want.experience, want)
        if (grant === undefined) this.#refused.add(want.experience)
        else this.#granted.set(want.experience, grant)
      }
    }
  }

  /** What was reserved and then not given, because the answer became another. */
  async releaseUngiven({ profile }: Located, given: Readonly<Record<string, Grant>>): Promise<void> {
    for (const [experience, { key }] of this.#granted) {
      // Another request of this person may have given just this, under the same key.
      const grant = profile.bound?.grants[experience]
      const had = grant !== undefined && allGiven(grant).some(given => given.key === key)
      if (!had && given[experience] === undefined) {
        await this.#supplies.release(this.#workspace, this.#wanted.get(experience)!)
      }
    }
  }
}
