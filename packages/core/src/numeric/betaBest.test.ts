import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { incompleteBeta } from './beta.ts'
import { bestOfBetas } from './betaBest.ts'

describe('P(best) of Betas', () => {
  it('is as in the reference: 500 of 1009 against 42 of 104, prior (1/2, 1/2)', () => {
    const test = { a: 500.5, b: 509.5 }
    const control = { a: 42.5, b: 62.5 }
    const { chances, losses } = bestOfBetas([test, control])
    expect(chances[0]).toBeCloseTo(0.962906541, 9)
    expect(losses[0]).toBeCloseTo(0.00076167, 8)
    expect(losses[1]! - losses[0]!).toBeCloseTo(0.09078265, 8)
    expect(incompleteBeta(test.a, test.b, 0.46473987)).toBeCloseTo(0.025, 7)
    expect(incompleteBeta(test.a, test.b, 0.52636595)).toBeCloseTo(0.975, 7)
  })

  /** P(X > Y) for whole parameters of Y, by the sum of Evan Miller, which has no integral in it. */
  function exact(x: { a: number; b: number }, y: { a: number; b: number }): number {
    const logGamma = (n: number) => Array.from({ length: n - 1 }, (_, i) => Math.log(i + 1)).reduce((s, l) => s + l, 0)
    const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b)
    let total = 0
    for (let i = 0; i < x.a; i++) {
      total += Math.exp(logBeta(y.a + i, x.b + y.b) - Math.log(x.b + i) - logBeta(1 + i, x.b) - logBeta(y.a, y.b))
    }
    return total
  }

  it('of two is what the finite sum says', () => {
    const whole = fc.integer({ min: 1, max: 60 })
    fc.assert(
      fc.property(whole, whole, whole, whole, (a, b, c, d) => {
        expect(
          bestOfBetas([
            { a, b },
            { a: c, b: d },
          ]).chances[0],
        ).toBeCloseTo(exact({ a, b }, { a: c, b: d }), 7)
      }),
      { numRuns: 60 },
    )
  })

  it('sums to 1 and loses nothing on the surely best, from one row to ten million', () => {
    for (const arms of [
      [
        { a: 0.5, b: 0.5 },
        { a: 0.5, b: 0.5 },
      ],
      [
        { a: 1, b: 1 },
        { a: 5e5, b: 9.5e6 },
        { a: 4.99e5, b: 9.501e6 },
      ],
      [
        { a: 0.5, b: 3000.5 },
        { a: 1.5, b: 200 },
        { a: 12, b: 1000 },
      ],
    ]) {
      const { chances, losses } = bestOfBetas(arms)
      expect(chances.reduce((x, y) => x + y)).toBeCloseTo(1, 9)
      expect([...chances, ...losses].every(x => x >= 0 && x <= 1)).toBe(true)
    }
    expect(
      bestOfBetas([
        { a: 9000, b: 1000 },
        { a: 10, b: 9000 },
      ]).losses[0],
    ).toBeCloseTo(0, 9)
    expect(bestOfBetas([{ a: 2, b: 3 }])).toEqual({ chances: [1], losses: [expect.closeTo(0, 6)] })
  })

  it('refuses what is no Beta', () => {
    expect(() => bestOfBetas([{ a: 0.1, b: 1 }])).toThrow(RangeError)
    expect(() => bestOfBetas([{ a: Number.NaN, b: 1 }])).toThrow(RangeError)
  })
})
