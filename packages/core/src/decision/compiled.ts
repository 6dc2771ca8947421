import type { Range } from '../bucket/bucket.ts'
import type { RetentionRules } from '../consent/retention.ts'
import type { ConsentRules } from '../consent/rules.ts'
import type { Content } from '../content/compile.ts'
import type { Fits } from '../content/fits.ts'
import type { ContentTexts } from '../content/texts.ts'
import type { Status } from '../definition/experience.ts'
import type { VariantPrice } from '../definition/price.ts'
import type { IdentityRules } from '../identity/rules.ts'
import type { Plan } from '../plan/plan.ts'
import type { CompiledCondition } from '../segment/node.ts'
import type { Assignment } from './assign.ts'
import type { CompiledCap, Kept } from './caps.ts'
import type { Collect } from './inputs.ts'
import type { CompiledOffer } from './offer.ts'
import type { CompiledPolicy } from './policy.ts'
import type { CompiledPrice } from './price.ts'
import type { compileRequirement } from './requires.ts'
import type { CompiledSchedule } from './schedule.ts'

/** A published set made ready for deciding: everything that does not depend on the person or the moment is done. */
export interface CompiledSet {
  /** Version of the definitions (R4: one request sees one set). */
  readonly version: number
  readonly touchpoints: ReadonlyMap<string, CompiledTouchpoint>
  /** Every experience that is not archived, whatever its status: a preview may show any of them. */
  readonly experiences: ReadonlyMap<string, CompiledExperience>
  readonly holdout: CompiledHoldout
  /** The workspace's IANA zone. */
  readonly zone: string
  readonly consent: ConsentRules
  /** By what people are known. */
  readonly identity: IdentityRules
  readonly retention: RetentionRules
  /** What the stream has to keep up. */
  readonly plan: Plan
  /** Catalog items that any content refers to. */
  readonly items: readonly string[]
  /** Contents as answers have them. */
  readonly texts: ContentTexts
  /** Something looks at what the visit is like, at `visit` of the context. */
  readonly readsVisit: boolean
  /** Touchpoints whose content shows items of the person's recent history, with the events that name them. */
  readonly recents: ReadonlyMap<string, readonly string[]>
  /** How many different things its experiences read of people and contexts. */
  readonly readings: number
}

export interface CompiledTouchpoint {
  readonly key: string
  readonly fallback: Content
  /** Undefined: any content fits. */
  readonly fits: Fits | undefined
  /** Running experiences in the order they are considered: highest priority first, then by key. */
  readonly candidates: readonly Candidate[]
  /** One slot and no caps, and none of the candidates looks at more than its times and its audience. */
  readonly isPlain: boolean
  /** How many experiences are answered at once, the best first. */
  readonly slots: number
  /** Its own and its channel's. */
  readonly caps: readonly CompiledCap[]
  /** What is recorded when an experience is served here; undefined: no cap counts it. */
  readonly records: Kept | undefined
  /** Exposures here are kept with the person: a cap counts them. */
  readonly remembers: boolean
  /** Those of the candidates whose offers people compete for. */
  readonly scarce: readonly CompiledExperience[]
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
  /** Whether it is there for somebody at all, besides start and end; undefined: always. */
  readonly gate: Gate | undefined
  /** Undefined: it has no layer. */
  readonly inLayer: ((bucketKey: string) => boolean) | undefined
  /** Undefined: everybody. */
  readonly audience: CompiledCondition | undefined
  readonly caps: readonly CompiledCap[]
  /** What is recorded when it is served; undefined: no cap counts it. */
  readonly records: Kept | undefined
  readonly offer: CompiledOffer | undefined
  readonly price: CompiledPrice | undefined
  /** Answering it stores something first. */
  readonly binds: boolean
  /** Exposures to it are kept with the person: a cap counts them, or another experience depends on it. */
  readonly remembers: boolean
  readonly draws: Draws
  /** Undefined: the split by `draws`. */
  readonly policy: CompiledPolicy | undefined
  readonly variants: readonly CompiledVariant[]
  /** What the split gives those who draw each variant. */
  readonly bySplit: readonly Assignment[]
  /** Contents by touchpoint, to be shown instead of a variant's that cannot be made: the first that can. */
  readonly fallbacks: readonly ReadonlyMap<string, Content>[]
}

export interface Gate {
  readonly schedule: CompiledSchedule['within']
  /** All have to hold. */
  readonly requires: readonly ReturnType<typeof compileRequirement>[]
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
  readonly content: ReadonlyMap<string, Content>
  /** Undefined: items cost what the catalog says. */
  readonly price: VariantPrice | undefined
}

export interface CompiledHoldout {
  readonly range: Range
  readonly propensity: number
  /** The quarter that is drawn for, in the workspace's zone: `2026Q4`. */
  readonly quarter: (now: number) => string
  readonly point: (bucketKey: string, now: number) => number
}
