import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { chanceOfBest, QUICK } from './chanceOfBest.ts'
import { normalCdf } from './normal.ts'
import { normalAt } from './normalTable.ts'

function chances(means: readonly number[], sds: readonly number[]): number[] {
  const into = new Float64Array(means.length)
  chanceOfBest(means, sds, into)
  return Array.from(into)
}

/** The same integral by brute force: the trapezoid rule with very many steps over each arm's own distribution. */
function oracle(means: readonly number[], sds: readonly number[], steps = 20_000): number[] {
  return means.map((mean, k) => {
    let total = 0
    for (let j = 0; j <= steps; j++) {
      const t = -9 + (18 * j) / steps
      let product = Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)
      for (const [i, other] of means.entries()) {
        if (i !== k) product *= normalCdf((mean + t * sds[k]! - other) / sds[i]!)
      }
      total += product
    }
    return (total * 18) / steps
  })
}

describe('P(best) of normals', () => {
  it('is as in the reference', () => {
    const [a, b, c] = chances([0, 0.1, 0.2], [0.1, 0.1, 0.1])
    expect(a).toBeCloseTo(0.04715068, 8)
    expect(b).toBeCloseTo(0.2240983, 8)
    expect(c).toBeCloseTo(0.72875102, 8)
    expect(chances([0, 0.1], [0.1, 0.1])[1]).toBeCloseTo(0.76024994, 8)
  })

  it('of two is Φ of the standardized difference', () => {
    const finite = fc.double({ min: -5, max: 5, noNaN: true })
    const sd = fc.double({ min: 0.01, max: 5, noNaN: true })
    fc.assert(
      fc.property(finite, finite, sd, sd, (m1, m2, s1, s2) => {
        expect(chances([m1, m2], [s1, s2])[0]).toBeCloseTo(normalCdf((m1 - m2) / Math.hypot(s1, s2)), 7)
      }),
    )
  })

  it('agrees with brute force, also where one is known a hundred times better than another', () => {
    const rng = random('chance of best')
    for (let n = 0; n < 6; n++) {
      const arms = 2 + rng.integer(3)
      const means = Array.from({ length: arms }, () => rng.normal())
      const sds = means.map(() => Math.exp(rng.uniform() * 4.6 - 3))
      const expected = oracle(means, sds)
      for (const [i, chance] of chances(means, sds).entries()) expect(chance).toBeCloseTo(expected[i]!, 9)
      const quick = new Float64Array(arms)
      chanceOfBest(means, sds, quick, arms, QUICK)
      for (const [i, chance] of quick.entries()) expect(Math.abs(chance - expected[i]!)).toBeLessThan(1e-5)
    }
  }, 300_000)

  it('is quick to 1e-5 with few arms and with many, alike and not', () => {
    const rng = random('quick')
    for (const arms of [2, 3, 4, 8, 20, 50]) {
      for (let n = 0; n < 60; n++) {
        const means = Array.from({ length: arms }, () => rng.normal() * [0.1, 1, 3][n % 3]!)
        const sds = means.map(() => (n % 2 === 0 ? 0.3 + rng.uniform() : 1))
        const quick = new Float64Array(arms)
        chanceOfBest(means, sds, quick, arms, QUICK)
        const fine = chances(means, sds)
        for (const [i, chance] of quick.entries()) expect(Math.abs(chance - fine[i]!)).toBeLessThan(1.2e-5)
      }
    }
  })

  it('sums to 1, does not depend on order, and grows with the own mean', () => {
    const arm = fc.record({
      mean: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      sd: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e6, noNaN: true })),
    })
    fc.assert(
      fc.property(fc.array(arm, { minLength: 1, maxLength: 12 }), arms => {
        const of = (list: typeof arms) =>
          chances(
            list.map(a => a.mean),
            list.map(a => a.sd),
          )
        const given = of(arms)
        expect(given.reduce((a, b) => a + b)).toBeCloseTo(1, 9)
        for (const chance of given) expect(chance >= 0 && chance <= 1).toBe(true)
        const reversed = of(arms.toReversed()).toReversed()
        for (const [i, chance] of given.entries()) expect(reversed[i]).toBeCloseTo(chance, 7)
        const better = of(arms.map((a, i) => (i === 0 ? { ...a, mean: a.mean + a.sd } : a)))
        expect(better[0]).toBeGreaterThanOrEqual(given[0]! - 1e-7)
      }),
      { numRuns: 300 },
    )
  })

  it('shares equally among those who cannot be told apart, and never answers NaN', () => {
    expect(chances([-9.14e-314], [0])).toEqual([1])
    expect(chances([1, 1, 1], [0, 0, 0])).toEqual([
      expect.closeTo(1 / 3, 9),
      expect.closeTo(1 / 3, 9),
      expect.anything(),
    ])
    expect(chances([1, 2], [0, 0])).toEqual([expect.closeTo(0, 9), expect.closeTo(1, 9)])
    expect(chances([0, 0], [0, 0])).toEqual([0.5, 0.5])
    expect(chances([Number.NaN, 1], [1, 1])).toEqual([0.5, 0.5])
    expect(() => chances(new Array(51).fill(0), new Array(51).fill(1))).toThrow(RangeError)
  })
})

it('the table of the normal is exact to 2e-11', () => {
  const out = new Float64Array(2)
  for (let z = -9; z <= 9; z += 0.00371) {
    normalAt(z, out)
    expect(Math.abs(out[0]! - normalCdf(z))).toBeLessThan(2e-11)
    expect(Math.abs(out[1]! - Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI))).toBeLessThan(2e-11)
  }
  // A hair below the edge, where the last knot is reached by rounding.
  normalAt(7.999999999999999, out)
  expect(out[0]).toBeCloseTo(1, 12)
})
