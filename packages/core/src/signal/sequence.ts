import { compileProperties } from '../filter/property.ts'
import { heldByBoth } from './held.ts'
import { SIGNAL_LIMITS } from './limits.ts'
import type { Listened, SequenceNeed } from './need.ts'
import type { Observation } from './observation.ts'
import type { SequenceFold, SequenceState } from './signal.ts'

type SequenceEvent = SequenceState['events'][number]

/** Which steps an event is, as bits. */
export function stepsOf(need: SequenceNeed): (event: Observation['event']) => number {
  const parts: Listened[] = need.absent === undefined ? [...need.steps] : [...need.steps, need.absent]
  const tests = parts.map(({ event, where }) => ({ event, holds: compileProperties(where ?? []) }))
  return ({ name, properties }) => {
    let bits = 0
    for (const [i, { event, holds }] of tests.entries()) if (event === name && holds(properties)) bits |= 1 << i
    return bits
  }
}

/** With one event more. */
export function observeSequence(
  state: SequenceState | undefined,
  need: SequenceNeed,
  { stamp, begins }: Observation,
  steps: number,
): SequenceState | undefined {
  if (steps === 0) return state
  const old: SequenceState = state ?? { kind: 'sequence', events: [], ...begins }
  return bounded(need, { ...old, events: union(old.events, [[stamp.at, stamp.hash, steps]]) })
}

/** Both persons', or a person's and what the log adds: exact unless events of one lie before what the other folded. */
export function mergeSequences(need: SequenceNeed | undefined, a: SequenceState, b: SequenceState): SequenceState {
  const late = a.late || b.late || (a.folded !== undefined && b.folded !== undefined)
  const folded = a.folded ?? b.folded
  const merged: SequenceState = {
    kind: 'sequence',
    ...heldByBoth(a, b),
    events: union(a.events, b.events),
    ...(folded && { folded }),
    ...(late && { late: true as const }),
  }
  return need === undefined ? merged : bounded(need, merged)
}

/** Whether the sequence was completed by an instant, and within `withinMs` before it. */
export function isCompleted(
  need: SequenceNeed,
  state: SequenceState | undefined,
  now: number,
  withinMs: number,
): boolean {
  if (state === undefined) return false
  const past = state.events.filter(([at]) => at <= now)
  const { done, pending } = fold(need, state.folded, past)
  if (need.absent !== undefined) return done !== null || (pending !== null && pending + need.absent.withinMs <= now)
  return done !== null && done > now - withinMs
}

/** Instants after `now` at which that may change without an event, ascending. */
export function sequenceChanges(
  need: SequenceNeed,
  state: SequenceState | undefined,
  now: number,
  withinMs: number,
): number[] {
  if (state === undefined) return []
  const after = need.absent?.withinMs ?? withinMs
  const instants = state.events.flatMap(([at]) => [at, at + after])
  const { done = null, pending = null } = state.folded ?? {}
  for (const at of [done, pending]) if (at !== null) instants.push(at + after)
  return [...new Set(instants)].filter(at => at > now && Number.isFinite(at)).sort((a, b) => a - b)
}

function union(a: readonly SequenceEvent[], b: readonly SequenceEvent[]): readonly SequenceEvent[] {
  const last = a.at(-1)
  if (b.length === 1 && (last === undefined || compare(last, b[0]!) < 0)) return [...a, b[0]!]
  const all = [...a, ...b].sort(compare)
  return all.filter((event, i) => i === 0 || compare(all[i - 1]!, event) !== 0)
}

function compare(a: SequenceEvent, b: SequenceEvent): number {
  return a[0] - b[0] || a[1] - b[1]
}

/** Events before what is folded came too late; of too many the earliest instants are folded. */
function bounded(need: SequenceNeed, state: SequenceState): SequenceState {
  const { folded } = state
  const inTime = folded === undefined ? state.events : state.events.filter(([at]) => at > folded.to)
  const late = state.late || inTime.length < state.events.length
  if (inTime.length <= SIGNAL_LIMITS.sequence) return late ? { ...state, events: inTime, late: true } : state
  const to = inTime[inTime.length - SIGNAL_LIMITS.sequence - 1]![0]
  return {
    ...state,
    events: inTime.filter(([at]) => at > to),
    folded: fold(
      need,
      folded,
      inTime.filter(([at]) => at <= to),
    ),
    ...(late && { late: true as const }),
  }
}

/**
 * What the events, ascending, make of what was before. Steps follow one another at later instants, each within its time of
 * the one before; so of the completions of a step only the latest matters to the next. Of completions whose absence is not
 * decided the earliest is enough: what spoils it spoils all that are undecided with it, and once it stands the sequence does.
 */
function fold(need: SequenceNeed, before: SequenceFold | undefined, events: readonly SequenceEvent[]): SequenceFold {
  const { steps, absent } = need
  const latest = before === undefined ? steps.map((): number | null => null) : [...before.latest]
  let done = before?.done ?? null
  let pending = before?.pending ?? null
  let i = 0
  while (i < events.length) {
    const at = events[i]![0]
    let bits = 0
    for (; i < events.length && events[i]![0] === at; i++) bits |= events[i]![2]
    if (absent !== undefined && bits & (1 << steps.length) && pending !== null) {
      if (pending + absent.withinMs < at) done = 0
      pending = null
    }
    // From the last step down, so that a step follows what was complete before this instant.
    for (let step = steps.length - 1; step >= 0; step--) {
      if (!(bits & (1 << step))) continue
      const from = step === 0 ? at : latest[step - 1]!
      if (from === null || (step > 0 && at - from > (steps[step]!.withinMs ?? Number.POSITIVE_INFINITY))) continue
      latest[step] = at
      if (step < steps.length - 1) continue
      if (absent === undefined) done = at
      else pending ??= at
    }
  }
  return { to: events.at(-1)?.[0] ?? before?.to ?? Number.NEGATIVE_INFINITY, latest, done, pending }
}
