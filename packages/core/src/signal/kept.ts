import { compileProperties } from '../filter/property.ts'
import { mergeEdges, observeEdges } from './edges.ts'
import { held } from './held.ts'
import type { Need } from './need.ts'
import type { Observation } from './observation.ts'
import { mergeSequences, observeSequence, stepsOf } from './sequence.ts'
import { isAction, mergeSessions, observeSessions } from './sessions.ts'
import type { Accumulated, Edges, EventTimes, SequenceState, Sessions, Signal, Totals, Values } from './signal.ts'
import { mergeTimes, observeTimes } from './times.ts'
import { mergeTotals, observeTotals } from './totals.ts'
import { mergeValues, observeValues } from './values.ts'

/** A need made ready to take events. */
export interface KeptSignal {
  readonly need: Need
  /** Version of the definitions since which it is needed without a break; 0 where that was always so. */
  readonly since: number
  /** Everything the log has of it is in the profiles. */
  readonly filled: boolean
  /** The signal with one event more; the same where the event is none of its own. */
  readonly observe: (state: Signal | undefined, observation: Observation) => Signal | undefined
}

export function keep(need: Need, since = 0, filled = true): KeptSignal {
  return { need, since, filled, observe: observer(need) }
}

function observer(need: Need): KeptSignal['observe'] {
  if (need.kind === 'sessions') {
    return (state, observation) =>
      isAction(observation.event) ? observeSessions(state as Sessions | undefined, observation) : state
  }
  if (need.kind === 'sequence') {
    const steps = stepsOf(need)
    return (state, observation) =>
      observeSequence(state as SequenceState | undefined, need, observation, steps(observation.event))
  }
  const holds = need.where === undefined ? undefined : compileProperties(need.where)
  const add = adder(need)
  return (state, observation) =>
    holds !== undefined && !holds(observation.event.properties) ? state : add(state, observation)
}

function adder(need: Exclude<Need, { kind: 'sessions' | 'sequence' }>): KeptSignal['observe'] {
  switch (need.kind) {
    case 'times':
      return (state, observation) => observeTimes(state as EventTimes | undefined, need, observation)
    case 'totals':
      return (state, observation) => observeTotals(state as Totals | undefined, need, observation)
    case 'values':
      return (state, observation) => observeValues(state as Values | undefined, need, observation)
    case 'edges':
      return (state, observation) => observeEdges(state as Edges | undefined, need, observation)
  }
}

/** The names of the events a need listens to; undefined: all actions. */
export function eventsOf(need: Need): readonly string[] | undefined {
  if (need.kind === 'sessions') return undefined
  if (need.kind !== 'sequence') return [need.event]
  return [...new Set([...need.steps, ...(need.absent ? [need.absent] : [])].map(({ event }) => event))]
}

/** Whether a need looks at what events say, or only at which happened when. */
export function readsProperties(need: Need): boolean {
  if (need.kind === 'sessions') return false
  if (need.kind !== 'sequence') return need.where !== undefined || ('property' in need && need.property !== undefined)
  return [...need.steps, ...(need.absent ? [need.absent] : [])].some(({ where }) => where !== undefined)
}

/** Two signals of one key and time as one. `need` where it is known: a sequence can only be bounded by it. */
export function mergeSignal(a: Signal, b: Signal, need?: Need): Signal {
  if (!('kind' in a) || !('kind' in b)) return mergeTimes(a as EventTimes, b as EventTimes)
  switch (a.kind) {
    case 'totals':
      return mergeTotals(a, b as Totals)
    case 'values':
      return mergeValues(a, b as Values)
    case 'edges':
      return mergeEdges(a, b as Edges)
    case 'sequence':
      return mergeSequences(need?.kind === 'sequence' ? need : undefined, a, b as SequenceState)
    case 'sessions':
      return mergeSessions(a, b as Sessions)
  }
}

/** Since when it is kept and what it lacks; undefined for what is joined as a set. */
export function accumulated(signal: Signal): Accumulated | undefined {
  return 'since' in signal ? signal : undefined
}

/** The same signal, lacking these sources as well. */
export function lacking(signal: Signal, sources: readonly string[]): Signal {
  if (!('since' in signal)) return signal
  const { lacks, ...rest } = signal
  return { ...rest, ...held(signal.since, [...(lacks ?? []), ...sources]) }
}

/** The same signal, this source no longer lacking. */
export function given(signal: Signal, source: string): Signal {
  if (!('since' in signal)) return signal
  const { lacks, ...rest } = signal
  return {
    ...rest,
    ...held(
      signal.since,
      (lacks ?? []).filter(other => other !== source),
    ),
  }
}

/** Its bound made it forget what only the log can tell. */
export function isLate(signal: Signal | undefined): boolean {
  return signal !== undefined && 'kind' in signal && signal.kind === 'sequence' && signal.late === true
}
