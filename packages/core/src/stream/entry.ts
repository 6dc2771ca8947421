import type { Event, ImportOrigin } from '../event/event.ts'
import type { JsonObject } from '../json.ts'

/** One thing that changes a person, as the stream takes it in (R1). */
export type Entry =
  /** `exposure`: the event says that somebody saw this answer; the caller has verified its decision id. */
  | { readonly kind: 'event'; readonly event: Event; readonly exposure?: ExposedAnswer }
  | { readonly kind: 'decision'; readonly decision: ImportedDecision }
  /** Somebody asked for a decision before any event: they become a person, so that what follows belongs to them. */
  | { readonly kind: 'appearance'; readonly userId?: string; readonly anonymousId?: string; readonly at: number }
  /** A signal that a new definition needs, taken from the warehouse: joined with what is there (a union of sets). */
  | {
      readonly kind: 'backfill'
      /** Source profile. */
      readonly profile: string
      readonly signal: string
      readonly keep: number
      readonly times: readonly (readonly [timestamp: number, hash: number])[]
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
}

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
  /** False: it was decided but not seen. */
  readonly exposed: boolean
  readonly context: JsonObject
  readonly origin?: ImportOrigin
}

/** What became of an entry. */
export interface Applied {
  /** `duplicate` changed nothing anywhere (R3). */
  readonly outcome: 'stored' | 'duplicate'
  /** The person it belongs to now; absent for a duplicate. */
  readonly profile?: string
  /** The source profile the warehouse files it under. */
  readonly source?: string
}
