import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Assigned,
  allGiven,
  type Binding,
  BOUND_LIMITS,
  type Bound,
  boundOfPart,
  mergedBound,
  UNBOUND,
  withBinding,
  withExposure,
} from './bound.ts'

const NOTHING: Binding = { shows: [], grants: {}, quotes: {} }
const quote = (at: number, until: number) => ({
  at,
  until,
  price: 1,
  list: 1,
  experience: 'x',
  version: 1,
  variant: 'a',
})

describe('what decisions have bound', () => {
  it('R1 counts its versions', () => {
    expect(withBinding(withBinding(UNBOUND, NOTHING, 1), NOTHING, 2).version).toBe(2)
    expect(withExposure(UNBOUND, { experience: 'x', touchpoint: 't', variant: 'a' }, 1).version).toBe(0)
  })

  it('keeps the last times of a show, in order, however they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 10 }),
        (times, keep) => {
          let bound = UNBOUND
          for (const at of times) bound = withBinding(bound, { ...NOTHING, shows: [{ key: 'k', keep }] }, at)
          const kept = bound.shows.k ?? []
          expect([...kept].sort((a, b) => a - b)).toEqual(kept)
          expect(kept.length).toBe(Math.min(times.length, keep))
          // In order of arrival the last are kept; what arrives late only takes the place of what is older.
          if ([...times].sort((a, b) => a - b).join() === times.join()) expect(kept).toEqual(times.slice(-keep))
        },
      ),
    )
  })

  it('remembers the first exposure to an experience, and counts each', () => {
    const seen = (variant: string, touchpoint: string) => ({ experience: 'x', touchpoint, variant })
    let bound = withExposure(UNBOUND, seen('b', 't'), 5)
    bound = withExposure(bound, seen('a', 'u'), 9)
    expect(bound.seen).toEqual({ x: { at: 5, variant: 'b' } })
    expect(bound.shows).toEqual({ 'seen:experience:x': [5, 9], 'seen:touchpoint:t': [5], 'seen:touchpoint:u': [9] })
    // One that arrives late.
    expect(withExposure(bound, seen('a', 't'), 1).seen).toEqual({ x: { at: 1, variant: 'a' } })
    // Default content that belongs to no experience.
    expect(withExposure(UNBOUND, { experience: '', touchpoint: 't', variant: '' }, 1)).toMatchObject({
      shows: { 'seen:touchpoint:t': [1] },
      seen: {},
    })
  })

  it('R11 has a bound in every part: what is over longest goes first', () => {
    let bound: Bound = UNBOUND
    for (let i = 0; i < 150; i++) {
      const binding: Binding = {
        shows: [{ key: `k${i}`, keep: 3 }],
        grants: { [`e${i}`]: { at: i, variant: 'a', key: 'x', ...(i < 40 ? {} : { expires: 1000 - i }) } },
        quotes: { [`i${i}`]: quote(i, 1000 - i) },
        assigned: { [`a${i}:a${i}`]: { at: i, arm: 'variant', variant: 'a', propensity: 0.5 } },
      }
      bound = withExposure(withBinding(bound, binding, i), { experience: `s${i}`, touchpoint: 't', variant: '' }, i)
    }
    expect(Object.keys(bound.shows)).toHaveLength(BOUND_LIMITS.shows)
    expect(bound.shows).toHaveProperty('k149')
    expect(bound.shows).toHaveProperty('seen:touchpoint:t')
    expect(Object.keys(bound.grants)).toHaveLength(BOUND_LIMITS.grants)
    expect(bound.grants).toHaveProperty('e0')
    expect(bound.grants).not.toHaveProperty('e149')
    expect(Object.keys(bound.quotes)).toHaveLength(BOUND_LIMITS.quotes)
    expect(bound.quotes).toHaveProperty('i0')
    expect(Object.keys(bound.seen)).toHaveLength(BOUND_LIMITS.seen)
    expect(bound.seen).not.toHaveProperty('s0')
    expect(Object.keys(bound.assigned ?? {})).toHaveLength(BOUND_LIMITS.assigned)
    expect(bound.assigned).toHaveProperty('a149:a149')
    expect(bound.assigned).not.toHaveProperty('a49:a49')
  })

  it('of what was assigned to people who are one the earliest holds, in whichever order they become one', () => {
    const assigned = fc.record({
      at: fc.integer({ min: 0, max: 5 }),
      arm: fc.constantFrom('variant', 'variant', 'control', 'holdout'),
      variant: fc.constantFrom('a', 'b'),
      propensity: fc.constant(0.5),
    }) as fc.Arbitrary<Assigned>
    const person = fc.dictionary(fc.constantFrom('x:x', 'x:again', 'y:y'), assigned).map((all): Bound => {
      const drawn = Object.entries(all).map(([key, one]) => [
        key,
        one.arm === 'variant' ? one : { ...one, variant: '' },
      ])
      return { ...UNBOUND, assigned: Object.fromEntries(drawn) }
    })
    fc.assert(
      fc.property(person, person, person, (a, b, c) => {
        const left = mergedBound(mergedBound(a, b), c)!.assigned!
        expect(mergedBound(a, mergedBound(b, c))!.assigned).toEqual(left)
        expect(mergedBound(c, mergedBound(b, a))!.assigned).toEqual(left)
        for (const [key, kept] of Object.entries(left)) {
          const all = [a, b, c].flatMap(({ assigned }) => (assigned?.[key] ? [assigned[key]] : []))
          expect(all).toContainEqual(kept)
          // Whoever was only given a place was given nothing that could be kept.
          const drawn = all.filter(({ arm }) => arm !== 'holdout')
          expect(kept.at).toBe(Math.min(...(drawn.length > 0 ? drawn : all).map(({ at }) => at)))
          if (drawn.length > 0) expect(kept.arm).not.toBe('holdout')
        }
      }),
    )
    expect(mergedBound(UNBOUND, UNBOUND)).not.toHaveProperty('assigned')
  })

  it('of two grants of one offer the earlier holds and the other is kept beside it, however people become one', () => {
    const given = (name: string) =>
      fc
        .record({ at: fc.integer({ min: 0, max: 5 }), left: fc.boolean(), redeemed: fc.option(fc.integer({ max: 9 })) })
        .map(({ at, left, redeemed }): Bound => {
          const one = left
            ? { at, variant: '', key: `g:${at}` }
            : { at, variant: 'a', key: `${name}:0`, code: name, ...(redeemed !== null && { redeemed }) }
          return { ...UNBOUND, grants: { g: one } }
        })
    fc.assert(
      fc.property(given('a'), given('b'), given('c'), (a, b, c) => {
        const left = mergedBound(mergedBound(a, b), c)!.grants.g!
        expect(mergedBound(a, mergedBound(b, c))!.grants.g).toEqual(left)
        expect(mergedBound(c, mergedBound(b, a))!.grants.g).toEqual(left)
        const all = [a, b, c].map(({ grants }) => grants.g!)
        const told = all.filter(({ variant }) => variant !== '')
        const kept = allGiven(left)
        if (told.length === 0) expect(kept).toEqual([all.reduce((x, y) => (y.at < x.at ? y : x))])
        else expect(new Set(kept)).toEqual(new Set(told))
        const [used, unused] = [
          told.filter(one => one.redeemed !== undefined),
          told.filter(one => !('redeemed' in one)),
        ]
        if (used.length > 0) expect(left.redeemed).toBe(Math.min(...used.map(one => one.redeemed!)))
        else if (unused.length > 0) expect(left.at).toBe(Math.min(...unused.map(({ at }) => at)))
      }),
    )
  })

  it('R11 of more devices than are kept those over longest go first', () => {
    const device = (i: number): Bound => ({
      ...UNBOUND,
      grants: { g: { at: i, variant: 'a', key: `p${i}:0`, expires: 100 + i } },
    })
    let all = device(0)
    for (let i = 1; i <= 20; i++) all = mergedBound(all, device(i))!
    expect(allGiven(all.grants.g!).map(({ at }) => at)).toEqual([0, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  })

  it('R12 of parts of a person each has their own grants again, and where they had none what was promised to the other', () => {
    const [a, b] = ['a', 'b'].map((name, at) => ({ at, variant: 'v', key: `${name}:0`, code: name }))
    const one = mergedBound({ ...UNBOUND, grants: { g: a!, h: a! } }, { ...UNBOUND, grants: { g: b! } })!
    const parts = (bound: Bound) => ['a', 'b', 'c'].map(source => boundOfPart(bound, [source]).grants.g)
    expect(parts(one)).toEqual([a, b, a])
    expect(boundOfPart(one, ['b']).grants.h).toEqual(a)
    expect(boundOfPart(one, ['a', 'b'])).toEqual(one)
    const redeemed = { ...b!, redeemed: 9, others: [{ ...a!, freed: true as const }] }
    const used = { ...one, grants: { ...one.grants, g: redeemed } }
    expect(parts(used)).toEqual([
      { ...a, freed: true },
      { ...b, redeemed: 9 },
      { ...b, redeemed: 9 },
    ])
    // United again they are as they were, whichever side was kept.
    expect(mergedBound(boundOfPart(used, ['a']), boundOfPart(used, ['b']))!.grants.g).toEqual(redeemed)
  })

  it('of two persons who are one: all that was shown, and of two offers or prices the earlier', () => {
    const a = withBinding(
      UNBOUND,
      { shows: [{ key: 'k', keep: 5 }], grants: { g: { at: 3, variant: 'a', key: '1' } }, quotes: { i: quote(3, 9) } },
      3,
    )
    const b = withBinding(
      UNBOUND,
      { shows: [{ key: 'k', keep: 5 }], grants: { g: { at: 2, variant: 'b', key: '2' } }, quotes: { j: quote(2, 9) } },
      2,
    )
    const merged = mergedBound(a, b)!
    expect(merged.version).toBe(2)
    expect(merged.shows).toEqual({ k: [2, 3] })
    expect(merged.grants.g).toMatchObject({ variant: 'b' })
    expect(Object.keys(merged.quotes)).toEqual(['i', 'j'])
    expect(mergedBound(b, a)).toEqual({ ...merged, quotes: { j: quote(2, 9), i: quote(3, 9) } })
    expect(mergedBound(undefined, a)).toBe(a)
    expect(mergedBound(undefined, undefined)).toBeUndefined()
  })

  it('of two prices the earlier holds as long as it does: one that is over takes none away that was told since', () => {
    const told = (at: number, until: number) =>
      withBinding(UNBOUND, { ...NOTHING, quotes: { i: quote(at, until) } }, at)
    const [first, second] = [told(1, 10), told(5, 30)]
    for (const [a, b] of [
      [first, second],
      [second, first],
    ] as const) {
      expect(mergedBound(a, b, 9)!.quotes.i).toEqual(quote(1, 10))
      expect(mergedBound(a, b, 10)!.quotes.i).toEqual(quote(5, 30))
      expect(mergedBound(a, b, 30)!.quotes.i).toEqual(quote(1, 10))
    }
  })
})
