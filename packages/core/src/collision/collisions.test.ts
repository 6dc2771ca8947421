import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setOf } from '../decision/testing.ts'
import type { Condition } from '../segment/condition.ts'
import { evaluate } from '../segment/evaluate.ts'
import { subjectOf } from '../segment/testing/subject.ts'
import { type Collision, collisionsOf } from './collisions.ts'

const experience = (more: object = {}) => ({
  tactic: 'content',
  touchpoints: ['hero'],
  audience: { trait: 'plan', is: 'pro' },
  variants: [{ key: 'a', content: { hero: 1 } }],
  ...more,
})

function collide(bodies: Record<string, object>, touchpoint: object = {}, more: object = {}) {
  const versioned = (bodies: Record<string, object>) =>
    Object.fromEntries(Object.entries(bodies).map(([key, body]) => [key, { version: 1, body }]))
  const set = setOf({
    touchpoint: versioned({ hero: { channel: 'web', ...touchpoint }, mail: { channel: 'email' } }),
    experience: versioned(bodies),
    ...more,
  })
  return collisionsOf(set).collisions
}
const short = ({ kind, experiences }: Collision) => `${kind} ${experiences.join(' ')}`
const pair = (a: object, b: object) => collide({ a: experience(a), b: experience(b) }).map(short)
const meet = (a: object | undefined, b: object | undefined) => pair({ audience: a }, { audience: b }).length > 0

describe('collisions', () => {
  it('are told by what they do: a tie, one that is never shown, an order', () => {
    expect(pair({}, {})).toEqual(['tie a b'])
    expect(pair({ priority: 1 }, {})).toEqual(['overlap a b'])
    expect(pair({}, { priority: 1 })).toEqual(['overlap b a'])
    expect(pair({ priority: 1, audience: undefined }, {})).toEqual(['never-shown a b'])
    expect(pair({ audience: undefined }, { audience: undefined })).toEqual(['never-shown a b'])
    const [told] = collide({ a: experience(), b: experience() })
    expect(told).toEqual({
      kind: 'tie',
      touchpoint: 'hero',
      experiences: ['a', 'b'],
      message: 'at hero, "a" and "b" have the same priority: their keys decide',
      mend: 'give one a higher priority, or put both into a layer so that each has its own people',
    })
  })

  it('are told of a sticky split that goes on for those whom its audience would not let in any more', () => {
    const [pro, free] = ['pro', 'free'].map(is => ({ audience: { trait: 'plan', is } }))
    const sticky = (audience?: string) => ({ ...pro, policy: { kind: 'sticky-split', ...(audience && { audience }) } })
    expect(pair({ ...pro }, { ...free })).toEqual([])
    expect(pair(sticky(), { ...free })).toEqual(['tie a b'])
    expect(pair({ ...free }, { ...sticky('once'), priority: 1 })).toEqual(['overlap b a'])
    expect(pair(sticky('always'), { ...free })).toEqual([])
    const inLayer = (from: number) => ({ layer: { key: 'home', from, to: from + 0.5 } })
    expect(pair({ ...sticky(), ...inLayer(0) }, { ...free, ...inLayer(0.5) })).toEqual([])
  })

  it('begin with what is most likely a mistake, and are found before a launch', () => {
    const found = collide({
      a: experience({ priority: 2 }),
      b: experience({ priority: 1, status: 'draft' }),
      c: experience({ priority: 1, status: 'paused' }),
      d: experience({ priority: -1, audience: undefined }),
      e: experience({ priority: -2 }),
      f: experience({ status: 'ended' }),
      g: experience({ touchpoints: ['mail'] }),
    })
    expect(found.map(short).slice(0, 2)).toEqual(['never-shown d e', 'tie b c'])
    expect(found.filter(({ kind }) => kind === 'overlap')).toHaveLength(5)
  })

  it('are none where another one leaves room: by a cap, an offer, a layer, an end, a place of its own', () => {
    const first = { priority: 1, audience: undefined }
    expect(pair({ ...first, caps: [{ times: 1 }] }, {})).toEqual(['overlap a b'])
    expect(pair({ ...first, offer: {} }, {})).toEqual(['overlap a b'])
    expect(pair({ ...first, layer: { key: 'l', from: 0, to: 0.5 } }, {})).toEqual(['overlap a b'])
    expect(pair({ ...first, schedule: { end: '2026-12-01' } }, {})).toEqual(['overlap a b'])
    expect(pair({ ...first, schedule: { end: '2026-12-01' } }, { schedule: { end: '2026-11-30' } })).toEqual([
      'never-shown a b',
    ])
    const panel = collide(
      {
        a: experience({ priority: 2, audience: undefined }),
        b: experience({ priority: 1, audience: undefined }),
        c: experience(),
      },
      { slots: 2 },
    )
    expect(panel.map(short)).toEqual(['never-shown b c'])
    const some = { a: experience({ priority: 2 }), b: experience({ priority: 1 }), c: experience() }
    expect(collide(some, { slots: 3 })).toEqual([])
    expect(collide(some, { slots: 2 }).map(({ message }) => message)).toEqual([
      'at hero, who is in both audiences gets "a" before "c"',
      'at hero, who is in both audiences gets "b" before "c"',
    ])
  })

  it('are excluded by schedules that do not meet', () => {
    expect(pair({ schedule: { end: '2026-11-01' } }, { schedule: { start: '2026-11-01' } })).toEqual([])
    expect(pair({ schedule: { end: '2026-11-02' } }, { schedule: { start: '2026-11-01' } })).toEqual(['tie a b'])
    // For people whose clocks are a day apart they may meet.
    const local = { end: '2026-11-01T00:00', zone: 'person' }
    expect(pair({ schedule: local }, { schedule: { start: '2026-11-01' } })).toEqual(['tie a b'])
    const next = (start: string) => ({ schedule: { start, zone: 'person' } })
    expect(pair({ schedule: local }, next('2026-11-01'))).toEqual([])
    expect(pair({ schedule: local }, next('2026-10-31T23:59'))).toEqual(['tie a b'])
    expect(pair({ schedule: local }, next('2026-11-01T00:00:00Z'))).toEqual(['tie a b'])
    const hours = (from: string, to: string, zone?: string) => ({
      schedule: { hours: [{ from, to }], ...(zone && { zone }) },
    })
    expect(pair(hours('08:00', '12:00'), hours('12:00', '18:00'))).toEqual([])
    expect(pair(hours('08:00', '12:00'), hours('22:00', '08:01'))).toEqual(['tie a b'])
    expect(pair(hours('08:00', '12:00'), hours('12:00', '18:00', 'person'))).toEqual(['tie a b'])
    expect(pair({ schedule: { days: ['mon'] } }, { schedule: { days: ['tue', 'sun'] } })).toEqual([])
  })

  it('are excluded by layers and dependencies', () => {
    const layer = (from: number, to: number, key = 'l') => ({ layer: { key, from, to } })
    expect(pair(layer(0, 0.5), layer(0.5, 1))).toEqual([])
    expect(pair(layer(0, 0.5), layer(0.5, 1, 'm'))).toEqual(['tie a b'])
    const requires = (more: object) => ({ requires: [{ experience: 'x', ...more }] })
    expect(pair(requires({ variant: 'a' }), requires({ variant: 'b' }))).toEqual([])
    expect(pair(requires({ variant: 'a' }), requires({ not: true }))).toEqual([])
    expect(pair(requires({ variant: 'a' }), requires({}))).toEqual(['tie a b'])
    expect(pair(requires({ variant: 'a' }), requires({ variant: 'b', state: 'seen' }))).toEqual(['tie a b'])
  })

  it('look into segments', () => {
    const segment = { segment: { 'is-pro': { version: 1, body: { condition: { trait: 'plan', is: 'pro' } } } } }
    const bodies = (audience: object) => ({
      a: experience({ audience: { segment: 'is-pro' } }),
      b: experience({ audience }),
    })
    expect(collide(bodies({ trait: 'plan', is: 'free' }), {}, segment)).toEqual([])
    expect(collide(bodies({ trait: 'plan', in: ['free', 'pro'] }), {}, segment)).toHaveLength(1)
    expect(collide(bodies({ not: { segment: 'is-pro' } }), {}, segment)).toEqual([])
    expect(collide(bodies({ not: { segment: 'unknown' } }), {}, segment)).toHaveLength(1)
  })

  it('R11 are looked for within a bound', () => {
    const bodies = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`e${i}`, experience()]))
    const versioned = Object.fromEntries(Object.entries(bodies).map(([key, body]) => [key, { version: 1, body }]))
    const touchpoint = { hero: { version: 1, body: { channel: 'web' } } }
    const { collisions, more } = collisionsOf(setOf({ touchpoint, experience: versioned }))
    expect(collisions).toHaveLength(500)
    expect(more).toBe(true)
  })
})

describe('two audiences', () => {
  it.each<[a: object | undefined, b: object | undefined, meet: boolean]>([
    [{ trait: 'n', gt: 3 }, { trait: 'n', lte: 3 }, false],
    [{ trait: 'n', gt: 3 }, { trait: 'n', lt: 3.5 }, true],
    [{ trait: 'n', gt: 3 }, { trait: 'n', is: 'x' }, false],
    [{ trait: 'n', gt: 3 }, { context: 'n', lt: 3 }, true],
    [{ trait: 's', startsWith: 'ab' }, { trait: 's', startsWith: 'b' }, false],
    [{ trait: 's', startsWith: 'ab' }, { trait: 's', startsWith: 'abc', endsWith: 'cd' }, true],
    [{ trait: 's', startsWith: 'ab' }, { trait: 's', is: 'aba' }, true],
    [{ trait: 's', contains: 'x' }, { trait: 's', contains: 'y' }, true],
    [{ trait: 's', exists: false }, { trait: 's', isNot: 'x' }, true],
    [{ trait: 's', exists: false }, { trait: 's', is: 'x' }, false],
    [{ not: { trait: 's', contains: 'x' } }, { trait: 's', is: 'x' }, true],
    [{ did: 'A', atLeast: 3, within: '7d' }, { not: { did: 'A', within: '14d' } }, false],
    [{ did: 'A', atLeast: 3, within: '7d' }, { not: { did: 'A', within: '1d' } }, true],
    [{ did: 'A' }, { not: { did: 'B' } }, true],
    [undefined, { not: { did: 'B' } }, true],
  ])('%j and %j', (a, b, expected) => {
    // Without a conflict one of them may take everybody: either way they meet.
    expect(meet(a, b)).toBe(expected)
    expect(meet(b, a)).toBe(expected)
  })

  const value = fc.constantFrom<string | number | boolean>('x', 'y', 1, 2, true)
  const leaf = fc.oneof(
    fc.record({ trait: fc.constantFrom('a', 'b'), is: value }),
    fc.record({ trait: fc.constantFrom('a', 'b'), isNot: value }),
    fc.record({ trait: fc.constantFrom('a', 'b'), in: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }) }),
    fc.record({ trait: fc.constantFrom('a', 'b'), gt: fc.constantFrom(0, 1, 2) }),
    fc.record({ trait: fc.constantFrom('a', 'b'), lte: fc.constantFrom(0, 1, 2) }),
    fc.record({ trait: fc.constantFrom('a', 'b'), exists: fc.boolean() }),
    fc.record({ did: fc.constantFrom('E', 'F') }),
  )
  const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>(tie => ({
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf as fc.Arbitrary<Condition>,
      fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Condition>,
      fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Condition>,
      fc.record({ not: tie('condition') }) as fc.Arbitrary<Condition>,
    ),
  })).condition

  /** Everybody there may be, as far as these conditions tell people apart. */
  const values = [undefined, 'x', 'y', 'z', -1, 0, 0.5, 1, 1.5, 2, 3, true, false]
  const everybody = values.flatMap(a =>
    values.flatMap(b =>
      [[], ['E'], ['F'], ['E', 'F']].map(events =>
        subjectOf({
          traits: { ...(a !== undefined && { a }), ...(b !== undefined && { b }) },
          events: events.map(name => [name, 0] as const),
          now: 1,
        }),
      ),
    ),
  )

  it('meet where somebody is in both, and nowhere else', () => {
    fc.assert(
      fc.property(condition, condition, (a, b) => {
        const both = everybody.some(subject => evaluate(a, subject) && evaluate(b, subject))
        expect(meet(a, b)).toBe(both)
      }),
      { numRuns: 150 },
    )
  })
})
