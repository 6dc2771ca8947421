import type { Experience } from '../definition/experience.ts'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import type { RolloutState } from '../policy/stages.ts'

/** What a rollout brings to people. */
export interface RolledOut {
  readonly variant: string
  /** Of what the variant shows, offers and asks: another one is another rollout. */
  readonly content: string
}

/** How far a rollout has come, and of what. Plain JSON. */
export interface RolloutRecord {
  readonly rollout?: RolloutState
  /** The variant that is rolled out: for another one it begins anew. */
  readonly rolledOut?: string
  /** What that variant was; absent: from before it was kept, and taken for what there is now. */
  readonly rolledOutContent?: string
}

/** What an experience rolls out; undefined where its policy is another. */
export function rolledOutBy({ policy, variants }: Pick<Experience, 'policy' | 'variants'>): RolledOut | undefined {
  if (policy?.kind !== 'rollout') return undefined
  const { key, content, offer, price } = variants.find(({ key }) => key === policy.variant) ?? variants[0]!
  return { variant: key, content: bucketKeyOf(JSON.stringify({ content, offer, price }, inOrder)) }
}

/**
 * Where the rollout of just this stands; undefined where it has not begun, whatever became of another variant's or of what this
 * one was before: nobody has seen what is new. One that is stopped stays so whatever is written into it: only a person goes on.
 */
export function rolloutOf(
  { rollout, rolledOut, rolledOutContent }: RolloutRecord,
  { variant, content }: RolledOut,
): RolloutState | undefined {
  if (rollout === undefined || rolledOut !== variant) return undefined
  const isSame = rolledOutContent === undefined || rolledOutContent === content
  return isSame || rollout.stage === 'halted' ? rollout : undefined
}

/** Members in one order, however a file has them. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
