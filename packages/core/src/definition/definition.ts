import type { JsonObject } from '../json.ts'
import type { Experience } from './experience.ts'
import type { Metric } from './metric.ts'
import type { Settings } from './settings.ts'
import type { Touchpoint } from './touchpoint.ts'

export type Kind = 'touchpoint' | 'experience' | 'metric' | 'settings'

/** What each kind's body is. `settings` has the one key `workspace`. */
export interface Bodies {
  touchpoint: Touchpoint
  experience: Experience
  metric: Metric
  settings: Settings
}

/** An immutable, numbered version of something a team authors (R9). */
export interface Definition<K extends Kind = Kind> {
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
  readonly kind: Kind
  readonly key: string
  /** Validated by the caller (`validate`); undefined archives. */
  readonly body: JsonObject | undefined
}

/** All live definitions of a workspace at one moment: a request sees one set (R4). */
export interface PublishedSet {
  readonly version: number
  readonly definitions: readonly Definition[]
}
