import { compileEncoder, type Encoder } from '../encoding.ts'
import { addOuter, packedSize } from '../numeric/cholesky.ts'
import { periodOf } from '../period.ts'
import { delayShare } from './delay.ts'
import { isShare, type Learner } from './learner.ts'
import { noRefusals, type Refusals, refusalOf, type TrainingRow } from './row.ts'
import { type ArmSums, decayOf, inOrder, noArmSums, type Sums } from './sums.ts'

/** Which rows a training takes in: those whose windows closed after `after` and by `until`, epoch milliseconds. */
export interface Span {
  /** Up to when earlier trainings have taken rows in; -Infinity for the first. */
  readonly after: number
  /** The moment of training. */
  readonly until: number
}

/** Takes rows one by one, in any order, and keeps nothing but sums. */
export interface Fold {
  add(row: TrainingRow): void
  /** Of rows whose window has closed: they are final, and go into the model's sums. */
  closed(): Sums
  /** Of rows whose window is open, by the delay model: to be added for this training only. */
  open(): Sums
  readonly refused: Refusals
  /** Rows that wait for their window to close. */
  waiting(): number
}

/** Coefficients of a logistic regression at which its slope and curvature are summed, by variant. */
export type Coefficients = ReadonlyMap<string, Float64Array>

/**
 * Starts sums over rows. With `at` they are those of a logistic regression at these coefficients: `moments` its slope
 * Σ g b (r - F p) x, `products` its curvature Σ g b F p (1 - p) x xᵀ.
 */
export function startFold(learner: Learner, span: Span, at?: Coefficients): Fold {
  const encoder = learner.encoding && compileEncoder(learner.encoding)
  const columns = encoder?.columns ?? 0
  const closed = drafts(learner.variants, columns)
  const open = drafts(learner.variants, columns)
  const row = new Float64Array(columns)
  row[0] = 1
  const period = periodOf(span.until, learner.period)
  const refused = noRefusals()
  let waiting = 0

  function add(given: TrainingRow): void {
    const refusal = refusalOf(given, span.until)
    if (refusal !== undefined) {
      refused[refusal]++
      return
    }
    if (given.closesAt <= span.after) return
    const isClosed = given.closesAt <= span.until
    if (!isClosed && learner.delay === undefined) {
      waiting++
      return
    }
    const arm = (isClosed ? closed : open).get(given.variant)
    if (arm === undefined) {
      refused.variant++
      return
    }
    const reward = rewardOf(given, learner)
    if (reward === undefined) {
      refused.reward++
      return
    }
    const window = given.closesAt - given.decidedAt
    const maturity = isClosed ? 1 : delayShare(learner.delay!, span.until - given.decidedAt, window)
    const decay = decayOf(period - periodOf(given.decidedAt, learner.period), learner.halfLife)
    const weight = decay * balanceOf(given.propensity, learner)
    addScalars(arm, weight, maturity, reward)
    if (encoder === undefined) return
    encode(encoder, given, row)
    const slope = at?.get(given.variant)
    if (slope === undefined) {
      addOuter(arm.products, weight * maturity, row, columns)
      addScaled(arm.moments, weight * reward, row)
    } else {
      const p = 1 / (1 + Math.exp(-dot(slope, row)))
      addOuter(arm.products, weight * maturity * p * (1 - p), row, columns)
      addScaled(arm.moments, weight * (reward - maturity * p), row)
    }
  }

  return {
    add,
    closed: () => ({ period, arms: sumsOf(closed) }),
    open: () => ({ period, arms: sumsOf(open) }),
    refused,
    waiting: () => waiting,
  }
}

/** An arm's sums while they are being added to. */
interface Draft {
  readonly scalars: { -readonly [K in keyof Scalars]: Scalars[K] }
  readonly products: Float64Array
  readonly moments: Float64Array
}

type Scalars = Omit<ArmSums, 'products' | 'moments'>

function drafts(variants: readonly string[], columns: number): Map<string, Draft> {
  const draft = (variant: string): Draft => ({
    scalars: noArmSums(variant),
    products: new Float64Array(packedSize(columns)),
    moments: new Float64Array(columns),
  })
  return new Map(variants.map(variant => [variant, draft(variant)]))
}

function sumsOf(arms: ReadonlyMap<string, Draft>): ArmSums[] {
  return inOrder(
    [...arms.values()].map(({ scalars, products, moments }) =>
      moments.length === 0
        ? { ...scalars }
        : { ...scalars, products: Array.from(products), moments: Array.from(moments) },
    ),
  )
}

function addScalars({ scalars }: Draft, weight: number, maturity: number, reward: number): void {
  scalars.people += maturity
  scalars.weight += weight * maturity
  scalars.reward += weight * reward
  scalars.rewardSquares += weight * reward * reward
  scalars.weightSquares += weight * weight * maturity
  scalars.maturedSquares += (weight * maturity) ** 2
}

function balanceOf(propensity: number, { balance, variants }: Learner): number {
  return balance === undefined ? 1 : Math.min(balance, 1 / (variants.length * propensity))
}

/** Undefined where the kind cannot learn from it. */
function rewardOf({ variant, reward }: TrainingRow, { kind, success }: Learner): number | undefined {
  if (success !== undefined) {
    const least = typeof success === 'number' ? success : success[variant]
    return least !== undefined && reward >= least ? 1 : 0
  }
  return isShare(kind) && !(reward >= 0 && reward <= 1) ? undefined : reward
}

function encode(encoder: Encoder, { inputs = {} }: TrainingRow, into: Float64Array): void {
  for (const [i, key] of encoder.keys.entries()) encoder.put(i, inputs[key], into)
}

function addScaled(list: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) list[i]! += factor * x[i]!
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
