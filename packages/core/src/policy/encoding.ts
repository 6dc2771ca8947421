import { MAX_COLUMNS } from './limits.ts'

/**
 * How inputs become the numbers that a model sees: stored with the model, so that a decision encodes as training did.
 *
 * A numeric input is standardized by the stored mean and standard deviation and clipped; a boolean is 1 or -1; a categorical
 * one has a column for each stated level. What is missing, of another type or of an unstated level is 0 everywhere: the mean,
 * neither, no level. So nothing that a caller sends can put a number out of bounds.
 */
export interface Encoding {
  readonly inputs: readonly EncodedInput[]
}

export type EncodedInput =
  | { readonly key: string; readonly kind: 'numeric'; readonly mean: number; readonly sd: number }
  | { readonly key: string; readonly kind: 'boolean' }
  | { readonly key: string; readonly kind: 'categorical'; readonly levels: readonly string[] }

/** An input as a definition declares it. */
export type DeclaredInput =
  | { readonly key: string; readonly kind: 'numeric' }
  | { readonly key: string; readonly kind: 'boolean' }
  | { readonly key: string; readonly kind: 'categorical'; readonly levels: readonly string[] }

/** Standard deviations beyond which a numeric input counts no further. */
export const CLIP = 4

/** What SQL tells of a numeric input over the rows to train on, missing values left out. */
export interface InputSums {
  readonly n: number
  readonly sum: number
  readonly sumSquares: number
}

/** The encoding that a first training fixes. A change of it means training anew from the log: sums depend on it. */
export function fitEncoding(declared: readonly DeclaredInput[], sums: Readonly<Record<string, InputSums>>): Encoding {
  return { inputs: declared.map(input => (input.kind === 'numeric' ? fitNumeric(input.key, sums[input.key]) : input)) }
}

function fitNumeric(key: string, sums: InputSums | undefined): EncodedInput {
  const { n, sum, sumSquares } = sums ?? { n: 0, sum: 0, sumSquares: 0 }
  const mean = n > 0 ? sum / n : 0
  const variance = n > 1 ? (sumSquares - n * mean * mean) / (n - 1) : 0
  const known = Number.isFinite(mean) && Number.isFinite(variance)
  // Constant so far, or unknown: one unit is one standard deviation until the next training from scratch.
  const sd = known && variance > 1e-12 * Math.max(1, mean * mean) ? Math.sqrt(variance) : 1
  return { key, kind: 'numeric', mean: known ? mean : 0, sd }
}

/** Numbers in an encoded row, the constant included. */
export function columnsOf(encoding: { readonly inputs: readonly DeclaredInput[] }): number {
  return encoding.inputs.reduce((total, input) => total + widthOf(input), 1)
}

function widthOf(input: DeclaredInput): number {
  return input.kind === 'categorical' ? input.levels.length : 1
}

export interface Encoder {
  readonly columns: number
  readonly keys: readonly string[]
  /** Writes the columns of input `i` for its value. */
  readonly put: (i: number, value: unknown, into: Float64Array) => void
}

/** Makes an encoding ready. `into[0]` is the constant 1, which is the caller's to set once. */
export function compileEncoder(encoding: Encoding): Encoder {
  const columns = columnsOf(encoding)
  if (columns > MAX_COLUMNS) {
    throw new RangeError(`the inputs make ${columns} columns, ${MAX_COLUMNS} are allowed: leave out inputs or levels`)
  }
  let next = 1
  const puts = encoding.inputs.map(input => {
    const at = next
    next += widthOf(input)
    return compileInput(input, at)
  })
  return { columns, keys: encoding.inputs.map(input => input.key), put: (i, value, into) => puts[i]!(value, into) }
}

function compileInput(input: EncodedInput, at: number): (value: unknown, into: Float64Array) => void {
  if (input.kind === 'numeric') {
    const { mean, sd } = input
    return (value, into) => {
      into[at] =
        typeof value === 'number' && !Number.isNaN(value) ? Math.max(-CLIP, Math.min(CLIP, (value - mean) / sd)) : 0
    }
  }
  if (input.kind === 'boolean') {
    return (value, into) => {
      into[at] = value === true ? 1 : value === false ? -1 : 0
    }
  }
  const places = new Map(input.levels.map((level, i) => [level, at + i]))
  const end = at + input.levels.length
  return (value, into) => {
    into.fill(0, at, end)
    const isLevel = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    const place = isLevel ? places.get(String(value)) : undefined
    if (place !== undefined) into[place] = 1
  }
}
