import type { Keeping } from '../signal/keeping.ts'
import { accumulated, given, type KeptSignal, lacking, mergeSignal } from '../signal/kept.ts'
import type { Observation } from '../signal/observation.ts'
import type { Signal } from '../signal/signal.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { Profile } from './profile.ts'

type Signals = Profile['signals']

/** What a person's signals are before this event, to whom it belongs, and since when. */
type Person = Pick<Profile, 'signals' | 'sources' | 'events'>

/** Signals with one event more. `person.events` counts it already. */
export function withEvent(
  person: Person,
  listeners: readonly KeptSignal[],
  observation: Omit<Observation, 'begins'>,
  plan: Keeping,
): Signals {
  let next: Record<string, Signal> | undefined
  for (const kept of listeners) {
    const { key } = kept.need
    const old = current(next ?? person.signals, kept)
    const begins = beginsOf(kept, person.events > 1 ? person.sources : [])
    const signal = kept.observe(old, { ...observation, begins })
    if (signal === old) continue
    next ??= { ...person.signals }
    if (signal !== undefined) next[key] = signal
  }
  return next === undefined ? person.signals : boundedSignals(next, plan)
}

/** Both persons' signals as one person's. */
export function mergedSignals(into: Person, from: Person, plan: Keeping): Signals {
  const merged: Record<string, Signal> = { ...into.signals }
  for (const key of new Set([...Object.keys(into.signals), ...Object.keys(from.signals)])) {
    const kept = plan.signals.get(key)
    const [a, b] = [into, from].map(({ signals }) => (kept === undefined ? own(signals, key) : current(signals, kept)))
    const signal = joined([a, into], [b, from], kept)
    if (signal === undefined) delete merged[key]
    else merged[key] = signal
  }
  return boundedSignals(merged, plan)
}

/** What the log has of a source from before a signal was kept: counted once, however often it is given. */
export function withPast(person: Person, source: string, past: Signals, plan: Keeping): Signals {
  const next: Record<string, Signal> = { ...person.signals }
  for (const key of Object.keys(past)) {
    const kept = plan.signals.get(key)
    // Asked for by definitions that are no longer live.
    if (kept === undefined) continue
    const signal = past[key]!
    const old = current(next, kept)
    if (accumulated(signal) === undefined) next[key] = old === undefined ? signal : mergeSignal(old, signal, kept.need)
    else if (accumulated(signal)!.since !== kept.since) continue
    else if (old === undefined) next[key] = given(lacking(signal, person.sources), source)
    else if (accumulated(old)?.lacks?.includes(source)) next[key] = given(mergeSignal(old, signal, kept.need), source)
  }
  return boundedSignals(next, plan)
}

/** What a signal holds that begins with somebody's next event. */
function beginsOf({ since, filled }: KeptSignal, sources: readonly string[]): Observation['begins'] {
  return filled || sources.length === 0 ? { since } : { since, lacks: sources }
}

/** At the bound: signals no live definition needs go first, then those whose key is greatest. */
export function boundedSignals(signals: Signals, plan: Keeping): Signals {
  const keys = Object.keys(signals)
  if (keys.length <= PROFILE_LIMITS.signals) return signals
  const rank = (key: string) => (plan.signals.has(key) ? 0 : 1)
  keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(keys.slice(0, PROFILE_LIMITS.signals).map(key => [key, signals[key]!]))
}

function joined(
  [a, into]: readonly [Signal | undefined, Person],
  [b, from]: readonly [Signal | undefined, Person],
  kept: KeptSignal | undefined,
): Signal | undefined {
  if (a !== undefined && b !== undefined) {
    const [since, other] = [accumulated(a)?.since, accumulated(b)?.since]
    if (since === other) return mergeSignal(a, b, kept?.need)
    return since === kept?.since ? a : b
  }
  const one = a ?? b
  // The other person's events of before are still to come.
  const other = a === undefined ? into : from
  return one === undefined || kept === undefined || kept.filled || other.events === 0
    ? one
    : lacking(one, other.sources)
}

/** The signal as kept now; one of another time is none. */
function current(signals: Signals, { need, since }: KeptSignal): Signal | undefined {
  const signal = own(signals, need.key)
  return signal === undefined || (accumulated(signal)?.since ?? since) === since ? signal : undefined
}

function own(signals: Signals, key: string): Signal | undefined {
  return Object.hasOwn(signals, key) ? signals[key] : undefined
}
