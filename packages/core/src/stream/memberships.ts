import { expire, nextExpiry } from '../consent/retention.ts'
import type { Event } from '../event/event.ts'
import type { JsonObject } from '../json.ts'
import { ANYONE, looksAtAccounts } from '../plan/plan.ts'
import { dueOf } from '../profile/due.ts'
import type { Membership, Profile } from '../profile/profile.ts'
import type { ConsideredAccount, Subject } from '../segment/subject.ts'
import type { Accounts } from './accounts.ts'
import type { ApplyContext } from './context.ts'
import { crossingRow } from './crossingRow.ts'
import type { Drafts } from './drafts.ts'
import type { Row } from './rows.ts'

/** Names of the events by which somebody enters and leaves a segment. */
export const SEGMENT_ENTERED = 'Segment Entered'
export const SEGMENT_LEFT = 'Segment Left'

/** Instants that one person's timer may be behind with before it is only looked how things stand now (R11). */
const BEHIND = 1000

const NO_ACCOUNTS: readonly ConsideredAccount[] = []
const NO_CONTEXT: JsonObject = Object.freeze({})

interface Crossing {
  readonly key: string
  /** The segment's. */
  readonly version: number
  readonly entered: boolean
  readonly at: number
  readonly reason?: string
}

/** People, with the places of the segments to look at. */
type Touched = Map<string, Set<number> | 'all'>

/**
 * Keeps up who is in which segment (R5): when something happened that can touch a segment, and when its truth expires. Truth at
 * an instant is of the events received by then; so a person's timers that are due are heard before anything new is.
 */
export class Memberships {
  readonly #drafts: Drafts
  readonly #accounts: Accounts
  readonly #context: ApplyContext
  readonly #write: (row: Row) => void
  readonly #places: ReadonlyMap<string, number>
  /** Sources of people to look at, with the places of the segments; all of them where it says so. */
  readonly #touched = new Map<string, Set<number> | 'all'>()
  /** Memberships that were copied already. */
  readonly #own = new Map<Profile, Record<string, Membership>>()
  /** Who was in which segment as somebody else until now. */
  readonly #carried = new Set<string>()

  constructor(drafts: Drafts, accounts: Accounts, context: ApplyContext, write: (row: Row) => void) {
    this.#drafts = drafts
    this.#accounts = accounts
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

  /** `from` became `into`: it leaves its segments, and what `into` enters by that is said to be so. `before`: `into` until now. */
  merged(from: Profile, before: Profile, into: Profile): void {
    const { plan, now } = this.#context
    for (const [key, { in: isIn }] of Object.entries(from.memberships ?? {})) {
      if (!isIn || key.startsWith(ANYONE)) continue
      const version = plan.source.segments.find(segment => segment.key === key)?.version ?? 0
      this.#tell(from, { key, version, entered: false, at: now, reason: 'merged' })
      this.#carried.add(`${into.id} ${key}`)
    }
    this.#accounts.move(from, undefined)
    this.#accounts.move(before, into)
    this.touchAll(into.id)
  }

  /** Everything of the source's person may have changed. */
  touchAll(source: string): void {
    if (this.#context.plan.segments.length > 0) this.#touched.set(source, 'all')
  }

  /** Looks at the segments of these keys. */
  touchSegments(source: string, keys: readonly string[]): void {
    this.#add(source, this.#placesFor(keys))
  }

  /** Whether looking at these segments now would change anything of a person whose timer is not due. */
  wouldChange(person: Profile, keys: readonly string[]): boolean {
    return this.#placesFor(keys).some(place => this.#outcome(person, place, this.#context.now).changed)
  }

  /** Hears the timers that were due up to now, one after the other, each at its own instant. */
  catchUp(draft: Profile): void {
    const { now } = this.#context
    for (let behind = 0; draft.due !== undefined && draft.due <= now; behind++) {
      const at = behind < BEHIND ? draft.due : now
      if (this.#drop(draft, at)) this.#lookAgain(draft, at)
      for (const [key, { until }] of Object.entries(draft.memberships ?? {})) {
        const place = this.#places.get(key)
        if (place !== undefined && until !== undefined && until <= at) this.#look(draft, place, at)
        // Of a segment that is not live nobody knows when; it is looked at when it is.
        else if (place === undefined && until !== undefined) this.#set(draft, key, frozen(draft.memberships![key]!))
      }
      this.#time(draft)
      if (behind > BEHIND) break
    }
  }

  /** What may no longer be kept of somebody goes, and their timer is at the latest for when more does. */
  retain(draft: Profile): void {
    if (this.#context.plan.retention.isEmpty) return
    if (this.#drop(draft, this.#context.now)) this.touchAll(draft.id)
    this.#time(draft)
  }

  /** Somebody whose timer does not know yet how long what is known of them is kept. */
  isUntimed(person: Profile): boolean {
    return nextExpiry(person, this.#context.plan.retention) < (person.due ?? Number.POSITIVE_INFINITY)
  }

  /** Looks at everybody who was touched, as things stand now. */
  finish(): void {
    const people = this.#touchedPeople()
    if (this.#context.plan.asksAccounts) this.#finishWithAccounts(people)
    else for (const [id, places] of people) this.#lookAt(id, places)
  }

  /** What somebody fulfils as anyone of their account is looked at first: the truth of the others hangs on it. */
  #finishWithAccounts(touched: Touched): void {
    const { segments } = this.#context.plan
    for (const [id, places] of touched) {
      const all = places === 'all' ? segments.keys() : places
      this.#lookAt(id, new Set([...all].filter(place => segments[place]!.anyone !== undefined)))
    }
    for (let people = touched; ; people = new Map()) {
      this.#addAffected(people)
      if (people.size === 0) return
      for (const [id, places] of people) this.#lookAt(id, places)
    }
  }

  /** Others whose truth is another since an account of theirs is. */
  #addAffected(people: Touched): void {
    const { now, plan } = this.#context
    for (let affected = this.#accounts.affected(now); affected.size > 0; affected = this.#accounts.affected(now)) {
      for (const member of affected) {
        const person = this.#drafts.person(member)
        const before = person && people.get(person.id)
        if (person === undefined || before === 'all') continue
        const isDue = person.due !== undefined && person.due <= now
        if (isDue) this.catchUp(this.#drafts.draft(person.id))
        if (!isDue && !plan.askingAccounts.some(place => this.#outcome(person, place, now).changed)) continue
        people.set(person.id, new Set([...(before ?? []), ...plan.askingAccounts]))
      }
    }
  }

  #touchedPeople(): Touched {
    const people: Touched = new Map()
    for (const [source, places] of this.#touched) {
      const person = this.#drafts.person(source)
      // Erased in the same batch.
      if (person === undefined) continue
      const { id } = person
      const before = people.get(id)
      if (before === 'all' || places === 'all') people.set(id, 'all')
      else people.set(id, before === undefined ? places : new Set([...before, ...places]))
    }
    return people
  }

  #lookAt(id: string, places: Set<number> | 'all'): void {
    const { now } = this.#context
    const draft = this.#drafts.draft(id)
    let isChanged = places === 'all'
    if (this.#forgetArchived(draft)) isChanged = true
    if (places === 'all') this.#lookAgain(draft, now)
    else {
      const subject = this.#subject(draft, now)
      for (const place of places) if (this.#look(draft, place, now, subject)) isChanged = true
    }
    if (isChanged) this.#time(draft)
  }

  #forgetArchived(draft: Profile): boolean {
    const { plan, now } = this.#context
    let isChanged = false
    for (const key in draft.memberships) {
      if (this.#places.has(key) || plan.source.segments.some(segment => segment.key === key)) continue
      if (key.startsWith(ANYONE)) {
        if (plan.anyone.has(key.slice(ANYONE.length))) continue
      } else if (draft.memberships[key]!.in)
        this.#tell(draft, { key, version: 0, entered: false, at: now, reason: 'archived' })
      this.#set(draft, key, undefined)
      isChanged = true
    }
    return isChanged
  }

  #look(draft: Profile, place: number, at: number, subject?: Subject): boolean {
    const { key, version, condition, anyone } = this.#context.plan.segments[place]!
    if (looksAtAccounts(condition)) this.#hearOthers(draft, at)
    const { changed, was, next } = this.#outcome(draft, place, at, subject)
    if (!changed) return false
    const value = next?.in ?? false
    if (value !== was && anyone === undefined) {
      const isCarried = value && this.#carried.has(`${draft.id} ${key}`)
      this.#tell(draft, { key, version, entered: value, at, ...(isCarried && { reason: 'merged' }) })
    }
    this.#set(draft, key, next)
    if (anyone !== undefined) this.#accounts.hold(draft, anyone, next)
    return true
  }

  /** Whoever somebody's accounts count on only up to an instant: whether they go on to fulfil what they did is looked at first. */
  #hearOthers(person: Profile, at: number): void {
    for (const id of this.#accounts.late(person, at)) {
      const other = this.#drafts.person(id)
      const places = this.#context.plan.segments.flatMap(({ key, anyone }, place) =>
        anyone !== undefined && (other?.memberships?.[key]?.until ?? Number.POSITIVE_INFINITY) <= at ? [place] : [],
      )
      if (places.length === 0) continue
      const draft = this.#drafts.draft(id)
      for (const place of places) this.#look(draft, place, at)
      this.#time(draft)
    }
  }

  /** The person as conditions see them at an instant, for looks at several segments: these change nothing that conditions look at. */
  #subject(profile: Profile, now: number): Subject | undefined {
    // What is asked of accounts hangs on what was just found.
    if (this.#context.plan.asksAccounts) return undefined
    return { profile, context: NO_CONTEXT, now, accounts: NO_ACCOUNTS, known: { now, found: new Map() } }
  }

  /** What is to be noted of a membership at an instant, and whether that is something else than what is. */
  #outcome(
    person: Profile,
    place: number,
    at: number,
    subject: Subject = { profile: person, context: NO_CONTEXT, now: at, accounts: this.#considered(person) },
  ): { changed: boolean; was: boolean; next: Membership | undefined } {
    const { key, condition } = this.#context.plan.segments[place]!
    const { value, until } = condition.truth(subject)
    const { memberships } = person
    const old = memberships !== undefined && Object.hasOwn(memberships, key) ? memberships[key] : undefined
    const was = old?.in ?? false
    const expires = Number.isFinite(until)
    if (!value && !expires) return { changed: old !== undefined, was, next: undefined }
    const changed = old === undefined || value !== was || old.until !== (expires ? until : undefined)
    const since = old !== undefined && value === was ? old.since : at
    return { changed, was, next: expires ? { in: value, since, until } : { in: value, since } }
  }

  #considered(person: Profile): readonly ConsideredAccount[] {
    return this.#context.plan.asksAccounts ? this.#accounts.considered(person) : NO_ACCOUNTS
  }

  /** Of a segment that looks at accounts, with what is asked of anyone of them. */
  #placesFor(keys: readonly string[]): number[] {
    const { segments } = this.#context.plan
    const places = keys.flatMap(key => this.#places.get(key) ?? [])
    if (!places.some(place => looksAtAccounts(segments[place]!.condition))) return places
    return [...segments.flatMap(({ anyone }, place) => (anyone === undefined ? [] : [place])), ...places]
  }

  #set(draft: Profile, key: string, membership: Membership | undefined): void {
    // The first change takes a copy, which is this batch's own.
    let own = this.#own.get(draft)
    if (own === undefined || own !== draft.memberships) {
      own = { ...draft.memberships }
      this.#own.set(draft, own)
      draft.memberships = own
    }
    if (membership === undefined) delete own[key]
    else own[key] = membership
  }

  #drop(draft: Profile, at: number): boolean {
    const { traits, recent } = expire(draft, this.#context.plan.retention, at)
    const dropped = traits !== draft.traits
    draft.traits = traits
    draft.recent = recent
    return dropped
  }

  /** A trait went: any segment may look at it. */
  #lookAgain(draft: Profile, at: number): void {
    const subject = this.#subject(draft, at)
    for (let place = 0; place < this.#context.plan.segments.length; place++) this.#look(draft, place, at, subject)
  }

  #time(draft: Profile): void {
    if (draft.memberships !== undefined && isEmpty(draft.memberships)) delete draft.memberships
    const due = Math.min(dueOf(draft), nextExpiry(draft, this.#context.plan.retention))
    if (Number.isFinite(due)) draft.due = due
    else delete draft.due
  }

  #tell({ id, version, userId = '' }: Profile, { key, version: ofVersion, entered, at, reason }: Crossing): void {
    const { workspace, now, plan } = this.#context
    const name = entered ? SEGMENT_ENTERED : SEGMENT_LEFT
    this.#write(
      crossingRow({
        workspace,
        profile: id,
        at,
        received: now,
        // The person's version makes it one of a kind: a segment changes at most once at an instant of a version.
        messageId: `${name} ${key} ${id} ${version} ${at}`,
        name,
        userId,
        segment: key,
        version: ofVersion,
        reason,
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

function isEmpty(record: object): boolean {
  for (const _ in record) return false
  return true
}

function frozen({ in: isIn, since }: Membership): Membership {
  return { in: isIn, since }
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
