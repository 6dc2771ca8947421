import type { Aggregate } from './aggregate.ts'
import type { Condition } from './condition.ts'

/** What conditions refer to by name, and the workspace's zone. */
export interface Language {
  /** IANA zone: where days begin. */
  readonly zone: string
  readonly segments: ReadonlyMap<string, Condition>
  readonly computed: ReadonlyMap<string, Aggregate>
  readonly calendar: readonly CalendarEntry[]
}

/** A sale, holiday or event of the workspace's calendar. */
export interface CalendarEntry {
  readonly key: string
  readonly kind: 'sale' | 'holiday' | 'event'
  /** Epoch milliseconds, inclusive. */
  readonly from: number
  /** Epoch milliseconds, exclusive. */
  readonly to: number
}

export const NO_NAMES: Language = { zone: 'UTC', segments: new Map(), computed: new Map(), calendar: [] }
