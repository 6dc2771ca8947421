import { cholesky, packedSize } from '../../numeric/cholesky.ts'
import { columnsOf, type EncodedInput, type Encoding } from '../encoding.ts'
import { MAX_ARMS, MAX_COLUMNS, MAX_CONTEXTUAL_ARMS, MAX_INPUTS, MAX_LEVELS } from '../limits.ts'
import type { LearnerKind } from './learner.ts'
import type { Model } from './model.ts'

/** A model as text: the same model has the same text, and reading it gives the same model. */
export function writeModel(model: Model): string {
  return JSON.stringify(model)
}

/** Reads what `writeModel` wrote, from whoever kept it. Throws `RangeError` that says what is wrong with it. */
export function readModel(text: string): Model {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return wrong('it is no JSON')
  }
  const model = record(value, 'it')
  if (model.format !== 1) wrong(`its format is ${JSON.stringify(model.format)}, this version reads format 1`)
  const arms = ARMS[model.kind as LearnerKind] ?? wrong(`there is no kind ${JSON.stringify(model.kind)}`)
  whole(model.version, 'version')
  finite(model.trainedUntil, 'trainedUntil')
  if (!['string', 'undefined'].includes(typeof model.of)) wrong('of is no text')
  const contextual = model.kind === 'linear' || model.kind === 'logistic'
  const columns = contextual ? readEncoding(model.encoding) : 0
  const most = contextual ? MAX_CONTEXTUAL_ARMS : MAX_ARMS
  readSums(record(model.sums, 'sums'), model.kind === 'linear' ? columns : 0, most)
  for (const arm of list(model.arms, 'arms', most)) arms(record(arm, 'an arm'), columns)
  if (model.kind === 'logistic') {
    finite(model.base, 'base')
    for (const arm of list(model.closed, 'closed', most)) arms(record(arm, 'an arm'), columns)
  }
  return value as Model
}

type Fields = Readonly<Record<string, unknown>>

const ARMS: Readonly<Record<LearnerKind, (arm: Fields, columns: number) => void>> = {
  beta: arm => {
    learned(arm)
    for (const name of ['a', 'b']) if (finite(arm[name], name) < 0.5) wrong(`${name} is below 1/2`)
  },
  gaussian: arm => {
    learned(arm)
    finite(arm.mean, 'mean')
    notNegative(arm.sd, 'sd')
  },
  linear: coefficients,
  logistic: coefficients,
}

function coefficients(arm: Fields, columns: number): void {
  learned(arm)
  numbers(arm.mean, 'mean', columns)
  const precision = numbers(arm.precision, 'precision', packedSize(columns))
  // Throws where it is no inverse of a covariance.
  cholesky(precision, columns)
}

function learned(arm: Fields): void {
  text(arm.variant, 'variant')
  notNegative(arm.people, 'people')
}

function readSums(sums: Fields, columns: number, most: number): void {
  whole(sums.period, 'period')
  for (const value of list(sums.arms, 'sums.arms', most)) {
    const arm = record(value, 'an arm of sums')
    learned(arm)
    for (const name of ['weight', 'rewardSquares', 'weightSquares', 'maturedSquares']) {
      notNegative(arm[name], name)
    }
    finite(arm.reward, 'reward')
    if (columns === 0) continue
    numbers(arm.products, 'products', packedSize(columns))
    numbers(arm.moments, 'moments', columns)
  }
}

/** Number of columns. */
function readEncoding(value: unknown): number {
  const encoding = record(value, 'encoding')
  for (const item of list(encoding.inputs, 'inputs', MAX_INPUTS)) {
    const input = record(item, 'an input')
    text(input.key, 'key')
    if (input.kind === 'numeric') {
      finite(input.mean, 'mean')
      if (finite(input.sd, 'sd') <= 0) wrong('sd is not above 0')
    } else if (input.kind === 'categorical') {
      for (const level of list(input.levels, 'levels', MAX_LEVELS)) text(level, 'a level')
    } else if (input.kind !== 'boolean') wrong(`there is no kind of input ${JSON.stringify(input.kind)}`)
  }
  const columns = columnsOf(encoding as unknown as Encoding & { inputs: EncodedInput[] })
  return columns <= MAX_COLUMNS ? columns : wrong(`its inputs make ${columns} columns, at most ${MAX_COLUMNS}`)
}

function record(value: unknown, what: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : wrong(`${what} is no object`)
}

function list(value: unknown, what: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) return wrong(`${what} is no list`)
  return value.length <= most ? value : wrong(`${what} has ${value.length} entries, at most ${most} are allowed`)
}

function numbers(value: unknown, what: string, length: number): number[] {
  const found = list(value, what, length)
  if (found.length !== length) wrong(`${what} has ${found.length} numbers instead of ${length}`)
  return found.map(x => finite(x, what))
}

function finite(value: unknown, what: string): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : wrong(`${what} is no number`)
}

function notNegative(value: unknown, what: string): number {
  return finite(value, what) >= 0 ? (value as number) : wrong(`${what} is negative`)
}

function whole(value: unknown, what: string): number {
  return Number.isSafeInteger(value) ? (value as number) : wrong(`${what} is no whole number`)
}

function text(value: unknown, what: string): string {
  return typeof value === 'string' ? value : wrong(`${what} is no text`)
}

function wrong(what: string): never {
  throw new RangeError(`the model cannot be read: ${what}; train it anew from the log`)
}
