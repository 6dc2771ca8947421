import type { PropertyCondition } from '../filter/filter.ts'

/** Which events a signal listens to: those of a name, of which all conditions on their properties hold. */
export interface Listened {
  readonly event: string
  readonly where?: readonly PropertyCondition[]
}

/** The last `keep` times an event happened. */
export interface TimesNeed extends Listened {
  readonly kind: 'times'
  readonly key: string
  readonly keep: number
}

/** Buckets of a window (R11): hours up to two days, else days of the workspace's zone; `ever` has one bucket for all time. */
export interface Buckets {
  readonly unit: 'hour' | 'day' | 'ever'
  /** How many buckets the window has, the current one included; 1 for `ever`. */
  readonly keep: number
  /** IANA zone of the days; `UTC` for the other units. */
  readonly zone: string
}

/** Count, sum, smallest and greatest of a number in each bucket; without a property, the count alone. */
export interface TotalsNeed extends Listened, Buckets {
  readonly kind: 'totals'
  readonly key: string
  readonly property?: string
}

/** How often each value of a property occurred in each bucket. */
export interface ValuesNeed extends Listened, Buckets {
  readonly kind: 'values'
  readonly key: string
  readonly property: string
}

/** The first and the last event of a name, with a property's value there; without a property, their times alone. */
export interface EdgesNeed extends Listened {
  readonly kind: 'edges'
  readonly key: string
  readonly property?: string
}

/** The last events that are a step of a sequence; `steps[i].within` and `absent` shape what is kept of those before. */
export interface SequenceNeed {
  readonly kind: 'sequence'
  readonly key: string
  readonly steps: readonly (Listened & { readonly withinMs?: number })[]
  /** What must not happen for `withinMs` after the last step. */
  readonly absent?: Listened & { readonly withinMs: number }
}

/** The last sessions: from every track, page and screen. */
export interface SessionsNeed {
  readonly kind: 'sessions'
  readonly key: string
}

/** A value kept up from events because a definition needs it. Plain JSON: it travels with the journal (R6). */
export type Need = TimesNeed | TotalsNeed | ValuesNeed | EdgesNeed | SequenceNeed | SessionsNeed

type Keyed<N extends Need> = Omit<N, 'key'>

/** The key of a signal in `Profile.signals`: the same words, the same signal. Plain event times go by the event's own name. */
export function times(listened: Listened, keep: number): TimesNeed {
  return { kind: 'times', key: `${listened.event}${filterText(listened)}`, ...listenedOf(listened), keep }
}

export function totals(need: Omit<Keyed<TotalsNeed>, 'kind'>): TotalsNeed {
  const key = `totals ${bucketText(need)} ${need.property ?? ''} of ${need.event}${filterText(need)}`
  return { kind: 'totals', key, ...need, ...listenedOf(need) }
}

export function values(need: Omit<Keyed<ValuesNeed>, 'kind'>): ValuesNeed {
  const key = `values ${bucketText(need)} ${need.property} of ${need.event}${filterText(need)}`
  return { kind: 'values', key, ...need, ...listenedOf(need) }
}

export function edges(listened: Listened, property?: string): EdgesNeed {
  const key = `edges ${property ?? ''} of ${listened.event}${filterText(listened)}`
  return { kind: 'edges', key, ...listenedOf(listened), ...(property !== undefined && { property }) }
}

export function sequence(need: Omit<Keyed<SequenceNeed>, 'kind'>): SequenceNeed {
  return { kind: 'sequence', key: `sequence ${JSON.stringify([need.steps, need.absent ?? null])}`, ...need }
}

export const sessions: SessionsNeed = { kind: 'sessions', key: 'sessions' }

function listenedOf({ event, where }: Listened): Listened {
  return where === undefined || where.length === 0 ? { event } : { event, where }
}

function bucketText({ unit, keep, zone }: Buckets): string {
  return unit === 'day' ? `day ${keep} ${zone}` : unit === 'hour' ? `hour ${keep}` : 'ever'
}

/** Conditions in any order, with their members in any order, are one filter. */
function filterText({ where }: Listened): string {
  if (where === undefined || where.length === 0) return ''
  const texts = where.map(condition =>
    JSON.stringify(Object.fromEntries(Object.entries(condition).sort(([a], [b]) => (a < b ? -1 : 1)))),
  )
  return ` where [${texts.sort().join(',')}]`
}
