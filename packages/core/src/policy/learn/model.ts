import type { Encoding } from '../encoding.ts'
import type { Sums } from './sums.ts'

/** What every version of a model has. Plain JSON; numbers only finite; lists bounded by `limits.ts` (R11). */
interface Trained {
  /** Version of this layout. */
  readonly format: 1
  /** 1, 2, 3… by experience. A decision names the version it used. */
  readonly version: number
  /** Epoch milliseconds: every row that was final by then is in `sums`. */
  readonly trainedUntil: number
  /** What was learned and how, as text: what was learned of something else is nothing to go on from. */
  readonly of?: string
  /** Of final rows only; what the next training goes on from. */
  readonly sums: Sums
}

interface LearnedArm {
  readonly variant: string
  /** People learned from, once a draw period, open windows counting in part. Says whether there is enough data. */
  readonly people: number
}

/** Conversion by arm: a Beta posterior. */
export interface BetaModel extends Trained {
  readonly kind: 'beta'
  readonly arms: readonly (LearnedArm & { readonly a: number; readonly b: number })[]
}

/** Value by arm: a normal posterior of its mean. */
export interface GaussianModel extends Trained {
  readonly kind: 'gaussian'
  readonly arms: readonly (LearnedArm & { readonly mean: number; readonly sd: number })[]
}

/** Normal posterior of an arm's coefficients. */
export interface CoefficientArm extends LearnedArm {
  readonly mean: readonly number[]
  /** Inverse of the covariance, lower triangle row by row. */
  readonly precision: readonly number[]
}

/** Value by arm and inputs: coefficients of a linear regression. */
export interface LinearModel extends Trained {
  readonly kind: 'linear'
  readonly encoding: Encoding
  readonly arms: readonly CoefficientArm[]
}

/** Conversion by arm and inputs: coefficients of a logistic regression, by Laplace's approximation. */
export interface LogisticModel extends Trained {
  readonly kind: 'logistic'
  readonly encoding: Encoding
  /** Log-odds of the reward when the first training began: what the constant is held near. */
  readonly base: number
  /** The posterior of final rows only; a logistic regression has no sums that add up, so this is what training goes on from. */
  readonly closed: readonly CoefficientArm[]
  readonly arms: readonly CoefficientArm[]
}

export type Model = BetaModel | GaussianModel | LinearModel | LogisticModel
export type ContextualModel = LinearModel | LogisticModel

export function isContextualModel(model: Model): model is ContextualModel {
  return model.kind === 'linear' || model.kind === 'logistic'
}
