import type { RetentionRules } from '../consent/retention.ts'
import type { ConsentRules } from '../consent/rules.ts'
import type { Status } from '../definition/experience.ts'
import type { IdentityRules } from '../identity/rules.ts'
import type { CompiledCondition } from '../segment/node.ts'
import type { Plan } from '../segment/plan.ts'
import type { Range } from './bucket.ts'
import type { Template } from './content.ts'
import type { Collect } from './inputs.ts'
import type { CompiledPolicy } from './policy.ts'

/** A published set made ready for deciding: everything that does not depend on the person or the moment is done. */
export interface CompiledSet {
  /** Version of the definitions (R4: one request sees one set). */
  readonly version: number
  readonly touchpoints: ReadonlyMap<string, CompiledTouchpoint>
  /** Every experience that is not archived, whatever its status: a preview may show any of them. */
  readonly experiences: ReadonlyMap<string, CompiledExperience>
  readonly holdout: CompiledHoldout
  readonly consent: ConsentRules
  /** By what people are known. */
  readonly identity: IdentityRules
  readonly retention: RetentionRules
  /** What the stream has to keep up. */
  readonly plan: Plan
  /** Catalog items that any content refers to. */
  readonly items: readonly string[]
}

export interface CompiledTouchpoint {
  readonly key: string
  readonly fallback: Template
  /** Running experiences in the order they are considered: highest priority first, then by key. */
  readonly candidates: readonly Candidate[]
  /** The others that name this touchpoint, for explanations: draft, paused, ended. */
  readonly resting: readonly CompiledExperience[]
}

export interface Candidate {
  readonly experience: CompiledExperience
  /** Takes down what the audiences up to and including this one look at. */
  readonly collect: Collect
}

export interface CompiledExperience {
  readonly key: string
  readonly version: number
  readonly status: Status
  readonly priority: number
  /** Epoch milliseconds, inclusive; -Infinity where it has none. */
  readonly start: number
  /** Epoch milliseconds, exclusive; Infinity where it has none. */
  readonly end: number
  /** Undefined: everybody. */
  readonly audience: CompiledCondition | undefined
  readonly draws: Draws
  /** Undefined: the split by `draws`. */
  readonly policy: CompiledPolicy | undefined
  readonly variants: readonly CompiledVariant[]
}

/** Two independent draws over bucket keys: the control group's and the variant's. */
export interface Draws {
  readonly seed: string
  /** The control group is [0, share): it grows nested (R6). */
  readonly control: {
    readonly point: (bucketKey: string) => number
    readonly range: Range
    readonly propensity: number
  }
  readonly variant: { readonly point: (bucketKey: string) => number; readonly ranges: readonly Range[] }
}

export interface CompiledVariant {
  readonly key: string
  /** By the split: probability of this arm for somebody not in the holdout, (1 - control) x its share of the points. */
  readonly propensity: number
  readonly content: ReadonlyMap<string, Template>
}

export interface CompiledHoldout {
  readonly range: Range
  readonly propensity: number
  /** The quarter that is drawn for, in the workspace's zone: `2026Q4`. */
  readonly quarter: (now: number) => string
  readonly point: (bucketKey: string, now: number) => number
}
