import type { PermissionBy } from '../consent/permits.ts'
import type { Event, ImportOrigin } from '../event/event.ts'
import type { Refusal } from '../identity/resolve.ts'
import type { JsonObject } from '../json.ts'
import type { Binding } from '../profile/bound.ts'
import type { Profile } from '../profile/profile.ts'
import type { ConsentStatement } from './consent.ts'
import type { Erase, Unbury } from './erasure.ts'
import type { Content } from './replay.ts'
import type { DecisionRow } from './rows.ts'
import type { Part } from './unmerge.ts'

/** One thing that changes a person, as the stream takes it in (R1). */
export type Entry =
  | EventEntry
  | {
      readonly kind: 'decision'
      readonly decision: ImportedDecision
      readonly tombstones?: EventEntry['tombstones']
    }
  /** Somebody asked for a decision before any event: they become a person, so that what follows belongs to them. */
  | {
      readonly kind: 'appearance'
      readonly userId?: string
      readonly anonymousId?: string
      readonly at: number
      /** Of whoever has one nobody is made again by merely being asked about. */
      readonly tombstones?: EventEntry['tombstones']
    }
  /** Somebody said what they agree to: all that is kept of an event that may not be stored (R8). */
  | { readonly kind: 'consent'; readonly statement: ConsentStatement }
  /** What the log has of signals that a new definition needs, from before they were kept. */
  | { readonly kind: 'backfill' /** Source profile. */; readonly profile: string; readonly signals: Profile['signals'] }
  | Bind
  /** A person's timer is due (R5). `segments`: it is looked whether they are in these, which are new. */
  | { readonly kind: 'tick'; readonly profile: string; readonly segments?: readonly string[] }
  | Erase
  | Unbury
  | Unmerge
  | Rebuild
  | Rejoin

export interface EventEntry {
  readonly kind: 'event'
  readonly event: Event
  /** The event says that somebody saw this answer; the caller has verified its decision id. */
  readonly exposure?: ExposedAnswer
  /** It came with a public key where identity must be proven, and without proof: it names a device, nobody else. */
  readonly unproven?: true
  /** Where an erasure of its identifiers would have left a tombstone. Absent: nobody was erased here. */
  readonly tombstones?: readonly string[]
}

/** What a decision binds, committed before it is answered. `conflict` where the person was bound by another meanwhile. */
export interface Bind {
  readonly kind: 'bind'
  /** Source profile. */
  readonly profile: string
  /** Version of what was bound when it was decided; absent: whatever is bound now. */
  readonly expected?: number
  readonly at: number
  readonly binding: Binding
  /** The decision's row, which becomes durable with what it binds. */
  readonly row?: DecisionRow
}

/** What was made of the log is true of the person as they were then. Anything since passes it by: `conflict`. */
interface Reading {
  readonly profile: string
  /** The person's version. */
  readonly version: number
  /** Version of the needs the log was read for. */
  readonly definitions: number
}

/** A merge is undone (R12): one person becomes two, each with what the log says of its sources. */
export interface Unmerge extends Reading {
  readonly kind: 'unmerge'
  readonly parts: readonly [kept: Part, gone: Part]
  /** Who asked for it, for the record. */
  readonly by: string
}

/** A person is made anew from the log: events came too late for what is kept of them (R10). */
export interface Rebuild extends Reading {
  readonly kind: 'rebuild'
  readonly content: Content
}

/** An un-merge is taken back: the two people are one again, and nothing keeps them apart. */
export interface Rejoin {
  readonly kind: 'rejoin'
  /** Source profiles of the two. */
  readonly profile: string
  readonly other: string
  readonly by: string
}

/** What a decision id stands for. */
export interface ExposedAnswer {
  readonly requestId: string
  readonly touchpoint: string
  readonly experience: string
  readonly version: number
  readonly variant: string
  readonly control: boolean
  readonly holdout: boolean
  readonly propensity: number
  /** The person has to be known to have seen it: a cap counts it, or another experience depends on it. */
  readonly remember?: true
  /** Source profile it was decided for. Only that person has seen it by saying so; absent: whoever says so. */
  readonly givenTo?: string
}

/** Reason, in the log, of a decision made elsewhere of which nobody said with what chance it was drawn. */
export const UNSTATED = 'assigned-unstated'

/** A decision made elsewhere and brought in with its outcome, so that it can be analysed like our own. */
export interface ImportedDecision {
  readonly messageId: string
  readonly userId?: string
  readonly anonymousId?: string
  readonly timestamp: number
  readonly received: number
  readonly index: number
  readonly touchpoint: string
  readonly experience: string
  readonly variant: string
  readonly control: boolean
  /** Probability with which this arm was chosen, in (0, 1]. */
  readonly propensity: number
  /** Nobody said so: 1 stands for it, and no what-if goes by it. */
  readonly unstated?: true
  /** False: it was decided but not seen. */
  readonly exposed: boolean
  readonly context: JsonObject
  readonly origin?: ImportOrigin
}

/** What became of an entry. */
export interface Applied {
  /**
   * All but `stored` changed nothing anywhere. `duplicate`: it was taken in before (R3). `conflict`: what it was made from has
   * changed meanwhile; make it again. `refused`: it cannot be, and `reason` says why.
   */
  readonly outcome: 'stored' | 'duplicate' | 'conflict' | 'refused'
  /** The person it belongs to now; absent where nothing was stored. */
  readonly profile?: string
  /** The source profile the warehouse files it under. */
  readonly source?: string
  /** The person came into being in this batch. */
  readonly isNew?: true
  /** An exposure to what somebody else was given: the event is stored, and nobody counts as exposed by it. */
  readonly foreign?: true
  /** It came too late for what is kept of the person: they are to be made again from the log (`rebuild`). */
  readonly late?: true
  readonly reason?: RefusedReason
  /** Of what consent refuses: who said so. */
  readonly by?: PermissionBy
  /** Of what is refused: the entry that was applied in its place; it is what a journal holds. */
  readonly instead?: Entry
}

export type RefusedReason =
  /** It is of the time before its person was erased, and late. */
  | 'erased'
  /** Somebody refused that it be stored (R8). Nothing of it is, but for what they said (`instead`). */
  | 'consent'
  /** None of its identifiers names anybody: all are blocked, by rules that are newer than the ones it was read with. */
  | 'nobody'
  /** There is no such profile. */
  | 'unknown'
  /** The two are one person already. */
  | 'known'
  /** Nothing was split: what may be merged is merged by events. */
  | 'not-split'
  | Refusal
