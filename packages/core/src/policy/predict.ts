import type { Reads } from './contextual.ts'
import { compileEncoder } from './encoding.ts'
import { type ContextualModel, isContextualModel, type Model } from './learn/model.ts'

/** Writes the reward that a model expects of each variant for this person, in the order of the variants. */
export type Predict<S> = (subject: S, into: Float64Array) => void

/**
 * A model as predictions, for the doubly robust estimators of a what-if. It should have been trained on other decisions than those
 * judged: on those before them (`trainedUntil`), or on other people. A variant that it does not know is as good as the average
 * of those it knows.
 */
export function compilePredict<S>(model: Model, variants: readonly string[], reads: Reads<S>): Predict<S> {
  if (isContextualModel(model)) return contextual(model, variants, reads)
  const known = new Map(
    model.kind === 'beta'
      ? model.arms.map(arm => [arm.variant, arm.a / (arm.a + arm.b)] as const)
      : model.arms.map(arm => [arm.variant, arm.mean] as const),
  )
  const means = variants.map(variant => known.get(variant))
  return (_subject, into) => fill(into, means)
}

function contextual<S>(model: ContextualModel, variants: readonly string[], reads: Reads<S>): Predict<S> {
  const encoder = compileEncoder(model.encoding)
  const inputs = encoder.keys.map(key => reads[key] ?? (() => undefined))
  const arms = variants.map(variant => model.arms.find(arm => arm.variant === variant)?.mean)
  const row = new Float64Array(encoder.columns)
  row[0] = 1
  const found: (number | undefined)[] = variants.map(() => undefined)
  return (subject, into) => {
    for (const [i, read] of inputs.entries()) encoder.put(i, read(subject), row)
    for (const [i, mean] of arms.entries()) {
      const score = mean?.reduce((sum, x, j) => sum + x * row[j]!, 0)
      found[i] = score === undefined || model.kind === 'linear' ? score : 1 / (1 + Math.exp(-score))
    }
    fill(into, found)
  }
}

function fill(into: Float64Array, values: readonly (number | undefined)[]): void {
  const known = values.filter(value => value !== undefined)
  const average = known.length === 0 ? 0 : known.reduce((sum, x) => sum + x, 0) / known.length
  for (const [i, value] of values.entries()) into[i] = value ?? average
}
