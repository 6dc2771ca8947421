import type { JsonObject } from '../json.ts'
import type { Subject, Truth } from './subject.ts'

/** A condition made ready to be asked many times. The three answers agree: the tests hold them together. */
export interface CompiledCondition {
  /** Its truth alone: what the hot path asks. */
  readonly test: (subject: Subject) => boolean
  readonly truth: (subject: Subject) => Truth
  /** Part by part, with the actual values: everything is evaluated, nothing is left out once the outcome is clear. */
  readonly explain: (subject: Subject) => Explanation
  readonly reads: Reads
}

/** What a condition may look at, without repetition. */
export interface Reads {
  readonly traits: readonly string[]
  readonly signals: readonly string[]
  readonly context: readonly string[]
}

export type Explanation = JsonObject & {
  /** The condition as written for a leaf; `all`, `any` or `not` otherwise. */
  condition: JsonObject | 'all' | 'any' | 'not'
  value: boolean
  /** Epoch milliseconds; null where only an event can change the value. */
  until: number | null
}

export const READS_NOTHING: Reads = { traits: [], signals: [], context: [] }

export function unionReads(reads: readonly Reads[]): Reads {
  return {
    traits: [...new Set(reads.flatMap(r => r.traits))],
    signals: [...new Set(reads.flatMap(r => r.signals))],
    context: [...new Set(reads.flatMap(r => r.context))],
  }
}

/** The parts of an explanation that every kind of condition has. */
export function verdict(truth: Truth): { value: boolean; until: number | null } {
  return { value: truth.value, until: Number.isFinite(truth.until) ? truth.until : null }
}
