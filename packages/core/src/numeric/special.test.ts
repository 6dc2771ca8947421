import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { incompleteBeta } from './beta.ts'
import { chiSquareSurvival } from './chiSquare.ts'
import { logBeta, logGamma, lowerGamma, upperGamma } from './gamma.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import { studentCdf, studentQuantile, studentTwoSided } from './student.ts'

/** Reference values: mpmath with 30 to 40 digits. */
function near(actual: number, expected: number, tolerance = 1e-13): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(expected), Number.MIN_VALUE))
}

const positive = (max: number) => fc.double({ min: 1e-3, max, noNaN: true })
const unit = fc.double({ min: 0, max: 1, noNaN: true })

fc.configureGlobal({ seed: 4 })

describe('log-gamma', () => {
  it.each([
    [1e-5, 11.512919692895826],
    [0.5, 0.5723649429247001],
    [1.5, -0.12078223763524522],
    [3.7, 1.4280723266653879],
    [12, 17.502307845873887],
    [100.25, 360.28455963776423],
    [123456.75, 1323901.561573014],
  ])('lnΓ(%f)', (x, expected) => near(logGamma(x), expected, 1e-13))

  it('satisfies Γ(x + 1) = x Γ(x)', () => {
    fc.assert(
      fc.property(positive(1e4), x => {
        expect(logGamma(x + 1)).toBeCloseTo(logGamma(x) + Math.log(x), 9)
      }),
    )
  })

  it('gives logBeta the same value on both of its ways', () => {
    fc.assert(
      fc.property(positive(200), positive(200), (a, b) => {
        expect(logBeta(a, b)).toBeCloseTo(logGamma(a) + logGamma(b) - logGamma(a + b), 9)
        expect(logBeta(a, b)).toBe(logBeta(b, a))
      }),
    )
  })

  it('refuses what has no value', () => {
    expect(() => logGamma(0)).toThrow(RangeError)
    expect(() => logGamma(Number.NaN)).toThrow(RangeError)
  })
})

describe('regularized incomplete gamma', () => {
  it.each([
    [0.5, 0.01, 0.8875370839817152],
    [0.5, 2, 0.04550026389635842],
    [0.5, 90, 4.846411842405333e-41],
    [1, 1, 0.36787944117144233],
    [3.5, 2, 0.779777408475716],
    [3.5, 30, 1.509555302298912e-10],
    [25, 24, 0.5540012230749957],
    [100, 140, 0.00016105717471255585],
  ])('Q(%f, %f)', (a, x, expected) => near(upperGamma(a, x), expected))

  it('adds up to 1 with its complement and falls in x', () => {
    fc.assert(
      fc.property(positive(500), positive(1000), positive(10), (a, x, step) => {
        expect(upperGamma(a, x) + lowerGamma(a, x)).toBeCloseTo(1, 12)
        expect(upperGamma(a, x + step)).toBeLessThanOrEqual(upperGamma(a, x) + 1e-13)
      }),
    )
  })
})

describe('regularized incomplete beta', () => {
  it.each([
    [0.5, 0.5, 0.3, 0.36901011956554536],
    [2, 3, 0.4, 0.5248],
    [10, 0.5, 0.999, 0.8888967091248603],
    [100, 200, 0.3, 0.10884306564490975],
    [1000, 0.5, 0.99, 7.366397738015053e-6],
    [5, 5, 0.01, 1.2185368570000002e-8],
    [50000, 0.5, 0.9999, 0.0015650197621734948],
  ])('I(%f, %f, %f)', (a, b, x, expected) => near(incompleteBeta(a, b, x), expected, 1e-11))

  it('is symmetric: I_x(a, b) = 1 - I_1-x(b, a)', () => {
    fc.assert(
      fc.property(positive(2000), positive(2000), unit, (a, b, x) => {
        expect(incompleteBeta(a, b, x) + incompleteBeta(b, a, 1 - x, x)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('grows with x from 0 to 1', () => {
    fc.assert(
      fc.property(positive(300), positive(300), unit, unit, (a, b, x, y) => {
        expect(incompleteBeta(a, b, Math.min(x, y))).toBeLessThanOrEqual(incompleteBeta(a, b, Math.max(x, y)) + 1e-12)
      }),
    )
    expect(incompleteBeta(3, 4, 0)).toBe(0)
    expect(incompleteBeta(3, 4, 1)).toBe(1)
  })
})

describe('normal', () => {
  it.each([
    [-30, 4.906713927148187e-198],
    [-8, 6.220960574271784e-16],
    [-1.96, 0.024997895148220435],
    [-0.1, 0.460172162722971],
    [0.3, 0.6179114221889527],
    [1.2, 0.8849303297782917],
    [2.5, 0.9937903346742238],
    [6, 0.9999999990134123],
  ])('Φ(%f)', (z, expected) => near(normalCdf(z), expected))

  it.each([
    [0.975, 1.9599639845400543],
    [0.5001, 0.0002506628300880351],
    [0.995, 2.575829303548901],
    [1e-4, -3.7190164854556804],
    [1e-10, -6.361340902404057],
    [1e-200, -30.20559417957964],
  ])('Φ⁻¹(%f)', (p, expected) => near(normalQuantile(p), expected, 1e-12))

  it('has the quantile as its inverse, and is symmetric', () => {
    fc.assert(
      fc.property(fc.double({ min: -35, max: 8, noNaN: true }), z => {
        expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, z > 5 ? 1 : 8)
        expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14)
      }),
    )
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe("Student's t", () => {
  it.each([
    [1, 1, 0.5],
    [2.5, 3.7, 0.07182202291182677],
    [12, 2, 0.00687293367715846],
    [1.96, 1e6, 0.04999606758526979],
    [40, 30, 1.37260451944064e-27],
    [0.001, 5, 0.9992407867721977],
    [8, 5000, 1.533987188691545e-15],
  ])('P(|T| > %f), dof %f', (t, dof, expected) => near(studentTwoSided(t, dof), expected, 1e-10))

  it.each([
    [0.975, 1, 12.70620473617469],
    [0.975, 2.3, 3.807163208232131],
    [0.975, 10, 2.228138851986274],
    [0.995, 57.2, 2.664549206646172],
    [0.6, 4, 0.2707222947075974],
    [0.975, 100_000, 1.959987707534609],
    [0.9999, 3, 22.203742273205],
  ])('quantile %f, dof %f', (p, dof, expected) => near(studentQuantile(p, dof), expected, 1e-11))

  it('has the quantile as its inverse, and is symmetric', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), positive(1e5), (p, dof) => {
        fc.pre(dof >= 0.5)
        const t = studentQuantile(p, dof)
        expect(studentCdf(t, dof)).toBeCloseTo(p, 9)
        expect(studentCdf(-t, dof)).toBeCloseTo(1 - p, 9)
      }),
    )
  })

  it('goes to the normal as degrees of freedom grow', () => {
    for (const z of [0.1, 1, 2, 4]) expect(studentCdf(z, 1e9)).toBeCloseTo(normalCdf(z), 8)
  })
})

describe('chi-square', () => {
  it.each([
    [3.841458820694124, 1, 0.05],
    [4, 1, 0.04550026389635841],
    [2, 2, 0.3678794411714423],
    [20, 10, 0.02925268807696107],
    [300, 4, 1.083439491947826e-63],
  ])('P(X > %f), dof %i', (x, dof, expected) => near(chiSquareSurvival(x, dof), expected, 1e-12))

  it('is the square of a normal for one degree of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), z => {
        expect(chiSquareSurvival(z * z, 1)).toBeCloseTo(2 * normalCdf(-z), 13)
      }),
    )
  })
})
