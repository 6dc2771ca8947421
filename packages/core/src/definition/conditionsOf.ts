import type { Block } from '../content/directives.ts'
import { conditionsOfPolicy } from '../policy/conditions.ts'
import type { Condition } from '../segment/condition.ts'
import type { Experience } from './experience.ts'
import { isObject, objectsOf } from './objects.ts'
import type { Touchpoint } from './touchpoint.ts'

/** Every condition of an experience: of its audience, its policy, its offer and its contents. */
export function conditionsOf({ audience, policy, offer, variants, fallbacks }: Partial<Experience>): Condition[] {
  return [
    ...(audience === undefined ? [] : [audience]),
    ...conditionsOfPolicy(policy),
    ...(offer?.eligibility === undefined ? [] : [offer.eligibility]),
    ...(variants ?? []).flatMap(({ content }) => conditionsIn(content)),
    ...conditionsIn(fallbacks),
  ]
}

/** The conditions in a touchpoint's default content. */
export function defaultConditionsOf({ default: content }: Partial<Touchpoint>): Condition[] {
  return conditionsIn(content)
}

/** Those of blocks, wherever they are. What is no block, and no condition, is told where content is looked at for itself. */
function conditionsIn(content: unknown): Condition[] {
  if (!isObject(content)) return []
  const { $blocks: blocks } = content as { $blocks?: unknown }
  if (blocks === undefined) return Object.values(content).flatMap(conditionsIn)
  return objectsOf(blocks).flatMap(block => {
    const { when, rank, content: within } = block as Partial<Block>
    const ranked = objectsOf(rank).map(rule => (rule as { when?: Condition }).when)
    return [...[when, ...ranked].filter(isObject), ...conditionsIn(within)]
  })
}
