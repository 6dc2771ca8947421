import { complete, type Definition, type Experience } from '../definition/index.ts'
import type { Condition } from '../segment/index.ts'
import type { Outcome } from './outcome.ts'
import { baseOf, type Suggestion } from './suggestion.ts'

/** What became of a suggestion. */
export type PromiseState =
  /** It is on the list. */
  | 'open'
  /** The team does not want it: it stays away while what it says stays so. */
  | 'dismissed'
  /** The team did it; what it brought is measured later. */
  | 'done'
  /** What it brought was measured, or it was found that it cannot be. */
  | 'measured'
  /** What it said is not so any more, and nobody did it. */
  | 'gone'

/** One line of the record. Plain JSON. */
export interface Promised {
  /** What it is about and the day on which it was first listed: `declare~hero~b~2026-11-22`. */
  readonly id: string
  readonly base: string
  readonly state: PromiseState
  /** As it was listed last: what the team saw when it acted. */
  readonly suggestion: Suggestion
  /** When it was listed first and last. */
  readonly first: number
  readonly last: number
  /** Of the experience, when it was listed last; 0 where it is about none. */
  readonly version: number
  /** When it was done, dismissed or gone. */
  readonly closed?: number
  /** Whether the team said so, or its definitions do, or time. */
  readonly by?: 'team' | 'definitions' | 'time'
  readonly note?: string
  /** Exposures between which it is measured, and when their windows have closed. Absent where there is nothing to measure. */
  readonly measure?: { readonly from: number; readonly to: number; readonly due: number }
  readonly outcome?: Outcome
}

/** The oldest closed ones beyond this are forgotten. */
export const MOST_PROMISES = 500
const DAY_MS = 86_400_000
/** What was dismissed, or done by somebody's word, comes back after so long if it still, or again, is so. */
const QUIET_MS = 14 * DAY_MS
/** A promise is measured over at least a week and at most four, in whole weeks. */
const SPAN_DAYS = { least: 7, most: 28 }

export interface Reconciled {
  readonly now: number
  /** Live definitions. */
  readonly experiences: readonly Definition<'experience'>[]
  /** Experiences of which nothing can be said now: what was said of them is neither repeated nor withdrawn. */
  readonly unreadable?: ReadonlySet<string>
  /** How long after an exposure a metric's window closes, milliseconds. */
  windowOf(metric: string): number
}

/** The record after what is suggested now. */
export function reconcile(
  record: readonly Promised[],
  suggestions: readonly Suggestion[],
  context: Reconciled,
): Promised[] {
  const { now } = context
  const acted = record.map(one => afterActing(one, context))
  const lists = new Map(suggestions.map(one => [baseOf(one), one]))
  const seen = new Set<string>()
  const kept = acted.map((one): Promised => {
    const again = lists.get(one.base)
    if (one.state === 'open') {
      if (again === undefined) return isHeld(one, context) ? one : { ...one, state: 'gone', closed: now }
      seen.add(one.base)
      return { ...one, suggestion: again, last: now, version: versionOf(again, context) }
    }
    if (again !== undefined && isQuiet(one, again, context)) {
      seen.add(one.base)
      return { ...one, last: now }
    }
    return one
  })
  const fresh = suggestions
    .filter(one => !seen.has(baseOf(one)))
    .map((suggestion): Promised => {
      const base = baseOf(suggestion)
      const id = `${base}~${new Date(now).toISOString().slice(0, 10)}`
      return { id, base, state: 'open', suggestion, first: now, last: now, version: versionOf(suggestion, context) }
    })
  // Of one that came back on the very day it had gone, the record has one line.
  const ids = new Set(fresh.map(({ id }) => id))
  return bounded([...kept.filter(({ id }) => !ids.has(id)), ...fresh], now)
}

/** The team says what it did. Undefined where there is nothing open under this id. */
export function close(
  one: Promised,
  state: 'done' | 'dismissed',
  context: Reconciled,
  note?: string,
): Promised | undefined {
  if (one.state !== 'open' && !(one.state === 'dismissed' && state === 'done')) return undefined
  const closed: Promised = { ...one, state, closed: context.now, by: 'team', ...(note !== undefined && { note }) }
  return state === 'done' ? withMeasure(closed, context) : closed
}

/** What the definitions, or time, show to have been done. */
function afterActing(one: Promised, context: Reconciled): Promised {
  if (one.state !== 'open') return one
  const { now, experiences } = context
  const { kind, about, evidence } = one.suggestion
  const live = experiences.find(({ key }) => key === about.experience)
  const isOver = live === undefined || live.archived || (live.body.status ?? 'running') !== 'running'
  // Waiting is what happens by itself.
  if (kind === 'extend' && typeof evidence.moreDays === 'number' && now >= one.first + evidence.moreDays * DAY_MS) {
    return withMeasure({ ...one, state: 'done', closed: now, by: 'time' }, context)
  }
  if (about.experience === undefined || kind === 'tracking-broke' || kind === 'extend') return one
  const changed = live === undefined || live.version > one.version
  if (!changed || !didIt(one.suggestion, isOver ? undefined : live.body)) return one
  const at = live === undefined ? now : Math.min(now, Math.max(one.first, live.published))
  return withMeasure({ ...one, state: 'done', closed: at, by: 'definitions' }, context)
}

/** Whether the body, or there being none, is what was suggested. */
function didIt({ kind, about }: Suggestion, body: Experience | undefined): boolean {
  if (kind === 'stop' || kind === 'metric-hurt') return body === undefined || withoutVariant(body, about.variant)
  if (body === undefined) return false
  const { control, variants } = complete('experience', body)
  if (kind === 'no-control') return control > 0
  if (kind === 'declare' && about.variant !== undefined) {
    return variants.every(({ key, weight }) => (key === about.variant ? weight > 0 : weight === 0))
  }
  if (kind === 'try-segment') return namesSegment(body.audience, about.segment?.split(':')[0])
  return false
}

function withoutVariant(body: Experience, variant: string | undefined): boolean {
  if (variant === undefined) return false
  const found = complete('experience', body).variants.find(({ key }) => key === variant)
  return found === undefined || found.weight === 0
}

function namesSegment(audience: Condition | undefined, segment: string | undefined): boolean {
  return audience !== undefined && segment !== undefined && JSON.stringify(audience).includes(JSON.stringify(segment))
}

/**
 * When it is measured. Of what goes on after acting: exposures from then on, as long as it took to find it, in whole weeks. Of what acting
 * ends, and of waiting: those between the promise and the end, which the promise did not know.
 */
function withMeasure(one: Promised, context: Reconciled): Promised {
  const { expected, kind, evidence } = one.suggestion
  if (expected === null || one.closed === undefined) return one
  const window = context.windowOf(expected.metric)
  if (kind === 'stop' || kind === 'metric-hurt' || kind === 'extend') {
    return { ...one, measure: { from: one.first, to: one.closed, due: one.closed + window } }
  }
  const days = typeof evidence.days === 'number' ? evidence.days : SPAN_DAYS.most
  const span = Math.min(Math.max(7 * Math.ceil(days / 7), SPAN_DAYS.least), SPAN_DAYS.most) * DAY_MS
  return { ...one, measure: { from: one.closed, to: one.closed + span, due: one.closed + span + window } }
}

function isHeld({ suggestion: { kind, about }, last }: Promised, { now, unreadable }: Reconciled): boolean {
  if (kind === 'tracking-broke' || about.experience === undefined || now - last > QUIET_MS) return false
  return unreadable?.has(about.experience) === true
}

/** Whether something closed keeps a suggestion of the same kind away. */
function isQuiet(one: Promised, again: Suggestion, context: Reconciled): boolean {
  const { state, closed = 0, last, by } = one
  const { now, experiences } = context
  // Whoever waited as long as was said hears how much longer.
  if (state === 'gone' || by === 'time') return false
  if (state === 'dismissed') return now - last < QUIET_MS && one.version === versionOf(again, context)
  if (now - closed < QUIET_MS) return true
  // What is declared and kept works for ever: it is news once, and again where others are given a part anew.
  const live = experiences.find(({ key }) => key === again.about.experience)
  return again.kind === 'declare' && (again.about.variant === undefined || (live && didIt(again, live.body)) === true)
}

function versionOf({ about }: Suggestion, { experiences }: Reconciled): number {
  return experiences.find(({ key }) => key === about.experience)?.version ?? 0
}

/** Long after it ought to have been measured it never will be. */
const GIVEN_UP_MS = 90 * DAY_MS

function bounded(record: readonly Promised[], now: number): Promised[] {
  const over = record.length - MOST_PROMISES
  if (over <= 0) return [...record]
  const isAwaited = ({ state, measure }: Promised) =>
    state === 'open' || (state === 'done' && measure !== undefined && now < measure.due + GIVEN_UP_MS)
  const closedFirst = record.filter(one => !isAwaited(one)).sort((a, b) => (a.closed ?? 0) - (b.closed ?? 0))
  const forgotten = new Set(closedFirst.slice(0, over).map(({ id }) => id))
  return record.filter(({ id }) => !forgotten.has(id))
}
