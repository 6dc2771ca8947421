import { type RetentionRules, retentionRules } from '../consent/retention.ts'
import type { RetentionSettings } from '../consent/settings.ts'
import type { Event } from '../event/event.ts'
import { onceIn } from '../event/once.ts'
import { objectOf } from '../json.ts'
import { factsIn } from '../profile/facts.ts'
import type { Profile } from '../profile/profile.ts'
import type { Aggregate } from '../segment/aggregate.ts'
import { compiler } from '../segment/compile.ts'
import type { Condition } from '../segment/condition.ts'
import type { CalendarEntry } from '../segment/language.ts'
import { type CompiledCondition, type Facet, unionAnyone } from '../segment/node.ts'
import type { Keeping } from '../signal/keeping.ts'
import { eventsOf, type KeptSignal, keep } from '../signal/kept.ts'
import type { Need } from '../signal/need.ts'

/** What the stream has to know of the definitions. Plain JSON: it travels with the journal, so that replay repeats it (R6). */
export interface PlanSource {
  /** Version of the definitions it comes from. */
  readonly version: number
  readonly zone: string
  readonly calendar: readonly CalendarEntry[]
  readonly computed: readonly (readonly [key: string, aggregate: Aggregate])[]
  readonly segments: readonly PlannedSegment[]
  readonly signals: readonly PlannedSignal[]
  /** What decisions alone ask of the person's accounts; absent: nothing. */
  readonly accounts?: readonly { readonly condition: Condition }[]
  /** How long what is known of people is kept; absent: for ever. */
  readonly retention?: RetentionSettings
}

export interface PlannedSegment {
  readonly key: string
  /** The definition's. */
  readonly version: number
  readonly condition: Condition
  /** Its signals are filled, so that its truth is known. Before that nobody enters and nobody leaves it. */
  readonly live: boolean
}

export interface PlannedSignal {
  readonly need: Need
  readonly since: number
  readonly filled: boolean
}

/** A plan made ready to take events. */
export interface Plan extends Keeping {
  readonly version: number
  readonly source: PlanSource
  readonly retention: RetentionRules
  /**
   * Live ones: first what they and decisions ask of anyone of an account, kept up as a segment is. What decisions ask is from
   * the start, as they look at a person's own signals: while those are being filled it may be too little (R4).
   */
  readonly segments: readonly WatchedSegment[]
  /** The places of those that look at the person's accounts. */
  readonly askingAccounts: readonly number[]
  /** Whether anything looks at accounts: then they have to be at hand. */
  readonly asksAccounts: boolean
  /** What is asked of anyone of an account, by its text, whether or not its signals are filled. */
  readonly anyone: ReadonlySet<string>
  /** The places in `segments` of those whose truth an event may change at once. */
  readonly touchedBy: (event: Event) => ReadonlySet<number>
  /** The places of those that look at any of these signals. */
  readonly touchedBySignals: (keys: readonly string[]) => readonly number[]
  /** The places of those that are not simply false of somebody of whom nothing is known, at this instant and ever after. */
  readonly awake: (now: number) => readonly number[]
}

/** What the keys of conditions on anyone of an account begin with, before their text; no segment's key has a colon. */
export const ANYONE = 'anyone:'

export interface WatchedSegment {
  readonly key: string
  readonly version: number
  readonly condition: CompiledCondition
  /** It is no segment, but what is asked of anyone of an account: its text. Nobody hears of who enters and leaves. */
  readonly anyone?: string
}

/** A plan made ready from its source, which is all that the journal keeps of it: the same source, the same plan (R6). */
export function planOf(source: PlanSource): Plan {
  const signals = source.signals.map(({ need, since, filled }) => keep(need, since, filled))
  const compile = compiler({
    zone: source.zone,
    calendar: source.calendar,
    computed: new Map(source.computed),
    segments: new Map(source.segments.map(({ key, condition }) => [key, condition])),
  })
  const planned = source.segments.map(({ condition, ...segment }) => ({ ...segment, condition: compile(condition) }))
  const live = planned.filter(({ live }) => live)
  const asked = (source.accounts ?? []).map(({ condition }) => ({ condition: compile(condition) }))
  const anyone = unionAnyone([...live, ...asked].flatMap(({ condition }) => condition.anyone))
  const segments: readonly WatchedSegment[] = [
    ...anyone.map(({ key, compiled }) => ({ key: ANYONE + key, version: 1, condition: compiled, anyone: key })),
    ...live.map(({ key, version, condition }) => ({ key, version, condition })),
  ]
  const askingAccounts = segments.flatMap(({ condition }, i) => (looksAtAccounts(condition) ? [i] : []))
  return {
    version: source.version,
    source,
    byEvent: listeners(signals),
    onAction: signals.filter(({ need }) => eventsOf(need) === undefined),
    signals: new Map(signals.map(signal => [signal.need.key, signal])),
    retention: retentionRules(source.retention),
    segments,
    askingAccounts,
    asksAccounts: askingAccounts.length > 0 || asked.length > 0,
    anyone: new Set([...planned, ...asked].flatMap(({ condition }) => condition.anyone.map(({ key }) => key))),
    touchedBy: toucher(segments),
    touchedBySignals: keys =>
      segments.flatMap(({ condition }, i) => (condition.needs.some(({ key }) => keys.includes(key)) ? [i] : [])),
    awake: waker(segments),
  }
}

/** Whether the condition asks for something of the person's companies. */
export function looksAtAccounts({ touched }: CompiledCondition): boolean {
  return touched.facets.includes('accounts')
}

/** A plan of signals alone. */
export function planOfNeeds(version: number, needs: readonly Need[]): Plan {
  const signals = needs.map(need => ({ need, since: 0, filled: true }))
  return planOf({ version, zone: 'UTC', calendar: [], computed: [], segments: [], signals })
}

function listeners(signals: readonly KeptSignal[]): Map<string, KeptSignal[]> {
  const byEvent = new Map<string, KeptSignal[]>()
  for (const signal of signals) {
    for (const event of eventsOf(signal.need) ?? []) byEvent.set(event, [...(byEvent.get(event) ?? []), signal])
  }
  return byEvent
}

const NONE: ReadonlySet<number> = new Set()

/** What an event cannot touch costs nothing: the places are found by its name, its traits and the parts it changes. */
function toucher(segments: readonly WatchedSegment[]): Plan['touchedBy'] {
  const events = new Map<string, number[]>()
  const traits = new Map<string, number[]>()
  const facets = new Map<Facet, number[]>()
  for (const [i, { condition }] of segments.entries()) {
    for (const name of condition.touched.events) events.set(name, [...(events.get(name) ?? []), i])
    for (const name of condition.touched.traits) traits.set(name, [...(traits.get(name) ?? []), i])
    for (const facet of condition.touched.facets) facets.set(facet, [...(facets.get(facet) ?? []), i])
  }
  return event => {
    let places: Set<number> | undefined
    const add = (found: readonly number[] | undefined) => {
      if (found === undefined) return
      places ??= new Set()
      for (const place of found) places.add(place)
    }
    add(events.get(event.name))
    if (facets.size > 0) for (const facet of facetsOf(event)) add(facets.get(facet))
    if (traits.size > 0) for (const name of traitsIn(event)) add(traits.get(name))
    return places ?? NONE
  }
}

function facetsOf(event: Event): Facet[] {
  const { type, context } = event
  const facets: Facet[] = ['person']
  if (type === 'track' || type === 'page' || type === 'screen') facets.push('action')
  if (type === 'group') facets.push('accounts')
  if (context.consent !== undefined) facets.push('consent')
  const facts = factsIn(event)
  if (facts !== undefined) facets.push(facts)
  return facets
}

function traitsIn(event: Event): string[] {
  const inContext = objectOf(event.context.traits)
  const names = inContext === undefined ? [] : Object.keys(inContext)
  if (event.type !== 'identify') return names
  const once = onceIn(event.properties)
  const own = [...names, ...Object.keys(event.properties)]
  return once === undefined ? own : [...own, ...Object.keys(once)]
}

const NOBODY: Pick<Profile, 'traits' | 'signals'> = { traits: {}, signals: {} }

/** False until ever is false for ever, so what sleeps at one instant sleeps at all later ones. */
function waker(segments: readonly WatchedSegment[]): Plan['awake'] {
  let asked = Number.POSITIVE_INFINITY
  let awake: readonly number[] = []
  return now => {
    if (now < asked) {
      asked = now
      awake = segments.flatMap(({ condition }, i) => {
        const { value, until } = condition.truth({ profile: NOBODY, context: {}, now })
        return value || Number.isFinite(until) ? [i] : []
      })
    }
    return awake
  }
}
