import { splitPath, valueAt } from '../filter/path.ts'
import type { Json } from '../json.ts'
import { dueOf, withAhead } from './ahead.ts'
import { bucketing, inWindow, withBucket } from './buckets.ts'
import { heldByBoth } from './held.ts'
import { SIGNAL_LIMITS } from './limits.ts'
import type { ValuesNeed } from './need.ts'
import { isAhead, type Observation } from './observation.ts'
import type { Ahead, Values } from './signal.ts'
import { changesOf } from './totals.ts'

type Counts = Readonly<Record<string, number>>
type Bucket = Values['buckets'][number]

/**
 * The values an event has at the property, as JSON: of a list each element once. Text, numbers, true and false; a number
 * as a whole amount of its parts would lose what tells two ids apart, so it is written as JSON writes it.
 */
function valueTexts(value: Json | undefined): string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value]
  const texts = list.flatMap(one => {
    if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') return []
    const text = JSON.stringify(one)
    return text.length <= SIGNAL_LIMITS.valueText ? [text] : []
  })
  return [...new Set(texts)]
}

/** With one event more. */
export function observeValues(state: Values | undefined, need: ValuesNeed, observation: Observation): Values {
  const { stamp, event, begins } = observation
  const { unit, keep, zone } = need
  const old: Values = state ?? { kind: 'values', unit, keep, zone, buckets: [], ...begins }
  const texts = valueTexts(valueAt(event.properties, splitPath(need.property)))
  if (texts.length === 0) return old
  const { due, waiting } = dueOf(old.ahead ?? [], event.received)
  const occurred = texts.map(text => [stamp.at, stamp.hash, text] as const)
  if (!isAhead(observation)) return settled(old, [...due, ...occurred], waiting)
  const { waiting: all, early } = withAhead(waiting, occurred)
  return settled(old, [...due, ...early], all)
}

/** What two people have together, of one need; it lacks what either lacks. */
export function mergeValues(a: Values, b: Values): Values {
  let { buckets } = a
  for (const bucket of b.buckets) buckets = withBucket(buckets, bucket, addCounts)
  const { waiting, early } = withAhead(a.ahead ?? [], b.ahead ?? [])
  const { lacks: _, ...rest } = a
  return settled(
    { ...rest, buckets, ...((a.full || b.full) && { full: true as const }), ...heldByBoth(a, b) },
    early,
    waiting,
  )
}

/** How often each value occurred in the window at an instant, and whether more different ones did than are kept. */
export function valuesAt(state: Values | undefined, now: number): { counts: Map<string, number>; full: boolean } {
  const counts = new Map<string, number>()
  if (state === undefined) return { counts, full: false }
  const add = (text: string, n: number) => counts.set(text, (counts.get(text) ?? 0) + n)
  const { of } = bucketing(state)
  const newest = of(now)
  const oldest = state.unit === 'ever' ? newest : newest - state.keep + 1
  for (const [bucket, some] of state.buckets) {
    if (bucket < oldest || bucket > newest) continue
    for (const text of Object.keys(some)) add(text, some[text]!)
  }
  for (const [at, , text] of state.ahead ?? []) if (at <= now && of(at) >= oldest) add(text, 1)
  return { counts, full: state.full ?? false }
}

/**
 * Tells what `valuesAt` will be without an event, at each instant after `now` at which it may change, ascending, until whoever is
 * told has heard enough. Not to be kept: it is changed.
 */
export function valuesAfter(
  state: Values | undefined,
  now: number,
  isEnough: (at: number, made: ReturnType<typeof valuesAt>) => boolean,
): void {
  if (state === undefined) return
  if (state.ahead !== undefined) {
    for (const at of changesOf(state, now)) if (isEnough(at, valuesAt(state, at))) return
    return
  }
  if (state.unit === 'ever') return
  const { of, start } = bucketing(state)
  const oldest = of(now) - state.keep + 1
  const made = valuesAt(state, now)
  for (const [bucket, some] of state.buckets) {
    if (bucket < oldest) continue
    for (const text of Object.keys(some)) {
      const rest = (made.counts.get(text) ?? 0) - some[text]!
      if (rest > 0) made.counts.set(text, rest)
      else made.counts.delete(text)
    }
    if (isEnough(start(bucket + state.keep), made)) return
  }
}

function settled(state: Values, due: Ahead<string>, waiting: Ahead<string>): Values {
  const { of } = bucketing(state)
  let { buckets } = state
  for (const [at, , text] of due) buckets = withBucket<Bucket>(buckets, [of(at), { [text]: 1 }], addCounts)
  const bounded = withinBound(state.unit === 'ever' ? buckets : inWindow(buckets, state.keep))
  const { ahead: _, ...rest } = state
  return {
    ...rest,
    buckets: bounded.buckets,
    ...((state.full || bounded.cut) && { full: true as const }),
    ...(waiting.length > 0 && { ahead: waiting }),
  }
}

function addCounts([bucket, a]: Bucket, [, b]: Bucket): Bucket {
  const counts: Record<string, number> = { ...a }
  for (const text of Object.keys(b)) counts[text] = (counts[text] ?? 0) + b[text]!
  return [bucket, counts]
}

/** The newest buckets' values are kept, of one bucket those whose text is least. */
function withinBound(buckets: Values['buckets']): { buckets: Values['buckets']; cut: boolean } {
  let room: number = SIGNAL_LIMITS.values
  let total = 0
  for (const [, counts] of buckets) total += Object.keys(counts).length
  if (total <= room) return { buckets, cut: false }
  const kept = buckets.toReversed().flatMap(([bucket, counts]): Bucket[] => {
    const texts = Object.keys(counts).sort().slice(0, room)
    room -= texts.length
    return texts.length === 0 ? [] : [[bucket, pick(counts, texts)]]
  })
  return { buckets: kept.reverse(), cut: true }
}

function pick(counts: Counts, texts: readonly string[]): Counts {
  return Object.fromEntries(texts.map(text => [text, counts[text]!]))
}
