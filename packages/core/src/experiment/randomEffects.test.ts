import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { estimateOf, noEstimate } from './estimate.ts'
import { randomEffects } from './randomEffects.ts'

fc.configureGlobal({ seed: 4 })

const of = (value: number, error: number) => estimateOf(value, error ** 2, { confidence: 0.95 })

it('worked out by hand: two groups, 0 ± 1 and 4 ± 1', () => {
  const { mean, deviation, p, shrunken } = randomEffects([of(0, 1), of(4, 1)])
  // Q = 4 + 4 = 8 with one degree of freedom; between = (8 - 1) / (2 - 2 / 2) = 7; kept 7 / 8 of the way from the mean.
  expect(mean).toBe(2)
  expect(deviation).toBeCloseTo(Math.sqrt(7), 12)
  expect(p).toBeCloseTo(0.0046777, 7)
  expect(shrunken).toEqual([2 - 7 / 4, 2 + 7 / 4])
})

describe('properties', () => {
  const estimate = fc
    .tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.double({ min: 0.01, max: 10, noNaN: true }))
    .map(([value, error]) => of(value, error))
  const groups = fc.array(fc.oneof(estimate, fc.constant(noEstimate('no-people'))), { maxLength: 12 })

  it('each guess lies between its estimate and the mean; what has no estimate has no guess', () => {
    fc.assert(
      fc.property(groups, estimates => {
        const { mean, shrunken } = randomEffects(estimates)
        estimates.forEach(({ value }, i) => {
          if (value === null) {
            expect(shrunken[i]).toBeNull()
            return
          }
          expect(shrunken[i]).toBeGreaterThanOrEqual(Math.min(value, mean!) - 1e-9)
          expect(shrunken[i]).toBeLessThanOrEqual(Math.max(value, mean!) + 1e-9)
        })
      }),
    )
  })

  it('does not change with the unit, however small or large', () => {
    fc.assert(
      fc.property(groups, fc.constantFrom(1e-150, 1e-3, 1e150), (estimates, unit) => {
        const scaled = estimates.map(one =>
          one.value === null ? one : of(one.value * unit, one.standardError! * unit),
        )
        const [there, here] = [randomEffects(estimates), randomEffects(scaled)]
        if (there.mean === null) return
        expect(here.mean! / unit).toBeCloseTo(there.mean, 8)
        expect(here.deviation! / unit).toBeCloseTo(there.deviation!, 8)
        if (there.p !== null) expect(here.p).toBeCloseTo(there.p, 8)
      }),
    )
  })
})

it('the best of many by luck is pulled to what it is', () => {
  const rng = random('winner’s curse')
  let promised = 0
  let pulled = 0
  let true_ = 0
  for (let i = 0; i < 300; i++) {
    const truths = Array.from({ length: 20 }, () => 1 + 0.5 * rng.normal())
    const estimates = truths.map(truth => of(truth + rng.normal(), 1))
    const { shrunken } = randomEffects(estimates)
    const best = estimates.map(({ value }) => value!).reduce((top, x, j, all) => (x > all[top]! ? j : top), 0)
    promised += estimates[best]!.value!
    pulled += shrunken[best]!
    true_ += truths[best]!
  }
  expect(promised / true_).toBeGreaterThan(1.6)
  expect(Math.abs(pulled / true_ - 1)).toBeLessThan(0.1)
})

it('no groups, or one', () => {
  expect(randomEffects([])).toEqual({ mean: null, deviation: null, p: null, shrunken: [] })
  expect(randomEffects([of(3, 1)])).toEqual({ mean: 3, deviation: 0, p: null, shrunken: [3] })
})
