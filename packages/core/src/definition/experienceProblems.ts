import { conditionsOfPolicy } from '../policy/conditions.ts'
import { policyProblems } from '../policy/problems.ts'
import { parseInstant } from '../time/instant.ts'
import { conditionProblems } from './conditionProblems.ts'
import { contentProblems } from './contentProblems.ts'
import type { Experience, Variant } from './experience.ts'
import type { Metric } from './metric.ts'
import { type Path, type Problem, problem } from './problem.ts'
import type { Surroundings } from './references.ts'
import { nearest } from './suggest.ts'
import type { Touchpoint } from './touchpoint.ts'

/** How far weights may miss 1: what rounding to six digits leaves. */
const TOLERANCE = 1e-6

/** What is wrong with an experience beyond its schema. Without surroundings, what it refers to is taken to be right. */
export function experienceProblems(experience: Experience, surroundings: Surroundings | undefined): Problem[] {
  return [
    ...scheduleProblems(experience.schedule ?? {}),
    ...duplicateVariants(experience.variants),
    ...weightProblems(experience.variants),
    ...experience.variants.flatMap((variant, i) => placeProblems(variant, experience.touchpoints, ['variants', i])),
    ...policyOf(experience),
    ...(surroundings === undefined ? [] : referenceProblems(experience, surroundings)),
  ]
}

function policyOf({ policy, variants, goal }: Experience): Problem[] {
  if (policy === undefined) return []
  const problems = policyProblems(
    policy,
    variants.map(({ key }) => key),
  )
  if ((policy.kind === 'bandit' || policy.kind === 'contextual') && goal === undefined) {
    problems.push(problem(['goal'], 'its policy learns and has no goal to learn from', 'name a metric with a window'))
  }
  return problems
}

function scheduleProblems({ start, end }: NonNullable<Experience['schedule']>): Problem[] {
  const problems = Object.entries({ start, end }).flatMap(([name, text]) =>
    text !== undefined && parseInstant(text) === undefined
      ? [problem(['schedule', name], `${text} is a day or hour that does not exist`, 'correct the date')]
      : [],
  )
  if (problems.length > 0 || start === undefined || end === undefined) return problems
  if (parseInstant(start)! < parseInstant(end)!) return []
  return [problem(['schedule', 'end'], `it ends at ${end}, not after its start at ${start}`, 'let it end later')]
}

function duplicateVariants(variants: readonly Variant[]): Problem[] {
  return variants.flatMap(({ key }, i) => {
    const first = variants.findIndex(variant => variant.key === key)
    return first === i
      ? []
      : [
          problem(
            ['variants', i, 'key'],
            `variants[${first}] is called "${key}" already`,
            'give each variant its own key',
          ),
        ]
  })
}

function weightProblems(variants: readonly Variant[]): Problem[] {
  const weights = variants.flatMap(({ weight }) => (weight === undefined ? [] : [weight]))
  if (weights.length === 0) return []
  if (weights.length < variants.length) {
    const missing = variants.findIndex(({ weight }) => weight === undefined)
    const mend = 'give every variant a weight, or none for equal shares'
    return [problem(['variants', missing, 'weight'], 'it is missing while other variants have one', mend)]
  }
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (Math.abs(sum - 1) <= TOLERANCE) return []
  const rounded = Number(sum.toPrecision(6))
  return [
    problem(
      ['variants'],
      `the weights sum to ${rounded} and must sum to 1`,
      'change them, or leave all out for equal shares',
    ),
  ]
}

/** Content for each of the touchpoints, and for no other. */
function placeProblems({ content }: Variant, touchpoints: readonly string[], path: Path): Problem[] {
  const missing = touchpoints
    .filter(touchpoint => !Object.hasOwn(content, touchpoint))
    .map(touchpoint =>
      problem(
        [...path, 'content', touchpoint],
        `it has no content for touchpoint "${touchpoint}"`,
        'add it; null leaves the place as it is',
      ),
    )
  const surplus = Object.keys(content)
    .filter(touchpoint => !touchpoints.includes(touchpoint))
    .map(touchpoint =>
      problem(
        [...path, 'content', touchpoint],
        `"${touchpoint}" is none of the experience's touchpoints`,
        `add it to touchpoints, or remove it; ${nearest(touchpoint, touchpoints, 'touchpoints')}`,
      ),
    )
  return [...missing, ...surplus]
}

function referenceProblems(experience: Experience, surroundings: Surroundings): Problem[] {
  const { touchpoints, goal } = experience
  const unknown = touchpoints.flatMap((key, i) =>
    surroundings.find('touchpoint', key) === undefined
      ? [unknownReference(['touchpoints', i], 'touchpoint', key, surroundings)]
      : [],
  )
  if (goal !== undefined && surroundings.find('metric', goal) === undefined) {
    unknown.push(unknownReference(['goal'], 'metric', goal, surroundings))
  }
  unknown.push(...policyReferences(experience, surroundings))
  const misfits = touchpoints.flatMap(key => {
    const touchpoint = surroundings.find('touchpoint', key)
    return touchpoint === undefined ? [] : misfitsAt(experience, key, touchpoint as Touchpoint)
  })
  return [...unknown, ...misfits]
}

/** What a policy names must exist, and what it learns from must come to an end. */
function policyReferences({ policy, goal }: Experience, surroundings: Surroundings): Problem[] {
  if (policy === undefined) return []
  const conditions = conditionsOfPolicy(policy).flatMap(condition =>
    conditionProblems(condition, ['policy'], 'audience', surroundings),
  )
  if (policy.kind === 'rollout') {
    const unknown = policy.guardrails.flatMap((key, i) =>
      surroundings.find('metric', key) === undefined
        ? [unknownReference(['policy', 'guardrails', i], 'metric', key, surroundings)]
        : [],
    )
    return [...conditions, ...unknown]
  }
  if ((policy.kind !== 'bandit' && policy.kind !== 'contextual') || goal === undefined) return conditions
  const metric = surroundings.find('metric', goal) as Metric | undefined
  const unfit = metric?.event === undefined ? undefined : unfitToLearn(metric, policy)
  return unfit === undefined ? conditions : [...conditions, problem(['goal'], ...unfit)]
}

/** Why nothing can be learned from a metric, and the mend; undefined where it can. */
export function unfitToLearn(
  { type, window, direction }: Metric,
  policy: { readonly reward?: string; readonly delay?: unknown },
): readonly [message: string, mend: string] | undefined {
  if (type === 'mean') {
    return [
      'an average over events is nothing that one decision brings',
      'learn from a metric of type conversion or sum',
    ]
  }
  if (window === undefined) {
    return [
      'without a window its results are never final, so nothing can be learned from it',
      'give it one, such as 7d',
    ]
  }
  if (policy.reward === 'value' && type === 'conversion') {
    return ['a conversion has no value', 'let the policy learn from reward conversion, or name a metric of type sum']
  }
  if (direction === 'down' && policy.reward !== 'value' && policy.delay !== undefined) {
    return [
      'that something did not happen is only known when its window has closed',
      'leave out delay, or name a metric of which more is better',
    ]
  }
  return undefined
}

/** Content of an experience that does not fit a touchpoint's schema. */
export function misfitsAt(experience: Experience, touchpoint: string, { schema }: Touchpoint): Problem[] {
  return experience.variants.flatMap(({ content }, i) =>
    Object.hasOwn(content, touchpoint)
      ? contentProblems(content[touchpoint]!, schema, ['variants', i, 'content', touchpoint])
      : [],
  )
}

function unknownReference(path: Path, kind: 'touchpoint' | 'metric', key: string, { keys }: Surroundings): Problem {
  const mend = `${nearest(key, keys(kind), `${kind}s`)}; or publish it together with this`
  return problem(path, `there is no ${kind} "${key}"`, mend)
}
