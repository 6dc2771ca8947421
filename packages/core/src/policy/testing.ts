import { packedSize } from '../numeric/cholesky.ts'
import { compilePolicy, type PolicyParts } from './compile.ts'
import { columnsOf, type Encoding } from './encoding.ts'
import type { BetaModel, ContextualModel, GaussianModel, Model } from './learn/model.ts'
import type { Ask, Policy } from './policy.ts'

/** Models and policies for tests, made by hand. */

export const DAY = 86_400_000

const head = { format: 1, trainedUntil: 0, sums: { period: 0, arms: [] } } as const

export function betaModel(
  version: number,
  arms: Readonly<Record<string, readonly [won: number, lost: number]>>,
): BetaModel {
  return {
    ...head,
    kind: 'beta',
    version,
    arms: Object.entries(arms).map(([variant, [won, lost]]) => ({
      variant,
      people: won + lost,
      a: 1 + won,
      b: 1 + lost,
    })),
  }
}

export function gaussianModel(
  version: number,
  arms: Readonly<Record<string, readonly [mean: number, sd: number]>>,
): GaussianModel {
  return {
    ...head,
    kind: 'gaussian',
    version,
    arms: Object.entries(arms).map(([variant, [mean, sd]]) => ({ variant, people: 1000, mean, sd })),
  }
}

/** Coefficients with equal standard deviations and no covariance. */
export function linearModel(
  version: number,
  encoding: Encoding,
  arms: Readonly<Record<string, { readonly mean: readonly number[]; readonly sd: number; readonly people?: number }>>,
): ContextualModel {
  const columns = columnsOf(encoding)
  return {
    ...head,
    kind: 'linear',
    version,
    encoding,
    arms: Object.entries(arms).map(([variant, { mean, sd, people = 1000 }]) => {
      const precision = new Array<number>(packedSize(columns)).fill(0)
      for (let i = 0; i < columns; i++) precision[packedSize(i) + i] = sd ** -2
      return { variant, people, mean, precision }
    }),
  }
}

/** A policy over variants of equal weight, the given models in force from the beginning or from stated moments. */
export function policyOf<S>(
  spec: PolicyParts<S>['spec'],
  keys: readonly string[],
  models: readonly (Model | { readonly from: number; readonly model: Model })[] = [],
  more: Partial<PolicyParts<S>> = {},
): Policy<S> {
  return compilePolicy({
    spec,
    seed: 'test',
    variants: keys.map(key => ({ key, weight: 1 / keys.length })),
    models: models.map(entry => ('model' in entry ? entry : { from: 0, model: entry })),
    ...more,
  })
}

/** How often each variant is chosen by so many people, and none of them last. */
export function frequencies<S>(
  policy: Policy<S>,
  ask: Omit<Ask<S>, 'bucketKey'>,
  arms: number,
  people: number,
): number[] {
  const counts = new Array<number>(arms + 1).fill(0)
  for (let i = 0; i < people; i++) {
    const { arm } = policy.choose({ ...ask, bucketKey: `person-${i}` })
    counts[arm === -1 ? arms : arm]!++
  }
  return counts.map(count => count / people)
}
