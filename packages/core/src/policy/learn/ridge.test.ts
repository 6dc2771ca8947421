import { describe, expect, it } from 'vitest'
import { addOuter, cholesky, packedSize, solve } from '../../numeric/cholesky.ts'
import { solveRidge } from './ridge.ts'

/** The contexts of MABWiser's `test_linucb.py`. */
const CONTEXTS = [
  [0, 1, 2, 3, 5],
  [1, 1, 1, 1, 1],
  [0, 0, 1, 0, 0],
  [0, 2, 2, 3, 5],
  [1, 3, 1, 1, 1],
  [0, 0, 0, 0, 0],
  [0, 1, 4, 3, 5],
  [0, 1, 2, 4, 5],
  [1, 2, 1, 1, 3],
  [0, 2, 1, 0, 0],
]

/** xᵀβ + α √(xᵀ A⁻¹ x) of each arm, λ = 1. */
function bounds(arms: readonly number[], rewards: readonly number[], alpha: number, x: readonly number[]): number[] {
  return [1, 2, 3].map(arm => {
    const products = new Float64Array(packedSize(5))
    const moments = new Float64Array(5)
    for (const [i, row] of CONTEXTS.entries()) {
      if (arms[i] !== arm) continue
      addOuter(products, 1, row, 5)
      for (const [j, value] of row.entries()) moments[j]! += rewards[i]! * value
    }
    const { matrix, mean } = solveRidge(products, moments, 1)
    const inverse = solve(cholesky(matrix, 5), x, 5)
    const variance = x.reduce((sum, value, i) => sum + value * inverse[i]!, 0)
    return x.reduce((sum, value, i) => sum + value * mean[i]!, 0) + alpha * Math.sqrt(variance)
  })
}

describe('ridge regression by arm is LinUCB of Li et al 2010, by the numbers of MABWiser', () => {
  it.each([
    [CONTEXTS[0]!, [-0.018378378378378413, 0, 0.9966292134831471]],
    [CONTEXTS[1]!, [0.14054054054054055, 0, 0.4325842696629207]],
  ])('α = 0 at %j', (x, expected) => {
    const found = bounds([1, 1, 1, 2, 2, 2, 3, 3, 3, 1], [0, 0, 0, 0, 0, 0, 1, 1, 1, 1], 0, x)
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 13)
  })

  it.each([
    [CONTEXTS[0]!, [0.9790312458954391, 1.1617706239438832, 1.4247056229871702]],
    [CONTEXTS[1]!, [0.8896475809353053, 0.923364043088837, 1.457085577251709]],
  ])('α = 1 at %j', (x, expected) => {
    const found = bounds([1, 1, 1, 2, 2, 3, 3, 3, 3, 3], [0, 0, 1, 0, 0, 0, 0, 1, 1, 1], 1, x)
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 13)
  })

  it('without rows it is the prior: coefficients 0, and no parameter was used', () => {
    const { mean, parameters } = solveRidge(new Float64Array(packedSize(3)), new Float64Array(3), 2)
    expect(Array.from(mean)).toEqual([0, 0, 0])
    expect(parameters).toBeCloseTo(0, 12)
  })
})
