import { type Path, type Problem, problem } from '../problem/problem.ts'
import { durationMs } from '../time/duration.ts'
import { columnsOf } from './encoding.ts'
import { MAX_COLUMNS, MAX_CONTEXTUAL_ARMS } from './limits.ts'
import type { InputSpec, LearningSpec, PolicySpec } from './spec.ts'

/** What is wrong with a policy beyond its schema, for an experience with these variants. Conditions are looked at elsewhere. */
export function policyProblems(policy: PolicySpec, variants: readonly string[], path: Path = ['policy']): Problem[] {
  switch (policy.kind) {
    case 'split':
    case 'sticky-split':
      return []
    case 'rules':
      return [
        ...policy.rules.flatMap(({ variant }, i) => unknown([...path, 'rules', i, 'variant'], variant, variants)),
        ...unknown([...path, 'otherwise'], policy.otherwise, variants),
        ...floorProblems(policy.floor, variants, path),
      ]
    case 'rollout':
      return [
        ...unknown([...path, 'variant'], policy.variant, variants),
        ...unknown([...path, 'otherwise'], policy.otherwise, variants),
        ...(policy.otherwise === policy.variant
          ? [problem([...path, 'otherwise'], 'it is the variant that is rolled out', 'name another, or leave it out')]
          : []),
      ]
    case 'bandit':
      return learningProblems(policy, variants, path)
    case 'contextual':
      return [...learningProblems(policy, variants, path), ...inputProblems(policy.inputs, variants, path)]
  }
}

function unknown(path: Path, variant: string | undefined, variants: readonly string[]): Problem[] {
  if (variant === undefined || variants.includes(variant)) return []
  return [problem(path, `there is no variant "${variant}"`, `name one of ${variants.join(', ')}`)]
}

function floorProblems(floor: number | undefined, variants: readonly string[], path: Path): Problem[] {
  if (floor === undefined || floor * variants.length <= 1) return []
  const most = Math.floor(10_000 / variants.length) / 10_000
  return [
    problem(
      [...path, 'floor'],
      `${variants.length} variants of at least ${floor} are more than everybody`,
      `at most ${most} each`,
    ),
  ]
}

function learningProblems(
  { floor, period, halfLife }: LearningSpec,
  variants: readonly string[],
  path: Path,
): Problem[] {
  const problems = floorProblems(floor, variants, path)
  if (variants.length < 2) problems.push(problem(path, 'one variant leaves nothing to learn', 'add another variant'))
  if (halfLife !== undefined && durationMs(halfLife) < durationMs(period ?? '1d')) {
    problems.push(
      problem([...path, 'halfLife'], 'results fade by whole draw periods', 'make it at least as long as period'),
    )
  }
  return problems
}

function inputProblems(inputs: readonly InputSpec[], variants: readonly string[], path: Path): Problem[] {
  const problems: Problem[] = []
  for (const [i, input] of inputs.entries()) {
    const first = inputs.findIndex(other => other.key === input.key)
    if (first !== i) {
      const message = `inputs[${first}] is called "${input.key}" already`
      problems.push(problem([...path, 'inputs', i, 'key'], message, 'give each input its own key'))
    }
    if ('when' in input.from && input.kind !== 'boolean') {
      problems.push(problem([...path, 'inputs', i, 'from'], 'a condition is true or false', 'make its kind boolean'))
    }
  }
  const columns = columnsOf({ inputs })
  if (columns > MAX_COLUMNS) {
    const message = `the inputs make ${columns} columns, of which ${MAX_COLUMNS} are allowed`
    problems.push(problem([...path, 'inputs'], message, 'leave out inputs or levels'))
  }
  if (variants.length > MAX_CONTEXTUAL_ARMS) {
    const message = `it has ${variants.length} variants, of which a contextual bandit takes ${MAX_CONTEXTUAL_ARMS}`
    problems.push(problem([...path, 'kind'], message, 'use fewer variants, or kind bandit'))
  }
  return problems
}
