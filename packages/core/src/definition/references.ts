import type { JsonObject } from '../json.ts'
import type { Bodies } from './definition.ts'

/** The live definitions that a body may refer to: those of the publication it belongs to. */
export interface Surroundings {
  /** A definition's body; undefined where it is not live. */
  readonly find: (kind: keyof Bodies, key: string) => JsonObject | undefined
  readonly keys: (kind: keyof Bodies) => Iterable<string>
}
