import { type Decision, decisionRow, type Want, wantKeys } from '@espalier/core/decision'
import { allGiven, type Binding, type Given, type Grant } from '@espalier/core/profile'
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

/** Binds nothing, but decisions that were made before are made again. */
const NOTHING: Binding = { shows: [], grants: {}, quotes: {} }

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
        const { binding = reserving.isLeft(kept) ? NOTHING : undefined } = decision
        if (binding === undefined) {
          await reserving.releaseUngiven(kept, {})
          return { decision, kept, logged: undefined }
        }
        const { requestId, timestamp } = asked
        const { profile, source } = kept
        const row =
          decision.binding &&
          decisionRow({
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
          return { decision, kept, logged: decision.binding && row !== undefined }
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
      const offer = set.compiled.experiences.get(experience)?.offer
      if (grant.others === undefined || offer === undefined) continue
      await this.#supplies.releaseOutdone(workspace, experience, offer, grant)
    }
  }
}

interface Reserved {
  readonly want: Want
  readonly grant: Grant
}

/** What one request reserves. */
class Reserving {
  readonly #supplies: Supplies
  readonly #workspace: string
  readonly #supplied: (experience: string) => boolean
  /** Everything, by experience, key and code: of what was free meanwhile another code may have come with the same key. */
  readonly #reserved = new Map<string, Reserved>()
  readonly #refused = new Set<string>()

  constructor(supplies: Supplies, workspace: string, supplied: (experience: string) => boolean) {
    this.#supplies = supplies
    this.#workspace = workspace
    this.#supplied = supplied
  }

  /**
   * Decides until nothing more has to be reserved: each round reserves an offer or finds one sold out, so it ends. What was reserved
   * for an earlier attempt is asked for again, which takes nothing: the person may have become another, for whom it is not.
   */
  async decide(again: (more: Parameters<Again>[1]) => Decision): Promise<Decision> {
    const granted = new Map<string, Grant>()
    for (;;) {
      const supplied = (experience: string) => !this.#refused.has(experience) && this.#supplied(experience)
      const decision = again({ granted, supplied })
      if (decision.wants.length === 0) return decision
      for (const want of decision.wants) {
        const again = granted.has(want.experience)
        const grant = again ? undefined : await this.#supplies.reserve(this.#workspace, want)
        if (grant === undefined) this.#refused.add(want.experience)
        else {
          granted.set(want.experience, grant)
          const reserved = { want: { ...want, key: grant.key }, grant }
          this.#reserved.set(JSON.stringify([want.experience, grant.key, grant.code]), reserved)
        }
      }
    }
  }

  /**
   * Whether something was reserved that nobody holds and nobody will be given any more: the person became one with somebody who has the offer,
   * or their turn has passed. It is given back once this person's bindings have a new version, since then no other request
   * that reserved the same can still bind it.
   */
  isLeft(kept: Located): boolean {
    return [...this.#reserved.values()].some(
      reserved => heldOf(reserved, kept, {}) === undefined && !isForLater(reserved, kept, {}),
    )
  }

  /** What was reserved and then not given, because the answer became another. */
  async releaseUngiven(kept: Located, given: Readonly<Record<string, Grant>>): Promise<void> {
    for (const reserved of this.#reserved.values()) {
      const { want, grant } = reserved
      const held = heldOf(reserved, kept, given)
      if (held !== undefined) {
        if (held.code !== grant.code) await this.#supplies.releaseCode(this.#workspace, want, grant)
      } else if (isForLater(reserved, kept, given)) await this.#supplies.release(this.#workspace, want)
      else await this.#supplies.undo(this.#workspace, want, grant)
    }
  }
}

/** What was given of it under the same key: now, or by another request of this person. */
function heldOf({ want }: Reserved, { profile }: Located, given: Readonly<Record<string, Grant>>): Given | undefined {
  const grants = [given[want.experience], profile.bound?.grants[want.experience]]
  return grants.flatMap(grant => (grant === undefined ? [] : allGiven(grant))).find(({ key }) => key === want.key)
}

/** Whether the person would be given just this if they were given the offer: the same key has the same code. */
function isForLater({ want }: Reserved, { profile }: Located, given: Readonly<Record<string, Grant>>): boolean {
  const grant = given[want.experience] ?? profile.bound?.grants[want.experience]
  const turns = grant === undefined ? [0] : allGiven(grant).map(({ at }) => at)
  return turns.some(at => {
    const { key, earlier = [] } = wantKeys(profile, at)
    return want.key === key || earlier.includes(want.key)
  })
}
