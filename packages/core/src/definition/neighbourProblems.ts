import { type Problem, problem } from '../problem/problem.ts'
import type { Experience } from './experience.ts'
import { protectedProblems, setsPrices } from './protectedProblems.ts'
import type { Surroundings } from './references.ts'
import { PROTECTED_TRAITS, type Settings } from './settings.ts'

/** What is wrong with an experience among the others that are live: layers that overlap, dependencies in a circle, nothing to hold a moment against, prices by protected traits. */
export function neighbourProblems(experience: Experience, surroundings: Surroundings): Problem[] {
  return [
    ...overlapProblems(experience, surroundings),
    ...circleProblems(experience, surroundings),
    ...atOnceProblems(experience, surroundings),
    ...protectedProblems(experience, protectedTraitsOf(surroundings), surroundings),
  ]
}

/** Ended experiences have left their layer. */
function overlapProblems(experience: Experience, { keys, find }: Surroundings): Problem[] {
  const { layer, status } = experience
  if (layer === undefined || status === 'ended') return []
  return [...keys('experience')].flatMap(key => {
    const other = find('experience', key) as Experience
    // The experience itself is among them: a body that is live is one object.
    if ((other as unknown) === experience || other.layer?.key !== layer.key || other.status === 'ended') return []
    if (other.layer.from >= layer.to || layer.from >= other.layer.to) return []
    const message = `experience "${key}" has ${other.layer.from} to ${other.layer.to} of layer "${layer.key}"`
    return [problem(['layer'], message, 'share the layer out: from one’s end to the next one’s')]
  })
}

/** Who is waited for and who is shown it at once must be drawn by one layer, and each part needs a control group. */
function atOnceProblems(experience: Experience, { find }: Surroundings): Problem[] {
  const key = experience.plan?.atOnce
  if (key === undefined) return []
  const path = ['plan', 'atOnce']
  const other = find('experience', key) as Experience | undefined
  if (other === undefined)
    return [problem(path, `there is no experience "${key}"`, 'name one that shows the same at once')]
  if ((other as unknown) === experience)
    return [problem(path, 'it names itself', 'name one that shows the same at once')]
  const { layer, touchpoints } = experience
  if (layer === undefined || other.layer?.key !== layer.key) {
    return [problem(path, `experience "${key}" is not of the same layer`, 'give both a part of one layer')]
  }
  if (!other.touchpoints.some(touchpoint => touchpoints.includes(touchpoint))) {
    return [problem(path, `experience "${key}" has none of its touchpoints`, 'name one at the same touchpoint')]
  }
  return [experience, other].some(({ control }) => control === 0)
    ? [problem(path, `it or experience "${key}" has no control group`, 'give both a control above 0')]
    : []
}

/** Experiences that have to be seen before each other are never seen. */
function circleProblems(experience: Experience, { find }: Surroundings): Problem[] {
  return (experience.requires ?? []).flatMap(({ experience: key, not = false }, i) => {
    if (not || !leadsBack(key, experience, find, new Set())) return []
    const message = `experience "${key}" itself depends on this one, so neither would ever be shown`
    return [problem(['requires', i, 'experience'], message, 'let one of the two depend on nothing')]
  })
}

function leadsBack(key: string, to: Experience, find: Surroundings['find'], passed: Set<string>): boolean {
  if (passed.has(key)) return false
  passed.add(key)
  const here = find('experience', key) as Experience | undefined
  if (here === undefined) return false
  if (here === to) return true
  return (here.requires ?? []).some(one => one.not !== true && leadsBack(one.experience, to, find, passed))
}

function protectedTraitsOf({ find }: Surroundings): readonly string[] {
  const settings = find('settings', 'workspace') as Settings | undefined
  return settings?.protectedTraits ?? PROTECTED_TRAITS
}

/** What a change elsewhere makes wrong with an experience that stays as it is. What was wrong with it before is not blamed on it. */
export function aftermathProblems(
  experience: Experience,
  kind: string,
  key: string,
  body: unknown,
  before: Surroundings,
  after: Surroundings,
): Problem[] {
  const problems: Problem[] = []
  const protectedAmong = (others: Surroundings) => protectedProblems(experience, protectedTraitsOf(others), others)
  if (kind === 'experience') {
    const variants = (body as Partial<Experience>).variants?.map(variant => variant.key)
    for (const [i, { experience: required, variant }] of (experience.requires ?? []).entries()) {
      if (required !== key || variant === undefined || variants === undefined || variants.includes(variant)) continue
      problems.push(
        problem(['requires', i, 'variant'], `it depends on variant "${variant}" of it`, 'keep that variant'),
      )
    }
  }
  if (setsPrices(experience) && ['settings', 'segment', 'computedTrait', 'experience'].includes(kind)) {
    const had = new Set(protectedAmong(before).map(({ path, message }) => `${path} ${message}`))
    problems.push(...protectedAmong(after).filter(({ path, message }) => !had.has(`${path} ${message}`)))
  }
  return problems
}
