import type { Event } from '../event/event.ts'
import type { Stamp } from '../event/stamp.ts'
import type { Accumulated } from './signal.ts'

/** An event as signals see it. */
export interface Observation {
  readonly event: Event
  readonly stamp: Stamp
  /** What a signal holds that begins with this event. */
  readonly begins: Accumulated
}

/** Timed later than it was received: it does not count before its instant (R10). */
export function isAhead({ stamp }: Observation): boolean {
  return stamp.lag < 0
}
