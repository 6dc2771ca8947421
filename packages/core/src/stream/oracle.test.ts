import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceOf } from '../event/device.ts'
import { compareEvents, type Event } from '../event/event.ts'
import { messageHash } from '../event/messageHash.ts'
import { moneyOf, productsOf } from '../event/money.ts'
import { originOf, pathOf } from '../event/origin.ts'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import type { JsonObject } from '../json.ts'
import { planOfNeeds } from '../plan/plan.ts'
import { PROFILE_LIMITS } from '../profile/limits.ts'
import type { Profile } from '../profile/profile.ts'
import { times } from '../signal/need.ts'
import { type ApplyContext, apply } from './apply.ts'
import { IdentityOracle, type Someone } from './identityOracle.ts'
import type { Row } from './rows.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1)
const MINUTE = 60_000
const KEEP = 3
const plan = planOfNeeds(
  1,
  ['Product Viewed', 'Order Completed', 'group'].map(event => times({ event }, KEEP)),
)

/** One event of a few people on a few devices: coarse times, so that late, equal and repeated ones are common. */
const anEvent = (idOf: fc.Arbitrary<Pick<Event, 'anonymousId' | 'userId'>>): fc.Arbitrary<Event> =>
  fc
    .record({
      id: idOf,
      kind: fc.constantFrom('view', 'view', 'page', 'order', 'identify', 'group'),
      number: fc.nat(8),
      minute: fc.nat(25).map(n => 12 * n),
      lag: fc.constantFrom(0, 0, 1, 60 * MINUTE),
      index: fc.nat(2),
      message: fc.nat(200),
      trait: fc.constantFrom('plan', 'city', 'toString'),
      context: fc.constantFrom<JsonObject>(
        {},
        { locale: 'de', timezone: 'Europe/Berlin', device: { type: 'mobile' } },
        {
          locale: 'en',
          campaign: { source: 'news' },
          consent: { categoryPreferences: { ads: false, personalization: true } },
        },
        {
          traits: { city: 'Rome' },
          page: { path: '/a', referrer: 'https://x.example/' },
          consent: { categoryPreferences: { ads: true } },
        },
      ),
    })
    .map(({ id, kind, number, minute, lag, index, message, trait, context }) => {
      const timestamp = NOW + minute * MINUTE
      const common = { ...id, messageId: `m${message}`, timestamp, received: timestamp + lag, index, context }
      if (kind === 'identify') return { ...common, type: kind, name: kind, properties: { [trait]: number } }
      if (kind === 'group') return { ...common, type: kind, name: kind, groupId: `g${number}`, properties: {} }
      if (kind === 'page') return { ...common, type: kind, name: 'Page', properties: { path: `/${number}` } }
      if (kind === 'view')
        return { ...common, type: 'track', name: 'Product Viewed', properties: { product_id: `p${number}` } }
      return {
        ...common,
        type: 'track',
        name: 'Order Completed',
        properties: { total: number, products: [{ sku: `p${number}` }, { sku: 'x' }] },
      }
    })

const anyone = anEvent(
  fc
    .record({
      anonymousId: fc.constantFrom(undefined, 'a', 'b', 'c', 'd'),
      userId: fc.constantFrom(undefined, undefined, 'u', 'v'),
    })
    .filter(({ anonymousId, userId }) => anonymousId !== undefined || userId !== undefined)
    .map(({ anonymousId, userId }) => ({ ...(anonymousId && { anonymousId }), ...(userId && { userId }) })),
)
/** With aliases, of devices and of users. */
const anything = fc.oneof(
  { weight: 4, arbitrary: anyone },
  fc
    .record({ event: anyone, previousId: fc.constantFrom('a', 'b', 'e', 'u'), userId: fc.constantFrom('u', 'v') })
    .map(({ event, ...ids }): Event => ({ ...event, ...ids, type: 'alias', name: 'alias', properties: {} })),
)
/** Devices a and b are only ever u's, c and d only v's: who is whom does not depend on the order of arrival. */
const faithful = anEvent(
  fc
    .record({
      anonymousId: fc.constantFrom('a', 'b', 'c', 'd'),
      say: fc.constantFrom('device', 'device', 'user', 'both'),
    })
    .map(({ anonymousId, say }) => {
      const userId = anonymousId < 'c' ? 'u' : 'v'
      return say === 'device' ? { anonymousId } : say === 'user' ? { userId } : { anonymousId, userId }
    }),
)
const historyOf = (event: fc.Arbitrary<Event>) => fc.array(event, { minLength: 1, maxLength: 60 })

function run(batches: readonly (readonly Event[])[], people = new MemoryPeople()) {
  let ids = people.profiles.size
  const context: ApplyContext = { workspace: 'w', now: NOW, newId: () => `p${++ids}`, plan }
  const rows: Row[] = []
  let stored = 0
  for (const batch of batches) {
    const result = apply(
      people,
      batch.map(event => ({ kind: 'event', event })),
      context,
    )
    rows.push(...result.rows)
    stored += result.applied.filter(({ outcome }) => outcome === 'stored').length
  }
  return { people, rows, stored }
}

/** Cuts a list into batches at the given places. */
function cut<T>(list: readonly T[], places: readonly number[]): T[][] {
  const at = [0, ...places.map(place => place % (list.length + 1)), list.length].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => list.slice(at[i], end))
}

function once(events: readonly Event[]): Event[] {
  return events.filter(({ messageId }, i) => events.findIndex(other => other.messageId === messageId) === i)
}

/** Who everybody is after these events, and which source each of them is filed under. */
function identityOracle(events: readonly Event[]): { persons: Someone[]; sourceOf: Map<Event, string> } {
  const oracle = new IdentityOracle()
  const sourceOf = new Map(events.map(event => [event, oracle.take(event)]))
  return { persons: oracle.persons, sourceOf }
}

const stamp = (event: Event) => ({
  at: event.timestamp,
  lag: event.received - event.timestamp,
  index: event.index,
  hash: messageHash(event.messageId),
})

/** What a person's profile must hold, told from all their events at once, in their total order. */
function contentOracle(all: readonly Event[]): Partial<Profile> {
  const events = [...all].sort(compareEvents)
  const record = <T>(list: [string, T][]) => Object.fromEntries(list)
  const last = <T>(read: (event: Event) => T | undefined) => events.findLast(event => read(event) !== undefined)
  const stated = (read: (event: Event) => JsonObject | undefined) =>
    events.flatMap(event =>
      Object.entries(read(event) ?? {}).map(
        ([name, value]) => [name, { value, ...stamp(event) }] as [string, { value: unknown }],
      ),
    )
  const object = (value: unknown) => value as JsonObject | undefined
  const actions = events.filter(({ type }) => type === 'track' || type === 'page')
  const touches = events.filter(event => originOf(event)).map(event => ({ ...originOf(event), ...stamp(event) }))
  const device = last(event => deviceOf(event.context))
  const locale = last(event => event.context.locale)
  const timezone = last(event => event.context.timezone)
  return {
    events: events.length,
    traits: record(
      stated(event => ({ ...object(event.context.traits), ...(event.type === 'identify' && event.properties) })),
    ) as Profile['traits'],
    accounts: record(events.filter(event => event.groupId).map(event => [event.groupId!, stamp(event)])),
    consent: record(
      stated(event => object(object(event.context.consent)?.categoryPreferences)).map(([purpose, { value, ...at }]) => [
        purpose,
        { granted: value, ...at },
      ]),
    ) as Profile['consent'],
    recent: actions.slice(-PROFILE_LIMITS.recent).map(event => {
      const products = productsOf(event.properties, PROFILE_LIMITS.recentItems)
      const value = moneyOf(event).revenue
      const items = event.type === 'page' ? [pathOf(event)!] : products
      return { ...stamp(event), name: event.name, items, ...(value !== null && { value }) }
    }),
    acquisition: touches.length === 0 ? {} : { first: touches[0]!, last: touches.at(-1)! },
    latest: {
      ...(device && { device: stamp(device) }),
      ...(locale && { locale: stamp(locale) }),
      ...(timezone && { timezone: stamp(timezone) }),
    },
    ...(device && { device: deviceOf(device.context)! }),
    ...(locale && { locale: locale.context.locale as string }),
    ...(timezone && { timezone: timezone.context.timezone as string }),
    signals: record(
      [...plan.byEvent.keys()]
        .map(name => [name, events.filter(event => event.name === name)] as const)
        .filter(([, happened]) => happened.length > 0)
        .map(([key, happened]) => {
          const times = happened.map(event => [event.timestamp, messageHash(event.messageId)] as const)
          return [key, { keep: KEEP, times: times.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(-KEEP) }]
        }),
    ),
  }
}

/** What depends on the order of arrival, or on how it was cut into batches. */
const without = (profile: Profile, ...fields: (keyof Profile)[]) =>
  Object.fromEntries(Object.entries(profile).filter(([field]) => !fields.includes(field as keyof Profile)))

describe('the stream and a brute-force oracle', () => {
  it('R10 every profile is what all its events make, in whatever order and batches they came', () => {
    fc.assert(
      fc.property(historyOf(anyone), fc.array(fc.nat(60), { maxLength: 6 }), (events, places) => {
        const { people } = run(cut(events, places))
        const taken = once(events)
        const { persons, sourceOf } = identityOracle(taken)
        const expected = persons.map(({ id, userId, first, firstSeen, lastSeen, identifiers, sources }) => ({
          id,
          bucketKey: bucketKeyOf(first),
          ...(userId !== undefined && { userId }),
          identifiers,
          sources,
          ...contentOracle(taken.filter(event => sources.includes(sourceOf.get(event)!))),
          // A device that more people used than one began when the second did, who has that event.
          firstSeen,
          lastSeen,
        }))
        const byId = (a: { id?: unknown }, b: { id?: unknown }) => (String(a.id) < String(b.id) ? -1 : 1)
        expect(
          people
            .persons()
            .map(person => without(person, 'version', 'session', 'origins'))
            .sort(byId),
        ).toEqual(expected.sort(byId))
      }),
      { numRuns: 500 },
    )
  })

  it('R6 how arrivals are cut into batches changes nothing but versions', () => {
    fc.assert(
      fc.property(historyOf(anything), fc.array(fc.nat(60), { maxLength: 6 }), (events, places) => {
        const whole = run(events.map(event => [event]))
        const parts = run(cut(events, places))
        expect(parts.rows).toEqual(whole.rows)
        expect(parts.people.links).toEqual(whole.people.links)
        expect(parts.people.persons().map(person => without(person, 'version'))).toEqual(
          whole.people.persons().map(person => without(person, 'version')),
        )
      }),
    )
  })

  it('R10 the order of arrival changes nothing but identity and sessions', () => {
    const shuffled = historyOf(faithful).chain(events =>
      fc.tuple(fc.constant(once(events)), fc.shuffledSubarray(once(events), { minLength: once(events).length })),
    )
    fc.assert(
      fc.property(shuffled, ([events, reordered]) => {
        const [one, other] = [run([events]).people, run([reordered]).people]
        const arrival = ['id', 'version', 'bucketKey', 'identifiers', 'sources', 'origins', 'session'] as const
        for (const identifier of one.links.keys()) {
          expect(without(one.find(identifier)!, ...arrival)).toEqual(without(other.find(identifier)!, ...arrival))
        }
        expect([...other.links.keys()].sort()).toEqual([...one.links.keys()].sort())
      }),
      { numRuns: 300 },
    )
  })

  it('R3 repeated messageIds change nothing anywhere', () => {
    fc.assert(
      fc.property(historyOf(anything), events => {
        const first = run([events])
        const before = new Map(first.people.profiles)
        const again = run([[...events].reverse(), events], first.people)
        expect(again).toMatchObject({ stored: 0, rows: [] })
        expect([...again.people.profiles]).toEqual([...before])
        for (const [id, profile] of before) expect(again.people.profile(id)).toBe(profile)
      }),
    )
  })

  it('R12 two userIds never meet; each stored event is one row of a source of its person', () => {
    fc.assert(
      fc.property(historyOf(anything), events => {
        const { people, rows, stored } = run([events])
        for (const userId of ['u', 'v']) {
          const person = people.find(`userId:${userId}`)
          if (person) expect(person.userId).toBe(userId)
        }
        for (const person of people.persons()) {
          for (const identifier of person.identifiers) expect(people.find(identifier)).toBe(person)
        }
        expect(
          people
            .persons()
            .flatMap(({ identifiers }) => identifiers)
            .sort(),
        ).toEqual([...people.links.keys()].sort())
        const lines = rows.filter(({ table }) => table === 'events').map(({ line }) => JSON.parse(line))
        expect(lines.length).toBe(stored)
        expect(stored).toBe(once(events).length)
        for (const person of people.persons()) {
          expect(lines.filter(({ profile }) => person.sources.includes(profile)).length).toBe(person.events)
        }
        const links = rows.filter(({ table }) => table === 'identity_links').map(({ line }) => JSON.parse(line))
        expect(links.map(({ source, canonical }) => [source, canonical])).toEqual(
          expect.arrayContaining(
            [...people.profiles.values()].flatMap(one => ('mergedInto' in one ? [[one.id, one.mergedInto]] : [])),
          ),
        )
      }),
    )
  })
})
