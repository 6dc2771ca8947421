/**
 * x of A x = b for a symmetric positive semidefinite A (rows), by Cholesky's factors. Directions in which A is 0 up to
 * rounding get x = 0; null where b has a part in such a direction, so that there is no x.
 */
export function solveSymmetric(matrix: readonly (readonly number[])[], b: readonly number[]): number[] | null {
  const n = b.length
  const factor = matrix.map(row => [...row])
  const y = [...b]
  const isFlat: boolean[] = []
  for (let j = 0; j < n; j++) {
    const original = matrix[j]![j]!
    let pivot = factor[j]![j]!
    for (let k = 0; k < j; k++) pivot -= factor[j]![k]! ** 2
    isFlat[j] = !(pivot > FLAT * original)
    const root = isFlat[j] ? 1 : Math.sqrt(pivot)
    factor[j]![j] = root
    for (let i = j + 1; i < n; i++) {
      let value = matrix[i]![j]!
      for (let k = 0; k < j; k++) value -= factor[i]![k]! * factor[j]![k]!
      factor[i]![j] = isFlat[j] ? 0 : value / root
    }
    let right = y[j]!
    for (let k = 0; k < j; k++) right -= factor[j]![k]! * y[k]!
    if (isFlat[j] && Math.abs(right) > LEFT_OVER * Math.max(...b.map(Math.abs))) return null
    y[j] = isFlat[j] ? 0 : right / root
  }
  for (let i = n - 1; i >= 0; i--) {
    if (isFlat[i]) continue
    for (let k = i + 1; k < n; k++) y[i]! -= factor[k]![i]! * y[k]!
    y[i]! /= factor[i]![i]!
  }
  return y
}

const FLAT = 1e-10
const LEFT_OVER = 1e-6
