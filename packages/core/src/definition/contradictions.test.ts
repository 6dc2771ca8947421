import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Comparisons, compileComparisons } from '../filter/comparison.ts'
import type { Json } from '../json.ts'
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
