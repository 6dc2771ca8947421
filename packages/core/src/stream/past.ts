import type { Event } from '../event/event.ts'
import { stampOf } from '../event/stamp.ts'
import { eventsOf, type KeptSignal, readsProperties } from '../signal/kept.ts'
import type { Signal } from '../signal/signal.ts'
import type { Entry } from './entry.ts'

export type PastEntry = Extract<Entry, { kind: 'backfill' }>

/** Which events a signal that is to be filled needs of the log: those of these names, or every track, page and screen. */
export interface PastNeeded {
  readonly events: readonly string[] | undefined
  /** Whether any of the signals looks at what they say. */
  readonly properties: boolean
  readonly signals: readonly KeptSignal[]
}

/** What to read of the log to fill signals: once for those that listen to names, and once for those that listen to all actions. */
export function pastNeeded(signals: readonly KeptSignal[]): PastNeeded[] {
  const named = signals.filter(({ need }) => eventsOf(need) !== undefined)
  const others = signals.filter(({ need }) => eventsOf(need) === undefined)
  const events = [...new Set(named.flatMap(({ need }) => eventsOf(need)!))]
  const properties = named.some(({ need }) => readsProperties(need))
  return [
    ...(named.length > 0 ? [{ events, properties, signals: named }] : []),
    ...(others.length > 0 ? [{ events: undefined, properties: false, signals: others }] : []),
  ]
}

/**
 * What a source's past makes of signals, by the reducer that will go on with them; nothing where it makes nothing. `before`: what
 * earlier events of the same source made of them, where its past comes in parts.
 */
export function pastEntry(
  profile: string,
  events: readonly Event[],
  signals: readonly KeptSignal[],
  before?: PastEntry,
): PastEntry | undefined {
  const made: Record<string, Signal> = { ...before?.signals }
  for (const event of events) {
    const stamp = stampOf(event)
    for (const { need, since, observe } of signals) {
      const names = eventsOf(need)
      if (names !== undefined && !names.includes(event.name)) continue
      const signal = observe(made[need.key], { event, stamp, begins: { since } })
      if (signal !== undefined) made[need.key] = signal
    }
  }
  return Object.keys(made).length === 0 ? undefined : { kind: 'backfill', profile, signals: made }
}
