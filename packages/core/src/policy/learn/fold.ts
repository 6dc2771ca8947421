import { addOuter, packedSize } from '../../numeric/cholesky.ts'
import { compileEncoder, type Encoder } from '../encoding.ts'
import type { Learner } from './learner.ts'
import type { Refusals, TrainingRow } from './row.ts'
import { type ArmSums, inOrder, noArmSums, type Sums } from './sums.ts'
import { type Span, startIntake, type Taken } from './take.ts'

/** Takes rows one by one, in any order, and keeps nothing but sums. */
export interface Fold {
  add(row: TrainingRow): void
  /** Of rows that are final: they go into the model's sums. */
  closed(): Sums
  /** Of those that are not, and of open windows by the delay model: to be added for this training only. */
  open(): Sums
  readonly refused: Refusals
  /** Rows that wait for their window to close. */
  waiting(): number
}

/** Sums of what the span takes in, by variant; an encoding adds the products that a linear model needs. */
export function startFold(learner: Learner, span: Span): Fold {
  const intake = startIntake(learner, span)
  const encoder = learner.encoding && compileEncoder(learner.encoding)
  const columns = encoder?.columns ?? 0
  const closed = learner.variants.map(variant => startDraft(variant, columns))
  const open = learner.variants.map(variant => startDraft(variant, columns))
  const x = new Float64Array(columns)
  x[0] = 1
  return {
    add(row) {
      const taken = intake.take(row)
      if (taken === undefined) return
      const draft = (taken.isFinal ? closed : open)[taken.arm]!
      addTaken(draft, taken)
      if (encoder === undefined) return
      encodeRow(encoder, row, x)
      addOuter(draft.products, taken.weight * taken.maturity, x, columns)
      addScaled(draft.moments, taken.weight * taken.reward, x)
    },
    closed: () => ({ period: intake.period, arms: sumsOf(closed) }),
    open: () => ({ period: intake.period, arms: sumsOf(open) }),
    refused: intake.refused,
    waiting: () => intake.waiting,
  }
}

/** An arm's sums while they are being added to. */
export interface Draft {
  readonly scalars: { -readonly [K in keyof Scalars]: Scalars[K] }
  readonly products: Float64Array
  readonly moments: Float64Array
}

type Scalars = Omit<ArmSums, 'products' | 'moments'>

export function startDraft(variant: string, columns: number): Draft {
  return {
    scalars: noArmSums(variant),
    products: new Float64Array(packedSize(columns)),
    moments: new Float64Array(columns),
  }
}

export function addTaken({ scalars }: Draft, { weight, balance, maturity, reward }: Taken): void {
  scalars.people += maturity
  scalars.weight += weight * maturity
  scalars.reward += weight * reward
  scalars.rewardSquares += weight * reward * reward
  scalars.weightSquares += weight * balance * maturity
  scalars.maturedSquares += weight * balance * maturity * maturity
}

/** The arms as plain JSON, in order of key. */
export function sumsOf(drafts: readonly Draft[]): ArmSums[] {
  return inOrder(
    drafts.map(({ scalars, products, moments }) =>
      moments.length === 0
        ? { ...scalars }
        : { ...scalars, products: Array.from(products), moments: Array.from(moments) },
    ),
  )
}

/** Writes a row's inputs as numbers, in the encoder's columns; one that the row lacks as missing. */
export function encodeRow(encoder: Encoder, { inputs = {} }: TrainingRow, into: Float64Array): void {
  for (let i = 0; i < encoder.keys.length; i++) encoder.put(i, inputs[encoder.keys[i]!], into)
}

function addScaled(list: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) list[i]! += factor * x[i]!
}
