import type { Json } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { edgeChanges, firstAt, lastAt } from '../signal/edges.ts'
import { PARTS, SIGNAL_LIMITS } from '../signal/limits.ts'
import { type Buckets, edges, type Need, sessions, totals, values } from '../signal/need.ts'
import { sessionsAt } from '../signal/sessions.ts'
import type { Edges, Sessions, Signal, Total, Totals, Values } from '../signal/signal.ts'
import { totalAt, totalsAfter } from '../signal/totals.ts'
import { valuesAfter, valuesAt } from '../signal/values.ts'
import { durationMs } from '../time/duration.ts'
import type { Aggregate } from './aggregate.ts'
import type { Told } from './leaf.ts'
import { TOUCHED_BY_NOTHING, type Touched } from './node.ts'

type Kept = Pick<Profile, 'signals'>

/** A value made from events, ready to be asked: for conditions and computed traits. */
export interface CompiledAggregate {
  /** The value at an instant; undefined: missing. */
  readonly read: (profile: Kept, now: number) => Json | undefined
  /**
   * Tells what it will be without an event, at each instant after `now` at which it may change, ascending. `greatest`: to whoever
   * asks all numbers beyond it are alike.
   */
  readonly later: (profile: Kept, now: number, told: Told, greatest?: number) => void
  /** A list is at its bound: the value may be less than what all events make (R11). */
  readonly isSaturated: (profile: Kept, now: number) => boolean
  readonly needs: readonly Need[]
  readonly touched: Touched
}

const HOUR = 3_600_000
const DAY = 86_400_000

/** `zone`: the workspace's, for windows of days. */
export function compileAggregate(aggregate: Aggregate, zone: string): CompiledAggregate {
  if ('sessions' in aggregate) return sessionCount(aggregate.within)
  if ('count' in aggregate) return total({ ...aggregate, of: aggregate.count }, undefined, zone, ([, count]) => count)
  if ('sum' in aggregate) return total(aggregate, aggregate.sum, zone, ([, , sum]) => sum / PARTS)
  if ('average' in aggregate) {
    return total(aggregate, aggregate.average, zone, ([, count, sum]) =>
      count === 0 ? undefined : sum / PARTS / count,
    )
  }
  if ('min' in aggregate) {
    return total(aggregate, aggregate.min, zone, ([, count, , least]) => (count === 0 ? undefined : least / PARTS))
  }
  if ('max' in aggregate) {
    return total(aggregate, aggregate.max, zone, ([, count, , , most]) => (count === 0 ? undefined : most / PARTS))
  }
  if ('distinct' in aggregate) return valueSet(aggregate, aggregate.distinct, zone, counts => counts.size)
  if ('mostFrequent' in aggregate) return valueSet(aggregate, aggregate.mostFrequent, zone, mostFrequent)
  if ('list' in aggregate) return valueSet(aggregate, aggregate.list, zone, listed)
  if ('daysSince' in aggregate) return daysSince(aggregate)
  return edge(aggregate)
}

interface Windowed {
  readonly of: string
  readonly where?: Aggregate extends infer A ? (A extends { where?: infer W } ? W : never) : never
  readonly within?: string
}

/** The buckets of a window (R11): hours up to two days, else days of the workspace's zone. */
export function bucketsOf(within: string | undefined, zone: string): Buckets {
  if (within === undefined) return { unit: 'ever', keep: 1, zone: 'UTC' }
  const ms = durationMs(within)
  if (ms <= SIGNAL_LIMITS.hourBuckets * HOUR) return { unit: 'hour', keep: Math.ceil(ms / HOUR), zone: 'UTC' }
  return { unit: 'day', keep: Math.ceil(ms / DAY), zone }
}

function listened({ of, where }: Pick<Windowed, 'of' | 'where'>) {
  return { event: of, ...(where !== undefined && { where }) }
}

function total(
  aggregate: Windowed,
  property: string | undefined,
  zone: string,
  read: (total: Total) => number | undefined,
): CompiledAggregate {
  const need = totals({
    ...listened(aggregate),
    ...bucketsOf(aggregate.within, zone),
    ...(property !== undefined && { property }),
  })
  const state = reader<Totals>(need.key, 'totals')
  return {
    read: (profile, now) => read(totalAt(state(profile), now)),
    later: (profile, now, told) => totalsAfter(state(profile), now, (at, total) => told(at, read(total))),
    isSaturated: () => false,
    needs: [need],
    touched: { ...TOUCHED_BY_NOTHING, events: [aggregate.of] },
  }
}

function valueSet(
  aggregate: Windowed,
  property: string,
  zone: string,
  read: (counts: ReadonlyMap<string, number>) => Json | undefined,
): CompiledAggregate {
  const need = values({ ...listened(aggregate), ...bucketsOf(aggregate.within, zone), property })
  const state = reader<Values>(need.key, 'values')
  return {
    read: (profile, now) => read(valuesAt(state(profile), now).counts),
    later: (profile, now, told) => valuesAfter(state(profile), now, (at, { counts }) => told(at, read(counts))),
    isSaturated: (profile, now) => valuesAt(state(profile), now).full,
    needs: [need],
    touched: { ...TOUCHED_BY_NOTHING, events: [aggregate.of] },
  }
}

/** Of several the one whose JSON is least, by code points. */
function mostFrequent(counts: ReadonlyMap<string, number>): Json | undefined {
  let best: string | undefined
  let most = 0
  for (const [text, count] of counts) {
    if (count > most || (count === most && best !== undefined && compareCodePoints(text, best) < 0)) {
      best = text
      most = count
    }
  }
  return best === undefined ? undefined : (JSON.parse(best) as Json)
}

function listed(counts: ReadonlyMap<string, number>): Json | undefined {
  if (counts.size === 0) return undefined
  return [...counts.keys()].sort(compareCodePoints).map(text => JSON.parse(text) as Json)
}

/** As bytes of UTF-8 are ordered, which is how the warehouse orders text. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function edge(aggregate: Extract<Aggregate, { first: string } | { last: string }>): CompiledAggregate {
  const property = 'first' in aggregate ? aggregate.first : aggregate.last
  const need = edges(listened(aggregate), property)
  const state = reader<Edges>(need.key, 'edges')
  const isWindowed = 'last' in aggregate && aggregate.within !== undefined
  const within = isWindowed ? durationMs(aggregate.within!) : Number.POSITIVE_INFINITY
  const read = (profile: Kept, now: number) => {
    if ('first' in aggregate) return firstAt(state(profile), now)?.value
    const last = lastAt(state(profile), now)
    return last !== undefined && last.at > now - within ? last.value : undefined
  }
  return {
    read,
    later: (profile, now, told) => {
      const instants = edgeChanges(state(profile), now)
      if (isWindowed) {
        for (const { at } of state(profile)?.last ?? []) if (at + within > now) instants.push(at + within)
      }
      tellAt(profile, instants, read, told)
    },
    isSaturated: () => false,
    needs: [need],
    touched: { ...TOUCHED_BY_NOTHING, events: [aggregate.of] },
  }
}

function daysSince(aggregate: Extract<Aggregate, { daysSince: string }>): CompiledAggregate {
  const need = edges(listened(aggregate))
  const state = reader<Edges>(need.key, 'edges')
  const edgeAt = aggregate.daysSince === 'first' ? firstAt : lastAt
  const read = (profile: Kept, now: number) => {
    const then = edgeAt(state(profile), now)?.at
    return then === undefined ? undefined : Math.floor((now - then) / DAY)
  }
  return {
    read,
    later(profile, now, told, greatest = Number.POSITIVE_INFINITY) {
      const changes = edgeChanges(state(profile), now)
      // A new edge begins a new count; days go on for ever, until they are more than anybody asks for.
      let [at, i] = [now, 0]
      for (;;) {
        const then = edgeAt(state(profile), at)?.at
        const days = then === undefined ? Number.POSITIVE_INFINITY : Math.floor((at - then) / DAY)
        const nextDay = then === undefined || days > greatest ? Number.POSITIVE_INFINITY : then + (days + 1) * DAY
        while (i < changes.length && changes[i]! <= at) i++
        at = Math.min(nextDay, changes[i] ?? Number.POSITIVE_INFINITY)
        if (!Number.isFinite(at) || told(at, read(profile, at))) return
      }
    },
    isSaturated: () => false,
    needs: [need],
    touched: { ...TOUCHED_BY_NOTHING, events: [aggregate.of] },
  }
}

function sessionCount(within: string | undefined): CompiledAggregate {
  const state = reader<Sessions>(sessions.key, 'sessions')
  const length = within === undefined ? Number.POSITIVE_INFINITY : durationMs(within)
  const read = (profile: Kept, now: number) =>
    sessionsAt(state(profile), now).filter(([started]) => started > now - length).length
  return {
    read,
    later: (profile, now, told) => {
      const { spans = [], ahead = [] } = state(profile) ?? {}
      const begins = [...spans.map(([started]) => started), ...ahead.map(([at]) => at)]
      const instants = [...begins, ...begins.map(at => at + length)].filter(at => at > now && Number.isFinite(at))
      tellAt(profile, instants, read, told)
    },
    isSaturated: (profile, now) => sessionsAt(state(profile), now).length >= SIGNAL_LIMITS.sessions,
    needs: [sessions],
    touched: { ...TOUCHED_BY_NOTHING, facets: ['action'] },
  }
}

function tellAt(profile: Kept, instants: number[], read: CompiledAggregate['read'], told: Told): void {
  for (const at of instants.sort((a, b) => a - b)) if (told(at, read(profile, at))) return
}

/** Reads a signal of a kind; another kind under its key is none. */
function reader<S extends Signal & { kind: string }>(key: string, kind: S['kind']): (profile: Kept) => S | undefined {
  return ({ signals }) => {
    if (!Object.hasOwn(signals, key)) return undefined
    const signal = signals[key]!
    return 'kind' in signal && signal.kind === kind ? (signal as S) : undefined
  }
}
