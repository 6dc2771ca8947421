/**
 * Symmetric positive definite matrices of order n as their lower triangle, row by row: entry (i, j), j <= i, stands at
 * i(i+1)/2 + j. A triangle so packed adds up entry by entry, and goes into JSON as one list.
 */
export type Packed = Float64Array

export function packedSize(order: number): number {
  return (order * (order + 1)) / 2
}

/** The lower triangular L with A = L Lᵀ. Throws `RangeError` where A is not positive definite. */
export function cholesky(matrix: ArrayLike<number>, order: number): Packed {
  const lower = new Float64Array(packedSize(order))
  for (let i = 0; i < order; i++) {
    const row = packedSize(i)
    for (let j = 0; j <= i; j++) {
      const other = packedSize(j)
      let rest = matrix[row + j]!
      for (let k = 0; k < j; k++) rest -= lower[row + k]! * lower[other + k]!
      if (i > j) lower[row + j] = rest / lower[other + j]!
      else if (rest > 0 && Number.isFinite(rest)) lower[row + i] = Math.sqrt(rest)
      else throw new RangeError(`the matrix is not positive definite: row ${i} of ${order} depends on those before it`)
    }
  }
  return lower
}

/** L⁻¹ of a lower triangle: x ↦ |L⁻¹ x|² is xᵀ A⁻¹ x. */
export function invertLower(lower: Packed, order: number): Packed {
  const inverse = new Float64Array(lower.length)
  for (let j = 0; j < order; j++) {
    inverse[packedSize(j) + j] = 1 / lower[packedSize(j) + j]!
    for (let i = j + 1; i < order; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum += lower[packedSize(i) + k]! * inverse[packedSize(k) + j]!
      inverse[packedSize(i) + j] = -sum / lower[packedSize(i) + i]!
    }
  }
  return inverse
}

/** A⁻¹ b, where A = L Lᵀ. */
export function solve(lower: Packed, b: ArrayLike<number>, order: number): Float64Array {
  const x = Float64Array.from(b)
  for (let i = 0; i < order; i++) {
    let rest = x[i]!
    for (let k = 0; k < i; k++) rest -= lower[packedSize(i) + k]! * x[k]!
    x[i] = rest / lower[packedSize(i) + i]!
  }
  for (let i = order - 1; i >= 0; i--) {
    let rest = x[i]!
    for (let k = i + 1; k < order; k++) rest -= lower[packedSize(k) + i]! * x[k]!
    x[i] = rest / lower[packedSize(i) + i]!
  }
  return x
}

/** |L x|² for a lower triangle L at `offset` of a longer list. The hot path: allocates nothing. */
export function squaredNorm(lower: Float64Array, offset: number, x: Float64Array, order: number): number {
  let total = 0
  let at = offset
  let i = 0
  // Four rows at once: their sums do not wait for one another.
  for (; i + 3 < order; i += 4) {
    let a = at
    let b = a + i + 1
    let c = b + i + 2
    let d = c + i + 3
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    for (let j = 0; j <= i; j++) {
      const xj = x[j]!
      sumA += lower[a++]! * xj
      sumB += lower[b++]! * xj
      sumC += lower[c++]! * xj
      sumD += lower[d++]! * xj
    }
    const x1 = x[i + 1]!
    const x2 = x[i + 2]!
    sumB += lower[b]! * x1
    sumC += lower[c]! * x1 + lower[c + 1]! * x2
    sumD += lower[d]! * x1 + lower[d + 1]! * x2 + lower[d + 2]! * x[i + 3]!
    total += sumA * sumA + sumB * sumB + sumC * sumC + sumD * sumD
    at = d + 3
  }
  for (; i < order; i++) {
    let sum = 0
    for (let j = 0; j <= i; j++) sum += lower[at++]! * x[j]!
    total += sum * sum
  }
  return total
}

/** A x. */
export function multiply(matrix: ArrayLike<number>, x: ArrayLike<number>, order: number): Float64Array {
  const product = new Float64Array(order)
  for (let i = 0; i < order; i++) {
    for (let j = 0; j < i; j++) {
      product[i]! += matrix[packedSize(i) + j]! * x[j]!
      product[j]! += matrix[packedSize(i) + j]! * x[i]!
    }
    product[i]! += matrix[packedSize(i) + i]! * x[i]!
  }
  return product
}

/** Adds weight · x xᵀ to a matrix. Rows of a 0 are passed over: most of what is one-hot is. */
export function addOuter(matrix: Float64Array | number[], weight: number, x: ArrayLike<number>, order: number): void {
  let at = 0
  for (let i = 0; i < order; i++) {
    const scaled = weight * x[i]!
    if (scaled === 0) at += i + 1
    else for (let j = 0; j <= i; j++) matrix[at++]! += scaled * x[j]!
  }
}
