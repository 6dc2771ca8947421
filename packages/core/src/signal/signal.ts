import type { Stamp } from '../event/stamp.ts'
import type { Json } from '../json.ts'
import type { Buckets } from './need.ts'

/**
 * What a profile keeps of a signal: plain data, a function of the set of the events it listens to (R10), but for sequences
 * and sessions at their bounds. Never changed in place.
 */
export type Signal = EventTimes | Totals | Values | Edges | SequenceState | Sessions

/** The last `keep` times an event happened, ascending, each with its `messageHash` so that unions are exact. */
export interface EventTimes {
  readonly keep: number
  readonly times: readonly (readonly [timestamp: number, hash: number])[]
}

/**
 * Something timed later than it was received (up to 5 minutes, R10), which does not count before its instant. At the bound
 * the earliest of them counts early.
 */
export type Ahead<T> = readonly (readonly [at: number, hash: number, what: T])[]

/** What signals have in common that add up: no union can tell what was counted twice, so they say what they hold. */
export interface Accumulated {
  /** Version of the definitions since which the signal is kept. One of another time is of no use: events are missing in it. */
  readonly since: number
  /** Source profiles whose events of before that are not in it yet: the log still has to give them. */
  readonly lacks?: readonly string[]
}

/** Amounts are whole ten-thousandths, so that sums do not depend on the order of adding. */
export type Total = readonly [bucket: number, count: number, sum: number, least: number, most: number]

export interface Totals extends Buckets, Accumulated {
  readonly kind: 'totals'
  /** Ascending, the last `keep` buckets before the newest. */
  readonly buckets: readonly Total[]
  /** The amount; null where the event has none but is counted. */
  readonly ahead?: Ahead<number | null>
}

/** Values as text that tells apart `"1"` and `1`: JSON. */
export interface Values extends Buckets, Accumulated {
  readonly kind: 'values'
  readonly buckets: readonly (readonly [bucket: number, counts: Readonly<Record<string, number>>])[]
  /** More different values occurred than are kept: what is asked of all of them is `saturated`. */
  readonly full?: true
  readonly ahead?: Ahead<string>
}

export interface Edge extends Stamp {
  readonly value: Json
}

export interface Edges {
  readonly kind: 'edges'
  readonly first: Edge
  /** Ascending; the last of them, and more only where some are timed ahead. */
  readonly last: readonly Edge[]
}

export interface SequenceState extends Accumulated {
  readonly kind: 'sequence'
  /** Events that are a step, ascending: bit i is set where it is step i, the highest where it is what must not happen. */
  readonly events: readonly (readonly [at: number, hash: number, steps: number])[]
  /** What the events before those made. */
  readonly folded?: SequenceFold
  /** An event came that belongs before what is folded: only the log can tell what it makes. */
  readonly late?: true
}

export interface SequenceFold {
  /** Timestamp of the last event folded. */
  readonly to: number
  /** Latest completion of the first i+1 steps; null: none. */
  readonly latest: readonly (number | null)[]
  /** Latest completion of all steps; with an absence, 0 where it was completed once and null where not. */
  readonly done: number | null
  /** The earliest completion of the steps of which the absence is not decided. */
  readonly pending: number | null
}

export interface Sessions {
  readonly kind: 'sessions'
  /** Ascending, the last of them. */
  readonly spans: readonly SessionSpan[]
  readonly ahead?: Ahead<null>
}

export type SessionSpan = readonly [started: number, last: number, events: number]
