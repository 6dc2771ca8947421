import fc from 'fast-check'
import type { PropertyCondition } from '../../filter/filter.ts'
import type { Aggregate } from '../aggregate.ts'
import type { Condition } from '../condition.ts'
import { name, type Theme } from './histories.ts'

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

/** Aggregates that are numbers. */
export const numbers: fc.Arbitrary<Aggregate> = fc.oneof(
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

/** Conditions that join no others. */
export function leavesOf(theme: Theme, asked: Asked): fc.Arbitrary<Condition> {
  const own = theme === 'actions' ? behaviour : theme === 'statements' ? fact : fc.oneof(behaviour, fact)
  const more = asked === 'profile' ? [profileOnly, time] : asked === 'accounts' ? [account, account, account] : []
  return fc.oneof(own, own, own, own, named, ...more)
}

/** Joined by all, any and not. */
export function joined(leaf: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
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
