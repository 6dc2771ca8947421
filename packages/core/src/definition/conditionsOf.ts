import type { Block } from '../content/directives.ts'
import { conditionsOfPolicy } from '../policy/conditions.ts'
import type { Condition } from '../segment/condition.ts'
import type { Experience } from './experience.ts'
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

/** Those of blocks, wherever they are. */
function conditionsIn(content: unknown): Condition[] {
  if (typeof content !== 'object' || content === null) return []
  if (!Object.hasOwn(content, '$blocks')) return Object.values(content).flatMap(conditionsIn)
  const { $blocks: blocks } = content as { $blocks: readonly Block[] }
  return blocks.flatMap(({ when, rank, content: within }) => [
    ...(when === undefined ? [] : [when]),
    ...(Array.isArray(rank) ? rank.map((rule: { when: Condition }) => rule.when) : []),
    ...conditionsIn(within),
  ])
}
