import { policyProblems } from '../policy/problems.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { nearest } from '../problem/suggest.ts'
import { contentProblems } from './contentProblems.ts'
import type { Experience, Requirement, Variant } from './experience.ts'
import { ANY_EVENT, type Metric } from './metric.ts'
import { neighbourProblems } from './neighbourProblems.ts'
import { offerProblems } from './offerProblems.ts'
import { policyConditionProblems } from './policyConditions.ts'
import { priceProblems } from './priceProblems.ts'
import type { Surroundings } from './references.ts'
import { scheduleProblems } from './scheduleProblems.ts'
import type { Touchpoint } from './touchpoint.ts'

/** How far weights may miss 1: what rounding to six digits leaves. */
const TOLERANCE = 1e-6

/** What is wrong with an experience beyond its schema. Without surroundings, what it refers to is taken to be right. */
export function experienceProblems(experience: Experience, surroundings: Surroundings | undefined): Problem[] {
  return [
    ...scheduleProblems(experience.schedule ?? {}, ['schedule']),
    ...layerProblems(experience.layer),
    ...offerProblems(experience, surroundings),
    ...priceProblems(experience),
    ...duplicateVariants(experience.variants),
    ...weightProblems(experience.variants),
    ...experience.variants.flatMap((variant, i) => placeProblems(variant, experience.touchpoints, ['variants', i])),
    ...(experience.fallbacks ?? []).flatMap((content, i) =>
      surplusPlaces(content, experience.touchpoints, ['fallbacks', i]),
    ),
    ...policyOf(experience),
    ...(surroundings === undefined
      ? []
      : [...referenceProblems(experience, surroundings), ...neighbourProblems(experience, surroundings)]),
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

function layerProblems(layer: Experience['layer']): Problem[] {
  if (layer === undefined || layer.from < layer.to) return []
  return [problem(['layer', 'to'], `from ${layer.from} to ${layer.to} is nobody`, 'let it end above where it begins')]
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
  return [...missing, ...surplusPlaces(content, touchpoints, [...path, 'content'])]
}

function surplusPlaces(content: object, touchpoints: readonly string[], path: Path): Problem[] {
  return Object.keys(content)
    .filter(touchpoint => !touchpoints.includes(touchpoint))
    .map(touchpoint =>
      problem(
        [...path, touchpoint],
        `"${touchpoint}" is none of the experience's touchpoints`,
        `add it to touchpoints, or remove it; ${nearest(touchpoint, touchpoints, 'touchpoints')}`,
      ),
    )
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
  for (const [i, requirement] of (experience.requires ?? []).entries()) {
    unknown.push(...requiredProblems(requirement, surroundings, ['requires', i]))
  }
  const misfits = touchpoints.flatMap(key => {
    const touchpoint = surroundings.find('touchpoint', key)
    return touchpoint === undefined ? [] : misfitsAt(experience, key, touchpoint as Touchpoint, surroundings)
  })
  return [...unknown, ...misfits]
}

/** What a policy names must exist, and what it learns from must come to an end. */
function policyReferences({ policy, goal }: Experience, surroundings: Surroundings): Problem[] {
  if (policy === undefined) return []
  const conditions = policyConditionProblems(policy, ['policy'], surroundings)
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
  { type, event, bands, window, direction, per = 'person', absent, delay }: Metric,
  policy: { readonly reward?: string; readonly delay?: unknown },
): readonly [message: string, mend: string] | undefined {
  if (type !== 'conversion' && type !== 'sum') {
    return [`one decision brings no ${type}`, 'learn from a metric of type conversion or sum']
  }
  if (!['conversion', 'sum'].includes(type) || per !== 'person' || absent || delay !== undefined) {
    return [
      'only whether a person did it, or their total, can be credited to a decision',
      'learn from a metric of type conversion or sum, per person, without delay',
    ]
  }
  if (event === ANY_EVENT || bands !== undefined) {
    return ['neither any event nor points can be credited to a decision', 'learn from one event, and its own amount']
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
export function misfitsAt(
  experience: Experience,
  key: string,
  touchpoint: Touchpoint,
  surroundings?: Surroundings,
): Problem[] {
  const contents = [
    ...experience.variants.map(({ content }, i) => ({ content, path: ['variants', i, 'content', key] })),
    ...(experience.fallbacks ?? []).map((content, i) => ({ content, path: ['fallbacks', i, key] })),
  ]
  return contents.flatMap(({ content, path }) =>
    Object.hasOwn(content, key) ? contentProblems(content[key]!, touchpoint, path, surroundings) : [],
  )
}

function requiredProblems(
  { experience: key, variant, state }: Requirement,
  surroundings: Surroundings,
  path: Path,
): Problem[] {
  const required = surroundings.find('experience', key) as Experience | undefined
  if (required === undefined) return [unknownReference([...path, 'experience'], 'experience', key, surroundings)]
  const { policy } = required
  if (state !== 'seen' && policy !== undefined && policy.kind !== 'split') {
    const message = `what the policy of experience "${key}" chooses is not the same for ever`
    return [problem([...path, 'state'], message, 'depend on what was seen of it: state seen')]
  }
  // Empty where it has problems of its own.
  const known = (required.variants ?? []).map(one => one.key)
  if (variant === undefined || known.length === 0 || known.includes(variant)) return []
  return [
    problem(
      [...path, 'variant'],
      `experience "${key}" has no variant "${variant}"`,
      nearest(variant, known, 'variants'),
    ),
  ]
}

function unknownReference(
  path: Path,
  kind: 'touchpoint' | 'metric' | 'experience',
  key: string,
  { keys }: Surroundings,
): Problem {
  const meant = nearest(key, keys(kind), `${kind}s`)
  const mend = `${meant}${meant.endsWith('?') ? ' Or' : '; or'} publish it together with this`
  return problem(path, `there is no ${kind} "${key}"`, mend)
}
