import type { Account } from '../account/account.ts'
import { compareEvents } from '../event/event.ts'
import { readItem } from '../event/readItem.ts'
import { originOf } from '../identity/origin.ts'
import { planOfNeeds } from '../plan/plan.ts'
import { isMerged, type MergedProfile, type Profile } from '../profile/profile.ts'
import { type ApplyContext, type ApplyResult, apply } from './apply.ts'
import type { Entry, EventEntry, Rebuild, Unmerge } from './entry.ts'
import { eventOf, type LoggedEvent } from './logged.ts'
import type { People } from './people.ts'
import { Replay } from './replay.ts'
import type { Row } from './rows.ts'
import type { Part } from './unmerge.ts'

/**
 * People in memory, for tests. Whatever is put is frozen through and through, so that a change in place throws, and a link to
 * somebody who has not the identifier throws when it is followed.
 */
export class MemoryPeople implements People {
  readonly links = new Map<string, string>()
  readonly profiles = new Map<string, Profile | MergedProfile>()
  readonly accounts = new Map<string, Account>()
  readonly #messages = new Set<string>()
  readonly #rows = new Set<string>()
  /** Hears of every change of a profile; undefined: it was removed. */
  onChange: (id: string, profile: Profile | MergedProfile | undefined) => void = () => undefined

  link(identifier: string): string | undefined {
    return this.links.get(identifier)
  }

  setLink(identifier: string, source: string): void {
    this.links.set(identifier, source)
  }

  unlink(identifier: string): void {
    this.links.delete(identifier)
  }

  profile(id: string): Profile | MergedProfile | undefined {
    return this.profiles.get(id)
  }

  put(profile: Profile | MergedProfile): void {
    this.profiles.set(profile.id, frozen(profile))
    this.onChange(profile.id, profile)
  }

  remove(id: string): void {
    this.profiles.delete(id)
    this.onChange(id, undefined)
  }

  account(id: string): Account | undefined {
    return this.accounts.get(id)
  }

  putAccount(account: Account): void {
    this.accounts.set(account.id, frozen(account))
  }

  removeAccount(id: string): void {
    this.accounts.delete(id)
  }

  seen(messageId: string): boolean {
    return remembered(this.#messages, messageId)
  }

  imported(file: string, row: number): boolean {
    return remembered(this.#rows, `${file}:${row}`)
  }

  /** The person an identifier leads to. */
  find(identifier: string): Profile | undefined {
    const found = this.profiles.get(this.links.get(identifier) ?? '')
    const person = found !== undefined && 'mergedInto' in found ? this.profiles.get(found.mergedInto) : found
    if (person !== undefined && 'mergedInto' in person) throw new Error(`${identifier} leads over two merges`)
    if (person?.identifiers.includes(identifier) === false) throw new Error(`${person.id} has not ${identifier}`)
    return person
  }

  /** Everybody, merged profiles left out. */
  persons(): Profile[] {
    return [...this.profiles.values()].filter(profile => !('mergedInto' in profile)) as Profile[]
  }
}

function remembered(set: Set<string>, key: string): boolean {
  if (set.has(key)) return true
  set.add(key)
  return false
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}

/** Times of everything in a `TestStream` unless it says otherwise. */
export const TEST_NOW = Date.UTC(2026, 10, 1, 9)

/** A stream of one workspace, batch by batch, with all that came out of it. Ids are p1, p2, p3… */
export class TestStream {
  readonly people = new MemoryPeople()
  readonly rows: Row[] = []
  readonly #context: Omit<ApplyContext, 'newId' | 'workspace' | 'plan'>
  #ids = 0
  #messages = 0
  now = TEST_NOW
  /** What is kept of people from the next batch on. */
  plan: ApplyContext['plan']

  constructor({ plan = planOfNeeds(1, []), ...context }: Partial<ApplyContext> = {}) {
    this.#context = { now: TEST_NOW, ...context }
    this.plan = plan
  }

  take(...entries: Entry[]): ApplyResult {
    const newId = () => `p${++this.#ids}`
    const { plan, now } = this
    const result = apply(this.people, entries, { ...this.#context, plan, workspace: 'w', now, newId })
    this.rows.push(...result.rows)
    return result
  }

  /** An entry of an event as a client would send it: a track of `Product Viewed` now, unless `item` says otherwise. */
  event(item: object, at = this.now): EventEntry {
    const raw = { type: 'track', event: 'Product Viewed', timestamp: new Date(at).toISOString(), ...item }
    const { identity } = this.#context
    const newMessageId = () => `m${++this.#messages}`
    const { event, error } = readItem(raw, {
      received: this.now,
      index: 0,
      newMessageId,
      ...(identity && { identity }),
    })
    if (error) throw new Error(error.message)
    return { kind: 'event', event }
  }

  /** Takes such events in, one batch each, and gives the sources they were filed under. */
  events(...items: object[]): (string | undefined)[] {
    return items.map(item => this.take(this.event(item)).applied[0]?.source)
  }

  find(identifier: string): Profile | undefined {
    return this.people.find(identifier)
  }

  /** What the rows of the table say. */
  lines(table: Row['table']): Record<string, unknown>[] {
    return this.rows.filter(row => row.table === table).map(({ line }) => JSON.parse(line))
  }
}

/** What a server reads of a person before it undoes a merge: the version, and the log of some of their sources, replayed. */
export function readingOf(
  stream: TestStream,
  profile: string,
): { profile: string; version: number; definitions: number } {
  const person = stream.people.profile(profile)
  if (person === undefined || isMerged(person)) throw new Error(`${profile} is nobody`)
  return { profile, version: person.version, definitions: stream.plan.version }
}

function partOf(stream: TestStream, person: Profile, sources: readonly string[]): Part {
  const firstSeen = Math.min(...sources.map(source => originOf(person, source)!.firstSeen))
  const replay = new Replay({ plan: stream.plan }, firstSeen)
  const events = stream
    .lines('events')
    .filter(line => sources.includes(line.profile as string) && line.type !== 'segment')
    .map(line => eventOf(line as unknown as LoggedEvent))
  for (const event of events.sort(compareEvents)) replay.add(event)
  return { sources, content: JSON.parse(JSON.stringify(replay.content)) }
}

/** The entry that splits these sources off a person. */
export function unmergeOf(stream: TestStream, profile: string, split: readonly string[]): Unmerge {
  const person = stream.people.profile(profile) as Profile
  const kept = person.sources.filter(source => !split.includes(source))
  const parts = [partOf(stream, person, kept), partOf(stream, person, split)] as const
  return { kind: 'unmerge', ...readingOf(stream, profile), parts, by: 'test' }
}

/** The entry that makes a person anew. */
export function rebuildOf(stream: TestStream, profile: string): Rebuild {
  const person = stream.people.profile(profile) as Profile
  return { kind: 'rebuild', ...readingOf(stream, profile), content: partOf(stream, person, person.sources).content }
}
