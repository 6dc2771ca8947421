import type { KeptSignal } from './kept.ts'

/** The signals that live definitions need, ready to take events. */
export interface Keeping {
  /** By the name of the event they listen to. */
  readonly byEvent: ReadonlyMap<string, readonly KeptSignal[]>
  /** Those that listen to every track, page and screen. */
  readonly onAction: readonly KeptSignal[]
  /** By key. */
  readonly signals: ReadonlyMap<string, KeptSignal>
}
