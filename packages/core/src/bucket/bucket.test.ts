import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseVariation, getBucketRanges, getEqualWeights, hash, POINTS, type Range, shareOf } from './bucket.ts'

interface Cases {
  specVersion: string
  hash: [string, string, number, number | null][]
  getBucketRange: [string, [number, number, number[] | null], Range[]][]
  chooseVariation: [string, number, Range[], number][]
  getEqualWeights: [number, number[]][]
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const file = resolve(root, '../shared/conformance/bucketing.json')

const round = (n: number) => Math.round(n * 1e8) / 1e8

/** FNV-1a of 32 bits by the book, in whole numbers of any size. */
function fnv(text: string): number {
  const codes = Array.from({ length: text.length }, (_, i) => BigInt(text.charCodeAt(i)))
  return Number(codes.reduce((state, code) => ((state ^ code) * 16777619n) % 2n ** 32n, 2166136261n))
}

describe('GrowthBook bucketing conformance', () => {
  if (!existsSync(file)) {
    it.skip(`skipped: ${file} is not there`, () => {})
    return
  }
  const cases = JSON.parse(readFileSync(file, 'utf8')) as Cases

  it('has the cases of the version we follow', () => {
    expect(cases.specVersion).toBe('0.8.0')
    for (const list of [cases.hash, cases.getBucketRange, cases.chooseVariation, cases.getEqualWeights]) {
      expect(list.length).toBeGreaterThan(5)
    }
  })
  it.each(cases.hash)('R6 hash(%j, %j, %i) is %j', (seed, value, version, expected) => {
    expect(hash(seed, value, version)).toBe(expected)
  })
  it.each(cases.getBucketRange)('getBucketRange: %s', (_name, [variations, coverage, weights], expected) => {
    expect(getBucketRanges(variations, coverage, weights).map(range => range.map(round))).toEqual(expected)
  })
  it.each(cases.chooseVariation)('chooseVariation: %s', (_name, point, ranges, expected) => {
    expect(chooseVariation(point, ranges)).toBe(expected)
  })
  it.each(cases.getEqualWeights)('getEqualWeights(%i)', (variations, expected) => {
    expect(getEqualWeights(variations).map(round)).toEqual(expected)
  })
})

describe('bucketing', () => {
  // Unlike the conformance file, always there.
  it('R6 the hashes never change', () => {
    expect(hash('seed', 'a', 2)).toBe(0.0505)
    expect(hash('b', 'a', 1)).toBe(0.946)
    expect(hash('seed', 'a', 3)).toBeNull()
  })

  it('R6 the hashes are what the specification says, for any text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{16}$/), fc.constantFrom('ключ', '👩‍🚀', '\ud800'))
    fc.assert(
      fc.property(text, text, (seed, value) => {
        expect(hash(seed, value, 2)).toBe((fnv(String(fnv(seed + value))) % 10_000) / 10_000)
        expect(hash(seed, value, 1)).toBe((fnv(value + seed) % 1_000) / 1_000)
      }),
      { numRuns: 1000 },
    )
  })

  it('every point falls into exactly one range, and a share is what falls there', () => {
    const weights = fc
      .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 })
      .filter(list => list.some(n => n > 0))
      .map(list => list.map(n => n / list.reduce((a, b) => a + b)))
    const points = Array.from({ length: POINTS }, (_, k) => k / POINTS)
    fc.assert(
      fc.property(weights, list => {
        const ranges = getBucketRanges(list.length, 1, list)
        const counts = ranges.map(() => 0)
        for (const point of points) {
          // Rounding may leave the very last point over.
          const drawn = chooseVariation(point, ranges)
          if (drawn >= 0) counts[drawn]!++
        }
        expect(ranges.map(shareOf)).toEqual(counts.map(count => count / POINTS))
        expect(counts.reduce((a, b) => a + b)).toBe(POINTS)
      }),
      { numRuns: 100 },
    )
  })
})
