import fc from 'fast-check'
import { expect, it } from 'vitest'
import { solveSymmetric } from './solve.ts'

const times = (matrix: number[][], x: number[]) => matrix.map(row => row.reduce((sum, a, i) => sum + a * x[i]!, 0))

fc.configureGlobal({ seed: 4 })

it('solves what has a solution', () => {
  const size = fc.integer({ min: 1, max: 6 })
  const world = size.chain(n =>
    fc.tuple(
      fc.array(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n, maxLength: n }), {
        minLength: n,
        maxLength: n,
      }),
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n, maxLength: n }),
    ),
  )
  fc.assert(
    fc.property(world, ([root, x]) => {
      // RᵀR + I is symmetric and far from singular.
      const matrix = root.map((_, i) =>
        root.map((_, j) => root.reduce((sum, row) => sum + row[i]! * row[j]!, i === j ? 1 : 0)),
      )
      const found = solveSymmetric(matrix, times(matrix, x))!
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(x[i]!, 8)
      })
    }),
  )
})

it('a direction without anything in it is left out; one that cannot be reached has no solution', () => {
  const flat = [
    [4, 4],
    [4, 4],
  ]
  expect(solveSymmetric(flat, [4, 4])).toEqual([1, 0])
  expect(solveSymmetric(flat, [4, 5])).toBeNull()
  expect(solveSymmetric([[0]], [0])).toEqual([0])
})
