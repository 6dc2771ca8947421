import type { InputSpec, PolicySpec } from '../policy/spec.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import type { Aggregate } from '../segment/aggregate.ts'
import { isListOf, isNumberOf } from './comparedKinds.ts'
import { conditionProblems } from './conditionProblems.ts'
import type { Surroundings } from './references.ts'

/** What is wrong with the conditions and inputs of a policy, once what they name is known. */
export function policyConditionProblems(policy: PolicySpec, path: Path, surroundings: Surroundings): Problem[] {
  if (policy.kind === 'rules') {
    return policy.rules.flatMap(({ when }, i) =>
      conditionProblems(when, [...path, 'rules', i, 'when'], 'audience', surroundings),
    )
  }
  if (policy.kind !== 'contextual') return []
  return policy.inputs.flatMap((input, i) => inputProblems(input, [...path, 'inputs', i], surroundings))
}

function inputProblems({ kind, from }: InputSpec, path: Path, surroundings: Surroundings): Problem[] {
  const at = [...path, 'from']
  if ('when' in from) return conditionProblems(from.when, [...at, 'when'], 'audience', surroundings)
  if (!('computed' in from)) return []
  const unknown = conditionProblems({ computed: from.computed, exists: true }, at, 'audience', surroundings)
  // One that has problems of its own is there without a value.
  const made = surroundings.find('computedTrait', from.computed)?.value as Aggregate | undefined
  if (made === undefined) return unknown
  const [place, mend] = [[...at, 'computed'], 'or ask by {"when": {"computed": …}} whether a condition on it holds']
  if (isListOf(made)) {
    const message = `"${from.computed}" is a list, of which no input can be made`
    return [problem(place, message, `make a computed trait of distinct or mostFrequent, ${mend}`)]
  }
  if (kind !== 'boolean' || !isNumberOf(made)) return []
  return [problem(place, `"${from.computed}" is a number, and never true or false`, `make its kind numeric, ${mend}`)]
}
