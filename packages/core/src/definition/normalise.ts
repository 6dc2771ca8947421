import Value from 'typebox/value'
import type { Json, JsonObject } from '../json.ts'
import type { Bodies, Kind } from './definition.ts'
import { Experience, type Status, type Variant } from './experience.ts'
import { Metric } from './metric.ts'
import { Settings } from './settings.ts'
import { Touchpoint } from './touchpoint.ts'

/** The schema of each kind's body. */
export const SCHEMAS = { touchpoint: Touchpoint, experience: Experience, metric: Metric, settings: Settings } as const

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
  settings: Settings & { timezone: string; currency: string; holdout: number; requireUserHash: boolean }
}

/** A copy of a valid body with its defaults filled in. Complete bodies come back equal. */
export function complete<K extends Kind>(kind: K, body: Bodies[K]): CompleteBodies[K] {
  const filled = Value.Default(SCHEMAS[kind], structuredCopy(body)) as Bodies[Kind]
  if (kind === 'experience') weigh((filled as Experience).variants)
  if (kind === 'metric') inheritProperty(filled as Metric)
  return filled as CompleteBodies[K]
}

/** `complete` for a body that has just passed `validate`. */
export function normalise(kind: Kind, body: JsonObject): JsonObject {
  return complete(kind, body as Bodies[Kind]) as unknown as JsonObject
}

/** Variants without weights share equally. */
function weigh(variants: Variant[]): void {
  if (variants.some(variant => variant.weight !== undefined)) return
  for (const variant of variants) variant.weight = 1 / variants.length
}

/** A refund is read from the same property as what it takes back, unless it names its own. */
function inheritProperty(metric: Metric): void {
  if (metric.refund !== undefined && metric.property !== undefined) metric.refund.property ??= metric.property
}

function structuredCopy<T>(value: T): T {
  return Value.Clone(value) as T
}
