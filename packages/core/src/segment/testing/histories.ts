import fc from 'fast-check'
import type { Event } from '../../event/event.ts'
import type { JsonObject } from '../../json.ts'
import { TEST_NOW } from '../../stream/testing.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Events that were received together. */
export interface Batch {
  readonly at: number
  readonly events: readonly Event[]
}

/** Everything is timed on this grid, so that edges are met, not passed by. */
const SLOT = 10 * MINUTE
/** Slots a history has: some hours, or some days. */
const spans = fc.constantFrom(8, 30, (6 * DAY) / SLOT)

const NAMES = ['A', 'B', 'Form Error'] as const
/** What an event may be called. */
export const name = fc.constantFrom<string[]>(...NAMES, 'Home')
const kind = fc.constantFrom<string[]>('x', 'y', 'Zürich 😀', 'a"b\\', '')
const DATES = ['2026-11-02', '2026-11-03T09:00:00.5+01:00', '2026-11-01T09:10Z', '2026-02-30', 'soon'] as const

/** Few values that look alike, so that every comparison is met by both outcomes. */
const property = fc.record(
  {
    n: fc.constantFrom<(number | string | null)[]>(0, 1, 2.5, 19.99, -3, 0.1, 1e12, 1.5e20, '1', null),
    k: fc.oneof(
      kind,
      fc.constantFrom<(number | boolean | null | (string | number | null | JsonObject)[])[]>(
        1,
        1e21,
        1e-7,
        true,
        false,
        null,
        ['x', 'y', 'x'],
        ['y', 1, null, { a: 1 }],
        [],
      ),
    ),
    when: fc.constantFrom(...DATES),
    deep: fc.constantFrom<JsonObject[]>({ n: 1 }, { n: null }, {}),
    product_id: fc.constantFrom<(string | number)[]>('p1', 'p2', 7),
    products: fc.constantFrom<JsonObject[][]>([{ sku: 'p1' }, { product_id: 'p3' }], [{}]),
  },
  { requiredKeys: [] },
)

const context = fc.oneof(
  { weight: 3, arbitrary: fc.constant<JsonObject>({}) },
  fc.record(
    {
      traits: fc.constantFrom<JsonObject[]>({ plan: 'free' }, { city: null, plan: 'x'.repeat(5000) }, { age: 30 }),
      consent: fc.constantFrom<JsonObject[]>(
        { categoryPreferences: { ads: true } },
        { categoryPreferences: { ads: false, mail: true } },
        { categoryPreferences: { ads: 'no' } },
      ),
      locale: fc.constantFrom('de-AT', 'en', ''),
      timezone: fc.constantFrom('Europe/Vienna', 'America/New_York', 'Nowhere/At all'),
      campaign: fc.constantFrom<JsonObject[]>({ name: 'spring', source: 'news' }, { source: 'ads' }),
      page: fc.constantFrom<JsonObject[]>({ path: '/a' }, { path: '/b', search: '?utm_source=ads' }),
      device: fc.constantFrom<JsonObject[]>({ type: 'mobile' }, { type: 'desktop' }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
)

/** One person on one device, a few who are one in the end, or whoever. */
const whos = fc.constantFrom(
  fc.constant<Who>({ anonymousId: 'a' }),
  identified(['a', 'b'], ['u']),
  identified(['a', 'b', 'c', 'd'], ['u', 'v']),
)

type Who = Pick<Event, 'anonymousId' | 'userId'>

function identified(devices: readonly string[], users: readonly string[]): fc.Arbitrary<Who> {
  return fc
    .record({
      anonymousId: fc.constantFrom(undefined, ...devices),
      userId: fc.constantFrom(undefined, undefined, ...users),
    })
    .filter(({ anonymousId, userId }) => anonymousId !== undefined || userId !== undefined)
    .map(({ anonymousId, userId }) => ({ ...(anonymousId && { anonymousId }), ...(userId && { userId }) }))
}

type What = Pick<Event, 'type' | 'name' | 'properties'> & Partial<Pick<Event, 'groupId' | 'previousId'>>

const action: fc.Arbitrary<What> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('track' as const),
      name: fc.constantFrom(...NAMES),
      properties: property,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('page' as const, 'screen' as const),
      name: fc.constantFrom('Home', 'A', ''),
      properties: fc.constantFrom<JsonObject[]>({ path: '/a' }, { path: '/b', n: 2 }),
    }),
  },
)
const statement: fc.Arbitrary<What> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('identify' as const),
      name: fc.constant('identify'),
      properties: fc.constantFrom<JsonObject[]>(
        { plan: 'pro' },
        { plan: 'free', age: 41 },
        { plan: null, city: 'Graz' },
        { address: { city: 'Graz' }, born: '2026-11-04' },
        { tags: ['x', 'y'], plan: 'ü'.repeat(4097) },
        { $set_once: { plan: 'trial', city: 'Rome', tags: 'x'.repeat(4097) } },
        { city: 'Bern', $set_once: { city: 'Oslo', age: 7, address: { city: 'Linz' }, tags: null } },
        { tags: 'x'.repeat(4096), address: { city: 'y'.repeat(4096) } },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('group' as const),
      name: fc.constant('group'),
      groupId: fc.constantFrom('g1', 'g2'),
      properties: fc.constantFrom<JsonObject[]>({ plan: 'big' }, { plan: null }, { seats: 5 }, {}),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<[string, JsonObject][]>(
        ['Preferences Updated', { topics: ['x', 'y'], size: 'M' }],
        ['Preferences Updated', { topics: null, deep: { n: 1 } }],
        ['Subscribed', { list: 'news' }],
        ['Unsubscribed', { list: 7, list_id: 'news' }],
        ['Subscribed', {}],
        ['Unsubscribed', { channel: 'email' }],
        ['NPS Submitted', { score: 9 }],
        ['NPS Submitted', { answer: null }],
        ['CSAT Submitted', { score: 2, answer: 'meh' }],
        ['Survey Answered', { survey: 'nps', score: '3', answer: 'text' }],
        ['Survey Answered', { survey: '', score: 3 }],
      )
      .map(([name, properties]) => ({ type: 'track' as const, name, properties })),
  },
)

const happenedTo = (who: fc.Arbitrary<Who>, what: fc.Arbitrary<What>, slots: number) =>
  fc
    .record({
      who,
      what,
      at: fc.nat(slots).map(n => n * SLOT),
      delay: fc.constantFrom(0, 0, 0, 0, 1000, -MINUTE, -5 * MINUTE, 25 * MINUTE, 5 * 60 * MINUTE, 2 * DAY),
      index: fc.nat(1),
      context,
      /** Repeats the messageId of an earlier event. */
      repeats: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 3),
      alias: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, undefined, 'a', 'e', 'u'),
    })
    .map(one => {
      const { alias, who } = one
      if (alias === undefined || who.userId === undefined) return one
      const what: What = { type: 'alias', name: 'alias', properties: {}, previousId: alias }
      return { ...one, what }
    })

/** So many events of one instant may be timed ahead at once without one of them counting early. */
const MOST_AHEAD = 2

const whats = {
  actions: action,
  statements: fc.oneof({ weight: 4, arbitrary: statement }, action),
  both: fc.oneof(action, statement),
}

/** What a trial is about. */
export type Theme = keyof typeof whats

/** What happened to one group of people. */
export function batchesOf(theme: Theme): fc.Arbitrary<Batch[]> {
  return fc
    .tuple(whos, spans)
    .chain(([who, slots]) => fc.array(happenedTo(who, whats[theme], slots), { minLength: 1, maxLength: 45 }))
    .map(inOrder)
}

type Happened = ReturnType<typeof happenedTo> extends fc.Arbitrary<infer H> ? H : never

function inOrder(list: readonly Happened[]): Batch[] {
  const ahead = new Map<number, number>()
  const events = list.map(({ who, what, at, delay, index, context, repeats }, i): Event => {
    const timestamp = TEST_NOW + at
    const waiting = ahead.get(at) ?? 0
    if (delay < 0) ahead.set(at, waiting + 1)
    const received = timestamp + (delay < 0 && waiting >= MOST_AHEAD ? 0 : delay)
    return {
      ...what,
      ...who,
      messageId: `m${repeats > 0 && i >= repeats ? i - repeats : i}`,
      context,
      timestamp,
      received,
      index,
    }
  })
  return together(events)
}

/** By the time they are received. */
function together(events: readonly Event[]): Batch[] {
  const instants = [...new Set(events.map(({ received }) => received))].sort((a, b) => a - b)
  return instants.map(at => ({ at, events: events.filter(({ received }) => received === at) }))
}

/** Several histories as one, each of its own people; accounts are everybody's. */
export function crowd(histories: readonly (readonly Batch[])[]): Batch[] {
  const events = histories.flatMap((batches, i) =>
    batches.flatMap(batch => batch.events.map(event => apart(event, `${i}`))),
  )
  return together(events)
}

function apart({ anonymousId, userId, previousId, messageId, ...event }: Event, prefix: string): Event {
  return {
    ...event,
    messageId: prefix + messageId,
    ...(anonymousId !== undefined && { anonymousId: prefix + anonymousId }),
    ...(userId !== undefined && { userId: prefix + userId }),
    ...(previousId !== undefined && { previousId: prefix + previousId }),
  }
}
