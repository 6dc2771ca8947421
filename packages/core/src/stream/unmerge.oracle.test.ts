import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../event/event.ts'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import type { JsonObject } from '../json.ts'
import { planOfNeeds } from '../plan/plan.ts'
import type { Profile } from '../profile/profile.ts'
import { times } from '../signal/need.ts'
import { IdentityOracle } from './identityOracle.ts'
import { readingOf, TEST_NOW, TestStream, unmergeOf } from './testing.ts'

const MINUTE = 60_000
const plan = planOfNeeds(1, [times({ event: 'Viewed' }, 3)])

/** Something that happens to who people are; numbers choose among whoever there is by then. */
type Op =
  | { readonly do: 'event'; readonly event: Event }
  | { readonly do: 'unmerge'; readonly person: number; readonly mask: number; readonly stale: boolean }
  | { readonly do: 'rejoin'; readonly person: number; readonly other: number }

const anEvent: fc.Arbitrary<Event> = fc
  .record({
    anonymousId: fc.constantFrom(undefined, 'a', 'b', 'c', 'd'),
    userId: fc.constantFrom(undefined, undefined, 'u', 'v'),
    kind: fc.constantFrom('view', 'view', 'identify', 'group', 'page'),
    number: fc.nat(5),
    minute: fc.nat(60),
    lag: fc.constantFrom(0, 0, 90 * MINUTE),
    context: fc.constantFrom<JsonObject>(
      {},
      { locale: 'de', device: { type: 'mobile' } },
      { campaign: { source: 'news' }, traits: { city: 'Rome' }, consent: { categoryPreferences: { ads: false } } },
    ),
  })
  .filter(({ anonymousId, userId }) => anonymousId !== undefined || userId !== undefined)
  .map(({ anonymousId, userId, kind, number, minute, lag, context }) => {
    const timestamp = TEST_NOW + minute * MINUTE
    const common = {
      ...(anonymousId !== undefined && { anonymousId }),
      ...(userId !== undefined && { userId }),
      messageId: '',
      timestamp,
      received: timestamp + lag,
      index: 0,
      context,
    }
    if (kind === 'identify') return { ...common, type: kind, name: kind, properties: { [`t${number}`]: minute } }
    if (kind === 'group') return { ...common, type: kind, name: kind, groupId: `g${number}`, properties: {} }
    if (kind === 'page') return { ...common, type: kind, name: 'Page', properties: { path: `/${number}` } }
    return { ...common, type: 'track', name: 'Viewed', properties: { product_id: `p${number}`, value: number } }
  })

const ops: fc.Arbitrary<Op[]> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: anEvent.map((event): Op => ({ do: 'event', event })) },
      {
        weight: 2,
        arbitrary: fc
          .record({
            person: fc.nat(9),
            mask: fc.integer({ min: 1, max: 63 }),
            stale: fc.constantFrom(false, false, true),
          })
          .map((op): Op => ({ do: 'unmerge', ...op })),
      },
      {
        weight: 1,
        arbitrary: fc.record({ person: fc.nat(9), other: fc.nat(9) }).map((op): Op => ({ do: 'rejoin', ...op })),
      },
    ),
    { minLength: 5, maxLength: 60 },
  )
  .map(list =>
    list.map((op, i): Op => (op.do === 'event' ? { ...op, event: { ...op.event, messageId: `m${i}` } } : op)),
  )

/** The stream and, beside it, what everybody is told brute force: a list of all events with their sources. */
class Both {
  readonly stream = new TestStream({ plan })
  readonly oracle = new IdentityOracle()
  readonly log: { readonly source: string; readonly event: Event }[] = []

  run(op: Op): void {
    if (op.do === 'event') {
      this.stream.take({ kind: 'event', event: op.event })
      this.log.push({ source: this.oracle.take(op.event), event: op.event })
      return
    }
    const people = this.people()
    const [person, other] = [op.person, op.do === 'rejoin' ? op.other : 0].map(n => people[n % people.length])
    if (person === undefined || other === undefined) return
    if (op.do === 'rejoin') this.#rejoin(person, other)
    else this.#unmerge(person, op)
  }

  people(): Profile[] {
    return this.stream.people.persons().sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #unmerge(person: Profile, { mask, stale }: Extract<Op, { do: 'unmerge' }>): void {
    const split = person.sources.filter((_, i) => mask & (1 << i))
    if (split.length === 0 || split.length === person.sources.length) return
    const entry = unmergeOf(this.stream, person.id, split)
    if (stale) this.run({ do: 'event', event: stirring(person, `late-${this.log.length}`) })
    const [applied] = this.stream.take(entry).applied
    const moved = readingOf(this.stream, this.stream.people.profile(person.id) === undefined ? '' : person.id)
    if (stale && applied?.outcome === 'conflict') return
    expect(applied?.outcome).toBe('stored')
    expect(moved.version).toBe(entry.version + 1)
    this.oracle.unmerge(split)
  }

  #rejoin(person: Profile, other: Profile): void {
    const [a, b] = [this.oracle.withSource(person.id)!, this.oracle.withSource(other.id)!]
    const may = a !== b && this.oracle.areApart(a, b) && !(a.userId && b.userId)
    const { applied } = this.stream.take({ kind: 'rejoin', profile: person.id, other: other.id, by: 'test' })
    expect(applied[0]?.outcome).toBe(may ? 'stored' : 'refused')
    if (may) this.oracle.rejoin(a, b)
  }
}

/** An event that changes just this person. */
function stirring({ identifiers }: Profile, messageId: string): Event {
  const [first = 'anonymousId:z'] = identifiers
  const [kind, value] = first.split(':') as ['userId' | 'anonymousId', string]
  const at = TEST_NOW + 30 * MINUTE
  const common = { messageId, timestamp: at, received: at, index: 0, context: {}, properties: {} }
  return { ...common, type: 'track', name: 'Viewed', [kind]: value }
}

/** What the events of these sources make of one person who has nothing to do with anybody. */
function alone(events: readonly Event[]): Partial<Profile> {
  const stream = new TestStream({ plan })
  stream.take(
    ...events.map(({ userId: _, ...event }) => ({ kind: 'event', event: { ...event, anonymousId: 'x' } }) as const),
  )
  const { traits, accounts, recent, acquisition, device, locale, latest, signals, consent } =
    stream.find('anonymousId:x')!
  return {
    traits,
    accounts,
    recent,
    acquisition,
    latest,
    signals,
    consent,
    ...(device && { device }),
    ...(locale && { locale }),
  }
}

const sorted = (list: readonly string[]) => [...list].sort()

describe('R12 un-merges and a brute-force oracle', () => {
  it('at every moment everybody is what the log of their sources says, and the links say who that is', () => {
    fc.assert(
      fc.property(ops, list => {
        const both = new Both()
        for (const op of list) both.run(op)
        const expected = new Map(both.oracle.persons.map(person => [person.id, person]))
        const people = both.people()
        expect(people.map(({ id }) => id)).toEqual(sorted([...expected.keys()]))
        for (const person of people) {
          const { userId, first, firstSeen, identifiers, sources } = expected.get(person.id)!
          const events = both.log.filter(({ source }) => sources.includes(source)).map(({ event }) => event)
          expect(person).toMatchObject({
            bucketKey: bucketKeyOf(first),
            firstSeen,
            events: events.length,
            ...(events.length > 0 && alone(events)),
          })
          expect(person.userId).toBe(userId)
          expect(sorted(person.identifiers)).toEqual(sorted(identifiers))
          expect(sorted(person.sources)).toEqual(sorted(sources))
          for (const identifier of identifiers) expect(both.stream.find(identifier)).toBe(person)
        }
        expectTold(both.stream)
      }),
      { numRuns: 400, seed: 20261101 },
    )
  })
})

/** The latest link of a source by time leads to its person, silent ones too; every source something was filed under is told aloud. */
function expectTold(stream: TestStream): void {
  const latest = new Map<string, { canonical: unknown; at: number; silent: unknown }>()
  for (const { source, canonical, at, silent } of stream.lines('identity_links')) {
    expect(at).toBeGreaterThan(latest.get(source as string)?.at ?? 0)
    latest.set(source as string, { canonical, at: at as number, silent })
  }
  for (const person of stream.people.persons()) {
    for (const source of person.sources) {
      expect(latest.get(source)?.canonical ?? source).toBe(person.id)
    }
  }
  for (const { profile } of stream.lines('events')) {
    const link = latest.get(profile as string)
    if (link !== undefined && link.canonical !== profile) expect(link.silent).toBe(false)
  }
}
