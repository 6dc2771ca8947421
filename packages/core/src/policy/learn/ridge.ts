import { cholesky, invertLower, multiply, packedSize, solve } from '../../numeric/cholesky.ts'

/** A ridge regression's normal equations solved: A = ridge · I + c Σ w x xᵀ, mean = A⁻¹ c Σ w r x. */
export interface Ridge {
  /** A, lower triangle row by row. */
  readonly matrix: Float64Array
  /** The coefficients. */
  readonly mean: Float64Array
  /** How many free parameters the fit really used: columns - ridge · trace(A⁻¹). */
  readonly parameters: number
}

/**
 * Coefficients of an arm from its sums (Li et al 2010, arXiv 1003.0146: A, b and A⁻¹ b). `scale` c is how much a unit of
 * summed weight counts.
 */
export function solveRidge(products: ArrayLike<number>, moments: ArrayLike<number>, ridge: number, scale = 1): Ridge {
  const columns = moments.length
  const matrix = Float64Array.from(products, x => scale * x)
  for (let i = 0; i < columns; i++) matrix[packedSize(i) + i]! += ridge
  const lower = cholesky(matrix, columns)
  const mean = solve(
    lower,
    Float64Array.from(moments, x => scale * x),
    columns,
  )
  const trace = invertLower(lower, columns).reduce((sum, x) => sum + x * x, 0)
  return { matrix, mean, parameters: columns - ridge * trace }
}

/** xᵀ A x. */
export function quadratic(matrix: ArrayLike<number>, x: ArrayLike<number>): number {
  const product = multiply(matrix, x, x.length)
  return product.reduce((sum, y, i) => sum + y * x[i]!, 0)
}
