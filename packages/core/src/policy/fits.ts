import { learnerOf } from './compile.ts'
import type { DeclaredInput } from './encoding.ts'
import { isContextualModel, type Model } from './learn/model.ts'
import type { InputSpec, LearningSpec } from './spec.ts'

/** Whether a model is one of what this definition learns: after a change of it, older versions may be of something else. */
export function modelFits(spec: LearningSpec, model: Model): boolean {
  if (learnerOf(spec, { variants: [] }).kind !== model.kind) return false
  if (!isContextualModel(model)) return true
  const declared = spec.kind === 'contextual' ? declaredInputs(spec.inputs) : []
  const { inputs } = model.encoding
  return inputs.length === declared.length && declared.every((input, i) => sameInput(input, inputs[i]!))
}

/** Inputs as an encoding knows them: without where they are read from. */
export function declaredInputs(inputs: readonly InputSpec[]): DeclaredInput[] {
  return inputs.map(({ from: _, ...input }) => input)
}

function sameInput(a: DeclaredInput, b: DeclaredInput): boolean {
  if (a.key !== b.key || a.kind !== b.kind) return false
  if (a.kind !== 'categorical' || b.kind !== 'categorical') return true
  return a.levels.length === b.levels.length && a.levels.every((level, i) => level === b.levels[i])
}
