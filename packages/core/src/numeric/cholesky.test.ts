import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addOuter, cholesky, invertLower, multiply, packedSize, solve, squaredNorm } from './cholesky.ts'

const number = fc.double({ min: -10, max: 10, noNaN: true })

/** Positive definite: the identity and some outer products. */
const matrices = fc.integer({ min: 1, max: 12 }).chain(order =>
  fc.record({
    order: fc.constant(order),
    x: fc.array(number, { minLength: order, maxLength: order }),
    matrix: fc.array(fc.array(number, { minLength: order, maxLength: order }), { maxLength: 20 }).map(rows => {
      const matrix = new Float64Array(packedSize(order))
      for (let i = 0; i < order; i++) matrix[packedSize(i) + i] = 1
      for (const row of rows) addOuter(matrix, 0.5, row, order)
      return matrix
    }),
  }),
)

it('solves what multiplying made, and measures xᵀ A⁻¹ x', () => {
  fc.assert(
    fc.property(matrices, ({ order, x, matrix }) => {
      const lower = cholesky(matrix, order)
      const solved = solve(lower, multiply(matrix, x, order), order)
      for (const [i, value] of solved.entries()) expect(value).toBeCloseTo(x[i]!, 6)
      const form = solve(lower, x, order).reduce((sum, y, i) => sum + y * x[i]!, 0)
      const padded = Float64Array.from([0, 0, 0, ...invertLower(lower, order)])
      expect(squaredNorm(padded, 3, Float64Array.from(x), order)).toBeCloseTo(form, 6)
    }),
  )
})

it('refuses what is not positive definite, NaN included', () => {
  expect(() => cholesky([1, 2, 1], 2)).toThrow(/not positive definite: row 1 of 2/)
  expect(() => cholesky([Number.NaN], 1)).toThrow(RangeError)
  expect(() => cholesky([0], 1)).toThrow(RangeError)
})
