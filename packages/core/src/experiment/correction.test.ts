import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { benjaminiHochberg, corrections, holm } from './correction.ts'

const close = (actual: (number | null)[], expected: number[]) =>
  actual.forEach((p, i) => {
    expect(p).toBeCloseTo(expected[i]!, 12)
  })

fc.configureGlobal({ seed: 4 })

it('Holm, as in the reference', () => {
  close(holm([0.01, 0.04, 0.03, 0.005, 0.55, 0.6]), [0.05, 0.12, 0.12, 0.03, 1, 1])
})

it('Benjamini and Hochberg, worked out by hand', () => {
  // Sorted .005 .01 .03 .04 .55 .6, times 6 / rank: .03 .03 .06 .06 .66 .6, and none above one that comes after it.
  close(benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.55, 0.6]), [0.03, 0.06, 0.06, 0.03, 0.6, 0.6])
})

it('a comparison that could not be made is not counted', () => {
  expect(holm([null, 0.02, null, 0.5])).toEqual([null, 0.04, null, 0.5])
  expect(benjaminiHochberg([0.02, null])).toEqual([0.02, null])
  expect(holm([])).toEqual([])
  expect(() => holm([1.5])).toThrow(RangeError)
})

describe.each(Object.entries(corrections))('%s', (name, correct) => {
  const pValues = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 20 })

  it('never lowers a p-value, stays within 0 and 1, and keeps their order', () => {
    fc.assert(
      fc.property(pValues, ps => {
        const adjusted = correct(ps)
        ps.forEach((p, i) => {
          if (p === null) {
            expect(adjusted[i]).toBeNull()
            return
          }
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(1)
          ps.forEach((q, j) => {
            if (q !== null && p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!)
          })
        })
      }),
    )
  })

  it('leaves one alone, and is never harder than Bonferroni', () => {
    fc.assert(
      fc.property(pValues, ps => {
        const count = ps.filter(p => p !== null).length
        correct(ps).forEach((p, i) => {
          if (p !== null) expect(p).toBeLessThanOrEqual(Math.min(1, count * ps[i]! + 1e-12))
        })
      }),
    )
    expect(correct([0.3])).toEqual([0.3])
    if (name === 'benjamini-hochberg') expect(correct([0.02, 0.02])).toEqual([0.02, 0.02])
  })
})
