import type { Condition } from '../segment/condition.ts'
import type { InputSpec, PolicySpec } from './spec.ts'

/** Every condition that a policy asks, and of a computed trait among its inputs whether it is there. */
export function conditionsOfPolicy(policy: PolicySpec | undefined): Condition[] {
  if (policy?.kind === 'rules') return policy.rules.map(({ when }) => when)
  if (policy?.kind === 'contextual') return policy.inputs.flatMap(conditionOfInput)
  return []
}

function conditionOfInput({ from }: InputSpec): Condition[] {
  if ('when' in from) return [from.when]
  return 'computed' in from ? [{ computed: from.computed, exists: true }] : []
}

/** The policy with each of its conditions replaced. */
export function mapPolicyConditions(policy: PolicySpec, map: (condition: Condition) => Condition): PolicySpec {
  if (policy.kind === 'rules') {
    return { ...policy, rules: policy.rules.map(rule => ({ ...rule, when: map(rule.when) })) }
  }
  if (policy.kind !== 'contextual') return policy
  const inputs = policy.inputs.map(input =>
    'when' in input.from ? ({ ...input, from: { when: map(input.from.when) } } as InputSpec) : input,
  )
  return { ...policy, inputs }
}
