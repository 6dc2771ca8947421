import type { JsonObject } from '../json.ts'
import type { ComputedTrait } from './computedTrait.ts'
import type { Experience } from './experience.ts'
import type { Metric } from './metric.ts'
import type { Segment } from './segment.ts'
import type { Settings } from './settings.ts'
import type { Touchpoint } from './touchpoint.ts'
import type { Upkeep } from './upkeep.ts'

/** What a team authors. */
export type Kind = 'touchpoint' | 'experience' | 'metric' | 'segment' | 'computedTrait' | 'settings'

/** What each kind's body is. `settings` and `upkeep` have the one key `workspace`. */
export interface Bodies {
  touchpoint: Touchpoint
  experience: Experience
  metric: Metric
  segment: Segment
  computedTrait: ComputedTrait
  settings: Settings
  upkeep: Upkeep
}

/** An immutable, numbered version of something a team authors (R9). */
export interface Definition<K extends keyof Bodies = keyof Bodies> {
  readonly kind: K
  readonly key: string
  /** 1, 2, 3… for each key. */
  readonly version: number
  readonly published: number
  readonly author: string
  /** Archived definitions stay readable and decide nothing. */
  readonly archived: boolean
  readonly body: Bodies[K]
}

export interface DefinitionChange {
  readonly kind: keyof Bodies
  readonly key: string
  /** Validated by the caller (`validate`); undefined archives. */
  readonly body: JsonObject | undefined
}

/** All live definitions of a workspace at one moment: a request sees one set (R4). */
export interface PublishedSet {
  readonly version: number
  readonly definitions: readonly Definition[]
}
