import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedBy } from '../event/asked.ts'
import type { Json, JsonObject } from '../json.ts'
import { readConsent } from './preferences.ts'

const saying = (categoryPreferences: Json) => ({ page: {}, consent: { categoryPreferences } })
const statedIn = (context: JsonObject) => askedBy(readConsent(context).context).stated

describe('R8 consent as clients write it', () => {
  it.each([true, 'true', 'True', ' TRUE ', 'granted', 'yes', 'Y', '1', 1] as Json[])('%j is a yes', value => {
    expect(statedIn(saying({ ads: value }))).toEqual({ ads: true })
    expect(readConsent(saying({ ads: value })).unclear).toBeUndefined()
  })

  it.each([false, 'false', 'False\n', 'denied', 'DENIED', 'no', 'n', '0', 0, -0] as Json[])('%j is a no', value => {
    expect(statedIn(saying({ ads: value }))).toEqual({ ads: false })
    expect(readConsent(saying({ ads: value })).unclear).toBeUndefined()
  })

  it.each([
    '',
    'maybe',
    'flase',
    'opt-in',
    2,
    -1,
    0.5,
    {},
    [],
    [true],
    { granted: true },
  ] as Json[])('%j is taken for a no, and said to be unclear', value => {
    expect(statedIn(saying({ ads: value, email: true }))).toEqual({ ads: false, email: true })
    expect(readConsent(saying({ ads: value })).unclear).toContain('context.consent.categoryPreferences.ads is')
  })

  it('null is not answered yet, and says nothing', () => {
    expect(statedIn(saying({ ads: null, email: 'no' }))).toEqual({ email: false })
    expect(readConsent(saying({ ads: null })).unclear).toBeUndefined()
  })

  it.each([
    'denied',
    false,
    ['ads'],
    0,
  ] as Json[])('where %j stands for all purposes, it is said that none was read', all => {
    expect(readConsent(saying(all)).unclear).toContain('context.consent.categoryPreferences is')
    expect(readConsent({ consent: all }).unclear).toContain('context.consent is')
  })

  it('what is well said, or not said, is given back as it stands', () => {
    const plain = [
      {},
      { consent: null },
      { consent: {} },
      saying(null),
      saying([]),
      saying({}),
      saying({ a: true, b: false }),
    ]
    for (const context of plain) {
      expect(readConsent(context)).toEqual({ context })
      expect(readConsent(context).context).toBe(context)
    }
  })

  it('R11 what is said of it is bounded', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`${i}`.padStart(200, 'p'), 'x'.repeat(9000)]),
    )
    const { unclear } = readConsent(saying(many))
    expect(unclear).toContain('and 997 more')
    expect(unclear!.length).toBeLessThan(600)
  })

  it('whatever is written, what is read is true or false, nothing but a plain yes is a yes, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>), fc.jsonValue(), (said, rest) => {
        const context = { rest: rest as Json, consent: { signals: ['gpc'], categoryPreferences: said } }
        const before = JSON.stringify(context)
        const read = readConsent(context).context as typeof context
        expect(JSON.stringify(context)).toBe(before)
        expect(read.rest).toEqual(context.rest)
        expect(read.consent.signals).toEqual(['gpc'])
        for (const [purpose, value] of Object.entries(said)) {
          if (value === null) expect(read.consent.categoryPreferences[purpose]).toBe(null)
          else if (read.consent.categoryPreferences[purpose] !== false) {
            expect(read.consent.categoryPreferences[purpose]).toBe(true)
            expect(['true', 'granted', 'yes', 'y', '1']).toContain(String(value).trim().toLowerCase())
          }
        }
      }),
      { numRuns: 200, seed: 8 },
    )
  })
})
