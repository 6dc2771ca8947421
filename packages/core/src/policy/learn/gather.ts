import type { Taken } from './take.ts'

/** Rows of a regression side by side in memory, so that going through them again and again costs little. */
export interface Gathered {
  readonly count: number
  add(taken: Taken, x: Float64Array): void
  /** Goes through the rows of one arm. `x` is good until the next one. */
  each(arm: number, visit: (weight: number, maturity: number, reward: number, x: Float64Array) => void): void
  clear(): void
}

/** Inputs are kept in single precision: they are standardized and clipped, and 7 digits are more than was measured. */
export function startGather(columns: number, first = 1024): Gathered {
  let room = first
  let arms = new Int32Array(room)
  let numbers = new Float64Array(3 * room)
  let inputs = new Float32Array(columns * room)
  const row = new Float64Array(columns)
  let count = 0

  function grow(): void {
    room *= 2
    const [oldArms, oldNumbers, oldInputs] = [arms, numbers, inputs]
    arms = new Int32Array(room)
    numbers = new Float64Array(3 * room)
    inputs = new Float32Array(columns * room)
    arms.set(oldArms)
    numbers.set(oldNumbers)
    inputs.set(oldInputs)
  }

  return {
    get count() {
      return count
    },
    add({ arm, weight, maturity, reward }, x) {
      if (count === room) grow()
      arms[count] = arm
      numbers[3 * count] = weight
      numbers[3 * count + 1] = maturity
      numbers[3 * count + 2] = reward
      inputs.set(x, columns * count)
      count++
    },
    each(arm, visit) {
      for (let i = 0; i < count; i++) {
        if (arms[i] !== arm) continue
        for (let j = 0; j < columns; j++) row[j] = inputs[columns * i + j]!
        visit(numbers[3 * i]!, numbers[3 * i + 1]!, numbers[3 * i + 2]!, row)
      }
    },
    clear() {
      count = 0
    },
  }
}
