import type { Encoding } from '../encoding.ts'
import type { DelayModel } from './delay.ts'

/** What a policy learns, and how. Made from its definition. */
export interface Learner {
  /** beta: rewards of 0 to 1 a row. gaussian: any reward. linear and logistic: the same two, by the person's inputs. */
  readonly kind: LearnerKind
  /** Keys of the variants. */
  readonly variants: readonly string[]
  /** Length of a draw period, milliseconds. */
  readonly period: number
  /** Draw periods after which a row weighs half: where the world drifts. Without it nothing fades. */
  readonly halfLife?: number
  /**
   * Weigh each row by 1 / (variants × propensity), at most so much. Where reward rises and falls with the season while the
   * weights change, an arm that was shown most in the good season looks good; balanced, each arm is as if it had always had
   * its equal share (Dimakopoulou et al 2019, "Balanced linear contextual bandits"). Costs precision; the bound keeps a row of
   * small propensity from being everything.
   */
  readonly balance?: number
  /** Lets rows of open windows in; without it they wait. */
  readonly delay?: DelayModel
  /** The least reward that counts as success, for all variants or by key: turns rewards into 0 and 1. */
  readonly success?: number | Readonly<Record<string, number>>
  /** Beta's prior, (1, 1) unless given. */
  readonly prior?: { readonly a: number; readonly b: number }
  /** Contextual: how strongly coefficients are held near 0, in rows at one standard deviation. 1 unless given. */
  readonly ridge?: number
  /** Contextual: how inputs become numbers. */
  readonly encoding?: Encoding
}

export type LearnerKind = 'beta' | 'gaussian' | 'linear' | 'logistic'

export const DEFAULT_RIDGE = 1

export function isContextual(kind: LearnerKind): kind is 'linear' | 'logistic' {
  return kind === 'linear' || kind === 'logistic'
}

/** Kinds whose rewards lie between 0 and 1. */
export function isShare(kind: LearnerKind): kind is 'beta' | 'logistic' {
  return kind === 'beta' || kind === 'logistic'
}
