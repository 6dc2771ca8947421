import { considered } from '../../account/considered.ts'
import type { Definition, PublishedSet } from '../../definition/definition.ts'
import type { Event } from '../../event/event.ts'
import { planSourceOf } from '../../plan/needs.ts'
import { type Plan, planOf } from '../../plan/plan.ts'
import type { MergedProfile, Profile } from '../../profile/profile.ts'
import type { Applied } from '../../stream/entry.ts'
import { eventOf } from '../../stream/logged.ts'
import { SEGMENT_ENTERED } from '../../stream/memberships.ts'
import type { EventRow } from '../../stream/rows.ts'
import { TestStream } from '../../stream/testing.ts'
import type { Condition } from '../condition.ts'
import { type Language, NO_NAMES } from '../language.ts'
import type { ConsideredAccount } from '../subject.ts'
import { Timers } from './timers.ts'
import type { Filed, Link, World } from './world.ts'

function dueOf(profile: Profile | MergedProfile | undefined): number | undefined {
  return profile === undefined || 'mergedInto' in profile ? undefined : profile.due
}

type Crossing = Pick<EventRow, 'profile' | 'timestamp' | 'name'>

/** A published set of segments in a language. */
export function setOf(segments: Readonly<Record<string, Condition>>, language: Language = NO_NAMES, version = 1) {
  const common = { version: 1, published: 0, author: '', archived: false }
  const calendar = language.calendar.map(({ key, kind, from, to }) => ({
    key,
    kind,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  }))
  const definitions: Definition[] = [
    { ...common, kind: 'settings', key: 'workspace', body: { timezone: language.zone, calendar } },
    ...[...language.computed].map(
      ([key, value]) => ({ ...common, kind: 'computedTrait', key, body: { value } }) as const,
    ),
    ...[...language.segments, ...Object.entries(segments)].map(
      ([key, condition]) => ({ ...common, kind: 'segment', key, body: { condition } }) as const,
    ),
  ]
  return { version, definitions } satisfies PublishedSet
}

/** For tests: a stream that keeps what a set of segments needs, and everything that came out of it. */
export class Life {
  readonly stream: TestStream
  readonly #world: { filed: Filed[]; links: Link[] } = { filed: [], links: [] }
  readonly #crossings = new Map<string, Crossing[]>()
  readonly #timers = new Timers()
  #rows = 0

  constructor(set: PublishedSet) {
    this.stream = new TestStream({ plan: planOf(planSourceOf(set)) })
    this.stream.people.onChange = (id, profile) => this.#timers.set(id, dueOf(profile))
  }

  get plan(): Plan {
    return this.stream.plan
  }

  /** Events of one request. */
  receive(events: readonly Event[], at: number): Applied[] {
    this.stream.now = at
    return this.stream.take(...events.map(event => ({ kind: 'event', event }) as const)).applied
  }

  /** Time passes up to an instant, and each timer is heard at its own. */
  elapse(to: number): void {
    for (;;) {
      const next = this.#timers.next(to)
      if (next === undefined) break
      this.stream.now = Math.max(next.due, this.stream.now)
      this.stream.take({ kind: 'tick', profile: next.id })
    }
    this.stream.now = to
  }

  get people(): Profile[] {
    return this.stream.people.persons()
  }

  person(id: string): Profile | undefined {
    const found = this.stream.people.profile(id)
    return found !== undefined && 'mergedInto' in found ? undefined : found
  }

  /** The person's accounts, as conditions look at them. */
  accountsOf({ accounts }: Profile): ConsideredAccount[] {
    return Object.keys(accounts).flatMap(id => {
      const account = this.stream.people.account(id)
      return account === undefined ? [] : [considered(account)]
    })
  }

  /** Everything taken in so far: rows are read once each. */
  get world(): World {
    this.#read()
    return this.#world
  }

  /** Who is in a segment after what was said so far of entering and leaving it, and up to an instant. */
  entered(segment: string, now: number): Set<string> {
    this.#read()
    const members = new Set<string>()
    for (const { profile, timestamp, name } of this.#crossings.get(segment) ?? []) {
      if (timestamp > now) continue
      if (name === SEGMENT_ENTERED) members.add(profile)
      else members.delete(profile)
    }
    return members
  }

  #read(): void {
    const { rows } = this.stream
    for (; this.#rows < rows.length; this.#rows++) {
      const { table, line } = rows[this.#rows]!
      const row = JSON.parse(line)
      if (table === 'identity_links') this.#world.links.push(row)
      if (table !== 'events') continue
      if (row.type === 'segment') this.#crossed(row.properties.segment, row)
      else this.#world.filed.push({ source: row.profile, event: eventOf(row) })
    }
  }

  #crossed(segment: string, crossing: Crossing): void {
    const crossings = this.#crossings.get(segment)
    if (crossings === undefined) this.#crossings.set(segment, [crossing])
    else crossings.push(crossing)
  }
}
