import type { Json, JsonObject } from '../json.ts'
import { mapPolicyConditions } from '../policy/conditions.ts'
import type { Condition } from '../segment/condition.ts'
import { ComputedTrait } from './computedTrait.ts'
import type { Bodies, Definition, Kind, PublishedSet } from './definition.ts'
import { Experience, type Status, type Variant } from './experience.ts'
import { Metric } from './metric.ts'
import { Segment } from './segment.ts'
import { Settings } from './settings.ts'
import { Touchpoint } from './touchpoint.ts'

/** The schema of each kind's body. */
export const SCHEMAS = {
  touchpoint: Touchpoint,
  experience: Experience,
  metric: Metric,
  segment: Segment,
  computedTrait: ComputedTrait,
  settings: Settings,
} as const

/** Bodies with every default filled in: what is stored. */
export interface CompleteBodies {
  touchpoint: Touchpoint & { default: Json }
  experience: Omit<Experience, 'variants'> & {
    status: Status
    control: number
    priority: number
    variants: (Variant & { weight: number })[]
  }
  metric: Metric & { direction: 'up' | 'down' }
  segment: Segment
  computedTrait: ComputedTrait
  settings: Settings & { timezone: string; currency: string; holdout: number; requireUserHash: boolean }
}

/** A valid body with its defaults filled in; parts that have none are shared. Complete bodies come back equal. */
export function complete<K extends Kind>(kind: K, body: Bodies[K]): CompleteBodies[K] {
  const filled = withDefaults(SCHEMAS[kind], body) as Bodies[Kind]
  if (kind === 'experience') completeExperience(filled as Experience)
  if (kind === 'metric') inheritProperty(filled as Metric)
  if (kind === 'segment') (filled as Segment).condition = completeCondition((filled as Segment).condition)
  return filled as CompleteBodies[K]
}

/** The settings of a set; where it has none, or they are archived, the defaults. */
export function settingsOf({ definitions }: Pick<PublishedSet, 'definitions'>): CompleteBodies['settings'] {
  const settings = definitions.find(
    (definition): definition is Definition<'settings'> => definition.kind === 'settings' && !definition.archived,
  )
  return complete('settings', settings?.body ?? {})
}

/** A schema, as far as defaults are concerned. */
interface Node {
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, object>>
  readonly items?: object
}

/** A copy of what the schema describes. TypeBox can do this too, two hundred times slower. */
function withDefaults(schema: object, value: unknown): unknown {
  const { default: otherwise, properties, items } = schema as Node
  if (value === undefined) return otherwise
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return items === undefined ? value : value.map(part => withDefaults(items, part))
  if (properties === undefined) return value
  const filled: Record<string, unknown> = { ...value }
  for (const [name, node] of Object.entries(properties)) {
    const part = withDefaults(node, filled[name])
    if (part !== undefined) filled[name] = part
  }
  return filled
}

/** `complete` for a body that has just passed `validate`. */
export function normalise(kind: Kind, body: JsonObject): JsonObject {
  return complete(kind, body as Bodies[Kind]) as unknown as JsonObject
}

/** Variants without weights share equally. */
function completeExperience(experience: Experience): void {
  const { variants, audience, policy } = experience
  if (variants.every(variant => variant.weight === undefined)) {
    for (const variant of variants) variant.weight = 1 / variants.length
  }
  if (audience !== undefined) experience.audience = completeCondition(audience)
  if (policy !== undefined) experience.policy = mapPolicyConditions(policy, completeCondition)
}

/** How often is once, unless at most so often is asked for. */
function completeCondition(condition: Condition): Condition {
  if ('all' in condition) return { all: condition.all.map(completeCondition) }
  if ('any' in condition) return { any: condition.any.map(completeCondition) }
  if ('not' in condition) return { not: completeCondition(condition.not) }
  if ('account' in condition && 'anyone' in condition.account) {
    return { account: { anyone: completeCondition(condition.account.anyone) } }
  }
  if (!('did' in condition) || condition.atLeast !== undefined || condition.atMost !== undefined) return condition
  return { ...condition, atLeast: 1 }
}

/** A refund is read from the same property as what it takes back, unless it names its own. */
function inheritProperty(metric: Metric): void {
  if (metric.refund !== undefined && metric.property !== undefined) metric.refund.property ??= metric.property
}
