import type { Event } from '../event/event.ts'
import { dueOf } from '../profile/due.ts'
import type { Membership, Profile } from '../profile/profile.ts'
import type { ApplyContext } from './context.ts'
import type { Drafts } from './drafts.ts'
import { type Row, toRow } from './rows.ts'

/** Names of the events by which somebody enters and leaves a segment. */
export const SEGMENT_ENTERED = 'Segment Entered'
export const SEGMENT_LEFT = 'Segment Left'

/** Instants that one person's timer may be behind with before it is only looked how things stand now (R11). */
const BEHIND = 1000

/**
 * Keeps up who is in which segment (R5): when something happened that can touch a segment, and when its truth expires. Truth at
 * an instant is of the events received by then; so a person's timers that are due are heard before anything new is.
 */
export class Memberships {
  readonly #drafts: Drafts
  readonly #context: ApplyContext
  readonly #write: (row: Row) => void
  readonly #places: ReadonlyMap<string, number>
  /** Sources of people to look at, with the places of the segments; all of them where it says so. */
  readonly #touched = new Map<string, Set<number> | 'all'>()

  constructor(drafts: Drafts, context: ApplyContext, write: (row: Row) => void) {
    this.#drafts = drafts
    this.#context = context
    this.#write = write
    this.#places = placesOf(context.plan.segments)
  }

  /** An event of the source's person is about to be applied. */
  touch(source: string, event: Event): void {
    const places = this.#context.plan.touchedBy(event)
    if (places.size > 0) this.#add(source, places)
  }

  /** A signal of the source's person changed without an event. */
  touchSignals(source: string, keys: readonly string[]): void {
    this.#add(source, this.#context.plan.touchedBySignals(keys))
  }

  /** The source's person came into being. */
  begin(source: string): void {
    this.#add(source, this.#context.plan.awake(this.#context.now))
  }

  /** Everything of the source's person may have changed. */
  touchAll(source: string): void {
    if (this.#context.plan.segments.length > 0) this.#touched.set(source, 'all')
  }

  /** Looks at the segments of these keys. */
  touchSegments(source: string, keys: readonly string[]): void {
    this.#add(
      source,
      keys.flatMap(key => this.#places.get(key) ?? []),
    )
  }

  /** Whether looking at these segments now would change anything of a person whose timer is not due. */
  wouldChange(person: Profile, keys: readonly string[]): boolean {
    return keys.some(key => {
      const place = this.#places.get(key)
      return place !== undefined && this.#outcome(person, place, this.#context.now).changed
    })
  }

  /** Hears the timers that were due up to now, one after the other, each at its own instant. */
  catchUp(draft: Profile): void {
    const { now } = this.#context
    for (let behind = 0; draft.due !== undefined && draft.due <= now; behind++) {
      const at = behind < BEHIND ? draft.due : now
      for (const [key, { until }] of Object.entries(draft.memberships ?? {})) {
        const place = this.#places.get(key)
        if (place === undefined) this.#set(draft, key, undefined)
        else if (until !== undefined && until <= at) this.#look(draft, place, at)
      }
      this.#time(draft)
      if (behind > BEHIND) break
    }
  }

  /** Looks at everybody who was touched, as things stand now. */
  finish(): void {
    const people = new Map<string, Set<number> | 'all'>()
    for (const [source, places] of this.#touched) {
      const { id } = this.#drafts.known(source)
      const before = people.get(id)
      if (before === 'all' || places === 'all') people.set(id, 'all')
      else people.set(id, before === undefined ? places : new Set([...before, ...places]))
    }
    for (const [id, places] of people) this.#lookAt(id, places)
  }

  #lookAt(id: string, places: Set<number> | 'all'): void {
    const { plan, now } = this.#context
    const draft = this.#drafts.draft(id)
    const before = draft.memberships
    if (places === 'all') {
      for (const key of Object.keys(before ?? {})) if (!this.#places.has(key)) this.#set(draft, key, undefined)
      for (let place = 0; place < plan.segments.length; place++) this.#look(draft, place, now)
    } else for (const place of places) this.#look(draft, place, now)
    if (draft.memberships !== before) this.#time(draft)
  }

  #look(draft: Profile, place: number, at: number): void {
    const { key, version } = this.#context.plan.segments[place]!
    const { changed, was, next } = this.#outcome(draft, place, at)
    if (!changed) return
    const value = next?.in ?? false
    if (value !== was) this.#tell(draft, key, version, value, at)
    this.#set(draft, key, next)
  }

  /** What is to be noted of a membership at an instant, and whether that is something else than what is. */
  #outcome(
    person: Profile,
    place: number,
    at: number,
  ): { changed: boolean; was: boolean; next: Membership | undefined } {
    const { key, condition } = this.#context.plan.segments[place]!
    const { value, until } = condition.truth({ profile: person, context: {}, now: at })
    const { memberships } = person
    const old = memberships !== undefined && Object.hasOwn(memberships, key) ? memberships[key] : undefined
    const was = old?.in ?? false
    const expires = Number.isFinite(until)
    if (!value && !expires) return { changed: old !== undefined, was, next: undefined }
    const changed = old === undefined || value !== was || old.until !== (expires ? until : undefined)
    const since = old !== undefined && value === was ? old.since : at
    return { changed, was, next: { in: value, since, ...(expires && { until }) } }
  }

  #set(draft: Profile, key: string, membership: Membership | undefined): void {
    const { [key]: _, ...others } = draft.memberships ?? {}
    const next = membership === undefined ? others : { ...others, [key]: membership }
    if (Object.keys(next).length === 0) delete draft.memberships
    else draft.memberships = next
  }

  #time(draft: Profile): void {
    const due = dueOf(draft)
    if (Number.isFinite(due)) draft.due = due
    else delete draft.due
  }

  #tell({ id, version, userId = '' }: Profile, segment: string, ofVersion: number, entered: boolean, at: number): void {
    const { workspace, now, plan } = this.#context
    const name = entered ? SEGMENT_ENTERED : SEGMENT_LEFT
    this.#write(
      toRow('events', at, {
        workspace,
        profile: id,
        timestamp: at,
        received: now,
        index: 0,
        // The person's version makes it one of a kind: a segment changes at most once at an instant of a version.
        message_id: `${name} ${segment} ${id} ${version} ${at}`,
        type: 'segment',
        name,
        user_id: userId,
        anonymous_id: '',
        group_id: '',
        session_id: '',
        revenue: null,
        currency: '',
        properties: { segment, version: ofVersion },
        context: {},
        definitions: plan.version,
      }),
    )
  }

  #add(source: string, places: Iterable<number>): void {
    const before = this.#touched.get(source)
    if (before === 'all') return
    const set = before ?? new Set()
    for (const place of places) set.add(place)
    if (set.size > 0) this.#touched.set(source, set)
  }
}

const known = new WeakMap<object, ReadonlyMap<string, number>>()

function placesOf(segments: ApplyContext['plan']['segments']): ReadonlyMap<string, number> {
  let places = known.get(segments)
  if (places === undefined) {
    places = new Map(segments.map(({ key }, place) => [key, place]))
    known.set(segments, places)
  }
  return places
}
