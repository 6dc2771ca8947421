import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Comparisons, compileComparisons } from '../filter/comparison.ts'
import type { Json } from '../json.ts'
import { partContradictions } from './contradictions.ts'
import { validate } from './validate.ts'

const check = (comparisons: object) =>
  validate('segment', 's', { condition: { trait: 'x', ...comparisons } }).map(
    ({ path, message, mend }) => `${path}: ${message} -> ${mend}`,
  )

const MEND = 'keep one of them, or join two conditions by {"any": [...]}'

describe('comparisons that no value fulfils together', () => {
  it.each([
    [{ exists: false, is: 'a' }, 'condition.is: what does not exist never fulfils is'],
    [{ exists: false, lte: 3 }, 'condition.lte: what does not exist never fulfils lte'],
    [{ gt: 3, startsWith: 'a' }, 'condition.startsWith: gt holds of numbers and startsWith never does'],
    [{ lt: 3, after: 'now-7d' }, 'condition.after: lt holds of numbers and after never does'],
    [{ is: 'pro', gt: 3 }, 'condition.gt: gt never holds of what it is to be: "pro"'],
    [{ is: 3, gt: 5 }, 'condition.gt: gt never holds of what it is to be: 3'],
    [{ is: 'a', isNot: 'a' }, 'condition.isNot: isNot never holds of what it is to be: "a"'],
    [{ in: ['a', 'b'], notIn: ['b', 'a'] }, 'condition.notIn: notIn never holds of what it is to be: ["a","b"]'],
    [{ is: 'abc', matches: '^z' }, 'condition.matches: matches never holds of what it is to be: "abc"'],
    [{ in: [1, 9], gt: 2, lt: 8 }, 'condition.in: none of [1,9] fulfils gt and lt'],
    [
      { is: '2026-03-01', before: '2026-02-01' },
      'condition.before: before never holds of what it is to be: "2026-03-01"',
    ],
  ])('%j', (comparisons, said) => {
    expect(check(comparisons)).toEqual([`${said} -> ${MEND}`])
  })

  it.each([
    [{ before: '2020-01-01', after: '2021-01-01' }, 'nothing is before 2020-01-01 and after 2021-01-01'],
    [
      { before: '2020-01-01', after: '2020-01-01T00:00:00Z' },
      'nothing is before 2020-01-01 and after 2020-01-01T00:00:00Z',
    ],
    [{ before: 'now-7d', after: 'now-1d' }, 'nothing is before now-7d and after now-1d'],
    [{ before: 'now', after: 'now+1h' }, 'nothing is before now and after now+1h'],
  ])('%j', (comparisons, said) => {
    expect(check(comparisons)).toEqual([`condition.before: ${said} -> swap the two`])
  })

  it.each([
    { exists: false, isNot: 'a' },
    { exists: true, is: 'a' },
    { in: ['a', 3], gt: 2 },
    { is: 'abc', startsWith: 'a', isNot: 'x' },
    { before: 'now-1d', after: 'now-7d' },
    { before: '2020-01-01', after: 'now' },
    { is: '2026-03-01', before: 'now-7d' },
    { contains: 'a', startsWith: 'b' },
  ])('%j may hold', comparisons => {
    expect(check(comparisons)).toEqual([])
  })

  it('also of properties of an event and traits of an account', () => {
    const where = [{ property: 'a', is: 1, gt: 3 }]
    const any = [{ did: 'A', where }, { account: { trait: 'size', gt: 3, contains: 'x' } }]
    expect(validate('segment', 's', { condition: { any } }).map(({ path }) => path)).toEqual([
      'condition.any[0].where[0].gt',
      'condition.any[1].account.contains',
    ])
  })

  describe('parts that are never true together', () => {
    const refused = (condition: object) =>
      validate('segment', 's', { condition }).map(({ path, message }) => `${path}: ${message}`)
    const plan = (is: string) => ({ trait: 'plan', is })
    const bought = (atLeast: number, within: string) => ({ did: 'Bought', atLeast, within })

    it.each([
      [{ all: [plan('a'), plan('b')] }, 'condition.all[1]: it is never true together with condition.all[0]'],
      [
        { all: [plan('a'), { did: 'A' }, { not: { trait: 'plan', exists: true } }] },
        'condition.all[2]: it is never true together with condition.all[0]',
      ],
      [
        { all: [bought(3, '7d'), { not: bought(1, '30d') }] },
        'condition.all[1]: it is never true together with condition.all[0]',
      ],
      [
        {
          all: [{ segment: 'vip' }, { any: [{ not: { segment: 'vip' } }, { all: [plan('a'), plan('a')] }] }, plan('b')],
        },
        'condition: this is true of nobody, ever',
      ],
      [{ not: { any: [{ did: 'A' }, { not: { did: 'A' } }] } }, 'condition: this is true of nobody, ever'],
      [
        {
          any: [
            { did: 'A' },
            {
              all: [
                { trait: 'n', gt: 5 },
                { trait: 'n', lt: 4 },
              ],
            },
          ],
        },
        'condition.any[1].all[1]: it is never true together with condition.any[1].all[0]',
      ],
      [
        {
          account: { anyone: { all: [plan('a'), plan('b')] } },
        },
        'condition.account.anyone.all[1]: it is never true together with condition.account.anyone.all[0]',
      ],
    ])('%j', (condition, said) => {
      expect(refused(condition)).toEqual([said])
    })

    it.each([
      { all: [plan('a'), { trait: 'tier', is: 'b' }] },
      { all: [bought(1, '7d'), { not: bought(3, '7d') }] },
      { all: [bought(3, '30d'), { not: bought(1, '7d') }] },
      { any: [plan('a'), plan('b')] },
      { all: [{ any: [plan('a'), plan('b')] }, { any: [plan('b'), plan('c')] }] },
      {
        all: [
          { trait: 'n', gt: 5 },
          { trait: 'n', lt: 6 },
          { trait: 'n', isNot: 5.5 },
        ],
      },
      {
        all: [
          { trait: 't', contains: 'a' },
          { trait: 't', contains: 'b' },
          { trait: 't', isNot: 'ab' },
        ],
      },
      { not: { all: [plan('a'), { did: 'A' }] } },
    ])('%j may be', condition => {
      expect(refused(condition)).toEqual([])
    })

    it('nothing is refused that is true of somebody', () => {
      const name = fc.constantFrom('t', 'u')
      const number = fc.integer({ min: -1, max: 2 })
      const text = fc.constantFrom('a', 'ab', 'b')
      const scalar = fc.oneof(number, text, fc.boolean())
      const comparison = fc.oneof(
        ...[fc.record({ is: scalar }), fc.record({ isNot: scalar }), fc.record({ in: fc.tuple(scalar, scalar) })],
        ...[fc.record({ gt: number }), fc.record({ lte: number }), fc.record({ exists: fc.boolean() })],
        ...[fc.record({ contains: text }), fc.record({ startsWith: text }), fc.record({ endsWith: text })],
      )
      type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | ({ trait: string } & Comparisons)
      const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
        tree: fc.oneof(
          { depthSize: 'small' },
          fc.tuple(name, comparison).map(([trait, compares]): Tree => ({ trait, ...compares })),
          fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((all): Tree => ({ all })),
          fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any): Tree => ({ any })),
          tie('tree').map((not): Tree => ({ not })),
        ),
      }))
      const holds = (one: Tree, traits: Record<string, Json | undefined>): boolean => {
        if ('all' in one) return one.all.every(part => holds(part, traits))
        if ('any' in one) return one.any.some(part => holds(part, traits))
        if ('not' in one) return !holds(one.not, traits)
        const { trait, ...compares } = one
        return compileComparisons(compares)(traits[trait], 0)
      }
      const values = [
        undefined,
        true,
        false,
        -2,
        -1,
        -0.5,
        0,
        0.5,
        1,
        1.5,
        2,
        3,
        'a',
        'ab',
        'b',
        'aab',
        'abab',
        'x',
        ['a'],
        ['ab', 'b'],
        ['a', 'b'],
      ]
      let refused = 0
      fc.assert(
        fc.property(tree, condition => {
          if (partContradictions(condition as object, []).length === 0) return
          refused++
          for (const t of values) {
            for (const u of values) expect(holds(condition, { t, u }), JSON.stringify([condition, t, u])).toBe(false)
          }
        }),
        { numRuns: 5000, seed: 7 },
      )
      expect(refused).toBeGreaterThan(100)
    })

    it('R11 many parts, and ways in which they hold, are looked at no further than they can be', () => {
      const part = (i: number) => ({ any: [{ trait: `t${i}`, is: 1 }, { did: `A${i}` }, { trait: `u${i}`, is: 2 }] })
      const parts = Array.from({ length: 98 }, (_, i) => part(i))
      expect(refused({ all: [...parts, plan('a'), plan('a')] })).toEqual([])
      expect(refused({ all: [...parts, plan('a'), plan('b')] })).toEqual([
        'condition.all[99]: it is never true together with condition.all[98]',
      ])
    })
  })

  it('nothing is refused that some value fulfils', () => {
    const text = fc.constantFrom('a', 'ab', '2026-01-01', '2026-06-01T10:00:00Z', '')
    const scalar = fc.oneof(fc.integer({ min: -2, max: 3 }), text, fc.boolean())
    const some = fc.array(scalar, { minLength: 1, maxLength: 3 })
    const number = fc.integer({ min: -2, max: 3 })
    const piece = fc.constantFrom('a', 'b', '2')
    const instant = fc.constantFrom('2025-12-31', '2026-01-01', '2026-07-01', 'now', 'now-7d', 'now+7d')
    const comparisons = fc.record(
      {
        is: scalar,
        isNot: scalar,
        in: some,
        notIn: some,
        gt: number,
        lte: number,
        contains: piece,
        startsWith: piece,
        endsWith: piece,
        matches: piece,
        before: instant,
        after: instant,
        exists: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    const value: fc.Arbitrary<Json | undefined> = fc.oneof(scalar, fc.array(text), fc.constant(undefined))
    const now = fc.constantFrom('2026-01-01', '2026-03-01', '2026-06-05').map(Date.parse)
    let refused = 0
    fc.assert(
      fc.property(comparisons, fc.array(value, { minLength: 20, maxLength: 20 }), now, (asked, values, at) => {
        if (Object.keys(asked).length === 0 || check(asked).length === 0) return
        refused++
        const test = compileComparisons(asked as Comparisons)
        const candidates = [...values, ...(asked.in ?? []), ...(asked.is === undefined ? [] : [asked.is])]
        for (const one of candidates) expect(test(one, at), JSON.stringify([asked, one])).toBe(false)
      }),
      { numRuns: 1000, seed: 5 },
    )
    expect(refused).toBeGreaterThan(100)
  })
})
