import fc from 'fast-check'
import type { Event } from '../../event/event.ts'
import type { PropertyCondition } from '../../filter/filter.ts'
import type { JsonObject } from '../../json.ts'
import { TEST_NOW } from '../../stream/testing.ts'
import type { Aggregate } from '../aggregate.ts'
import type { Condition } from '../condition.ts'
import type { Language } from '../language.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** A condition, what it refers to, and the events of one workspace in order of arrival. */
export interface Trial {
  readonly conditions: readonly Condition[]
  readonly language: Language
  readonly batches: readonly Batch[]
}

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
const name = fc.constantFrom<string[]>(...NAMES, 'Home')
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
type Theme = keyof typeof whats

function batchesOf(theme: Theme): fc.Arbitrary<Batch[]> {
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

const windowed = fc.constantFrom<string[]>('10m', '1h', '2h', '1d', '48h', '49h', '3d', '5d')
const short = fc.constantFrom<string[]>('10m', '20m', '1h', '5h', '1d', '3d')
const number = fc.constantFrom(0, 1, 2, 2.5, 3, 5, 19.99)
const comparisonsOfNumber = fc.oneof(
  fc.record({ gte: number }),
  fc.record({ gt: number, lte: fc.constantFrom(5, 20, 1000) }),
  fc.record({ lt: number }),
  fc.record({ is: number }),
  fc.record({ isNot: number }),
  fc.record({ notIn: fc.constant([1, 2]) }),
  fc.record({ exists: fc.boolean() }),
)
const scalar = fc.constantFrom<(string | number | boolean)[]>('x', 'y', 1, 1e21, true, '1', 'pro', 'free', 'Graz')
const comparisonsOfAny = fc.oneof(
  fc.record({ is: scalar }),
  fc.record({ isNot: scalar }),
  fc.record({ in: fc.constant(['x', 1, true]) }),
  fc.record({ notIn: fc.constant(['y', 'pro']) }),
  fc.record({ contains: fc.constantFrom('x', 'y', 'r') }),
  fc.record({ startsWith: fc.constantFrom('p', 'Z', '') }).filter(({ startsWith }) => startsWith !== ''),
  fc.record({ endsWith: fc.constantFrom('o', '😀', '\\') }),
  fc.record({ matches: fc.constantFrom('^[a-y]$', 'r.?o', '😀$', '^$', '\\\\$') }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ gte: number }),
)
const comparisonsOfDate = fc.oneof(
  fc.record({ after: fc.constantFrom('now-1d', 'now', 'now+1d', '2026-11-01') }),
  fc.record({ before: fc.constantFrom('now-1d', 'now', 'now+2d', '2026-11-02T00:00:00Z') }),
  fc.record({ after: fc.constant('now-2d'), before: fc.constant('now') }),
)

const where: fc.Arbitrary<PropertyCondition[]> = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constant('k'), comparisonsOfAny),
      fc.tuple(fc.constantFrom('n', 'deep.n'), comparisonsOfNumber),
      fc.tuple(fc.constant('when'), fc.constantFrom({ before: '2026-11-03' }, { after: '2026-11-02T00:00Z' })),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map(list => list.map(([property, comparisons]) => ({ property, ...comparisons }) as PropertyCondition))

/** With a few of the optional members. */
function some<T extends object, O extends object>(
  required: { [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: { [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<T & Partial<O>> {
  const maybe = Object.entries<fc.Arbitrary<unknown>>(optional).map(
    ([name, arbitrary]) =>
      [name, fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })] as const,
  )
  return fc
    .record({ ...required, ...Object.fromEntries(maybe) })
    .map(all => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T & Partial<O>)
}

const numbers: fc.Arbitrary<Aggregate> = fc.oneof(
  some({ count: name }, { where, within: windowed }),
  ...(['sum', 'average', 'min', 'max'] as const).map(what =>
    some({ [what]: fc.constantFrom('n', 'deep.n'), of: name }, { where, within: windowed }),
  ),
  some({ distinct: fc.constantFrom('k', 'n'), of: name }, { where, within: windowed }),
  some({ daysSince: fc.constantFrom('first' as const, 'last' as const), of: name }, { where }),
  some({ sessions: fc.constant('count' as const) }, { within: short }),
) as fc.Arbitrary<Aggregate>
const anyValues: fc.Arbitrary<Aggregate> = fc.oneof(
  some({ mostFrequent: fc.constant('k'), of: name }, { within: windowed }),
  some({ list: fc.constant('k'), of: name }, { within: windowed }),
  some({ first: fc.constant('k'), of: name }, { where }),
  some({ last: fc.constant('k'), of: name }, { where, within: short }),
) as fc.Arbitrary<Aggregate>
const dates: fc.Arbitrary<Aggregate> = some({ last: fc.constant('when'), of: name }, { within: short })

const did = some(
  { did: name },
  {
    where,
    atLeast: fc.nat(3),
    atMost: fc.nat(2),
    within: short,
    since: fc.constantFrom('2026-11-01T09:10:00Z', '2026-11-03'),
    sinceLast: name,
  },
).map(one => (one.atLeast === undefined || (one.atMost ?? 9) >= one.atLeast ? one : { ...one, atLeast: one.atMost! }))

const step = some({ did: name }, { where, within: short })
const sequence = fc
  .record({
    first: some({ did: name }, { where }),
    steps: fc.array(step, { minLength: 1, maxLength: 2 }),
    absent: fc.option(some({ not: name, within: short }, { where })),
    within: fc.option(short),
  })
  .map(({ first, steps, absent, within }) => ({
    sequence: [first, ...(absent === null ? steps : [...steps.slice(0, -1), absent])],
    ...(absent === null && within !== null && { within }),
  }))

const calendar: fc.Arbitrary<Condition> = fc
  .constantFrom<(string | { kind: 'sale' | 'holiday' })[]>('week', { kind: 'sale' }, { kind: 'holiday' })
  .map(calendar => ({ calendar })) as fc.Arbitrary<Condition>

/** Of what somebody did. */
const behaviour: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 4, arbitrary: did },
  { weight: 4, arbitrary: fc.tuple(numbers, comparisonsOfNumber).map(([value, c]) => ({ value, ...c })) },
  { weight: 2, arbitrary: fc.tuple(anyValues, comparisonsOfAny).map(([value, c]) => ({ value, ...c })) },
  { weight: 1, arbitrary: fc.tuple(dates, comparisonsOfDate).map(([value, c]) => ({ value, ...c })) },
  { weight: 3, arbitrary: sequence },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('events' as const, 'minutes' as const), comparisonsOfNumber)
      .map(([session, c]) => ({ session, ...c })),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof(
        fc.constant(true as const),
        fc.record({ repeats: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ errors: fc.integer({ min: 1, max: 2 }) }),
        fc.record({ back: fc.integer({ min: 1, max: 2 }) }),
      )
      .map(struggling => ({ struggling })),
  },
  { weight: 1, arbitrary: calendar },
) as fc.Arbitrary<Condition>

/** Of what somebody said. */
const fact: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('plan', 'age', 'city', 'tags', 'address.city', 'constructor'), comparisonsOfAny)
      .map(([trait, c]) => ({ trait, ...c })),
  },
  { weight: 1, arbitrary: comparisonsOfDate.map(c => ({ trait: 'born', ...c })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('topics', 'size', 'deep.n'), comparisonsOfAny)
      .map(([preference, c]) => ({ preference, ...c })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('nps', 'csat'), fc.oneof(comparisonsOfNumber, comparisonsOfAny))
      .map(([feedback, c]) => ({ feedback, ...c })),
  },
  { weight: 1, arbitrary: fc.record({ consent: fc.constantFrom('ads', 'mail'), is: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      subscription: fc.constantFrom('news', 'email'),
      is: fc.constantFrom('subscribed' as const, 'unsubscribed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        fc.tuple(fc.constantFrom('locale', 'timezone', 'locale.x'), comparisonsOfAny),
        fc.tuple(fc.constant('events'), comparisonsOfNumber),
      )
      .map(([person, c]) => ({ person, ...c })),
  },
) as fc.Arbitrary<Condition>

/** What only a live profile can be asked, and the warehouse not. */
const profileOnly: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('device.type', 'acquisition.first.source', 'acquisition.last.campaign', 'device'),
      fc.constantFrom({ is: 'mobile' }, { is: 'ads' }, { in: ['spring', 'desktop'] }, { exists: true }),
    )
    .map(([person, c]) => ({ person, ...c })),
  fc.tuple(fc.constantFrom('firstSeen', 'lastSeen'), comparisonsOfDate).map(([person, c]) => ({ person, ...c })),
) as fc.Arbitrary<Condition>

/** What only an audience may ask; it is a function of time and of the person's zone. */
const time: fc.Arbitrary<Condition> = some(
  {},
  {
    from: fc.constantFrom('00:00', '09:10', '22:00'),
    to: fc.constantFrom('02:30', '17:00', '23:59'),
    days: fc.constantFrom<string[][]>(['mon'], ['sun', 'tue', 'wed']),
    zone: fc.constantFrom('person', 'workspace'),
  },
)
  .filter(time => Object.keys(time).length > 0)
  .map(time => ({ time })) as fc.Arbitrary<Condition>

const account: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(fc.constantFrom('plan', 'seats'), fc.oneof(comparisonsOfAny, comparisonsOfNumber))
    .map(([trait, c]) => ({ account: { trait, ...c } }) as Condition),
  fc.oneof(behaviour, fact).map(anyone => ({ account: { anyone } })),
)

const named: fc.Arbitrary<Condition> = fc.oneof(
  fc.constant({ segment: 'inner' }),
  comparisonsOfNumber.map(c => ({ computed: 'computed', ...c })),
) as fc.Arbitrary<Condition>

/** Which conditions are tried: those of which the warehouse can tell as well, and besides them what it alone or a profile alone can. */
export type Asked = 'both' | 'profile' | 'accounts'

function leavesOf(theme: Theme, asked: Asked): fc.Arbitrary<Condition> {
  const own = theme === 'actions' ? behaviour : theme === 'statements' ? fact : fc.oneof(behaviour, fact)
  const more = asked === 'profile' ? [profileOnly, time] : asked === 'accounts' ? [account, account, account] : []
  return fc.oneof(own, own, own, own, named, ...more)
}

/** Joined by all, any and not. */
function joined(leaf: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  return fc.letrec<{ condition: Condition }>(tie => ({
    condition: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      { weight: 6, arbitrary: leaf },
      { weight: 1, arbitrary: fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ not: tie('condition') }) },
    ),
  })).condition
}

function languageOf(theme: Theme): fc.Arbitrary<Language> {
  return fc.record({
    zone: fc.constantFrom('UTC', 'Europe/Vienna', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia'),
    segments: joined(leavesOf(theme, 'both').filter(leaf => !('segment' in leaf))).map(
      inner => new Map([['inner', inner]]),
    ),
    computed: numbers.map(value => new Map([['computed', value]])),
    calendar: fc.constant([
      { key: 'week', kind: 'sale' as const, from: TEST_NOW + DAY, to: TEST_NOW + 2 * DAY },
      { key: 'day', kind: 'sale' as const, from: TEST_NOW + 2 * DAY, to: TEST_NOW + 4 * DAY },
      { key: 'eve', kind: 'holiday' as const, from: TEST_NOW + 60 * MINUTE, to: TEST_NOW + 70 * MINUTE },
    ]),
  })
}

/** Several histories as one, each of its own people; accounts are everybody's. */
function crowd(histories: readonly (readonly Batch[])[]): Batch[] {
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

/** Conditions and the histories of so many groups of people that they are asked about. */
export function trial(asked: Asked, conditions: number, groups = 1): fc.Arbitrary<Trial> {
  return fc.constantFrom<Theme[]>('actions', 'actions', 'statements', 'both').chain(theme =>
    fc.record({
      conditions: fc.array(joined(leavesOf(theme, asked)), { minLength: conditions, maxLength: conditions }),
      language: languageOf(theme),
      batches:
        groups === 1
          ? batchesOf(theme)
          : fc.array(batchesOf(theme), { minLength: groups, maxLength: groups }).map(crowd),
    }),
  )
}
