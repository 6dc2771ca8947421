import type { Json, JsonObject } from '../json.ts'
import type { Need } from '../signal/need.ts'
import type { Condition } from './condition.ts'
import type { Subject, Truth } from './subject.ts'

/** A condition made ready to be asked many times. The three answers agree: the tests hold them together. */
export interface CompiledCondition {
  /** Its truth alone: what the hot path asks. */
  readonly test: (subject: Subject) => boolean
  readonly truth: (subject: Subject) => Truth
  /** Part by part, with the actual values: everything is evaluated, nothing is left out once the outcome is clear. */
  readonly explain: (subject: Subject) => Explanation
  readonly reads: Reads
  /** The signals it needs kept. */
  readonly needs: readonly Need[]
  /** What has to happen for its truth to change before `until`. */
  readonly touched: Touched
  /** What it asks of anyone of an account: to be kept up with the account. */
  readonly anyone: readonly Anyone[]
}

/** A condition on anyone of an account. */
export interface Anyone {
  /** Its text. */
  readonly key: string
  readonly condition: Condition
  readonly compiled: CompiledCondition
}

/** What a condition may look at, without repetition. */
export interface Reads {
  readonly traits: readonly string[]
  readonly signals: readonly string[]
  readonly context: readonly string[]
  /** What else it looks at, by a name. */
  readonly facts: readonly Fact[]
}

export interface Fact {
  readonly name: string
  readonly read: (subject: Subject) => Json | undefined
}

/** Things that happen to a person. */
export interface Touched {
  /** Events by name; a page or screen by its name. */
  readonly events: readonly string[]
  /** Traits, by the name before the first dot. */
  readonly traits: readonly string[]
  readonly facets: readonly Facet[]
}

/** Parts of a person that change as a whole; `action`: any track, page or screen. */
export type Facet =
  | 'action'
  | 'person'
  | 'accounts'
  | 'consent'
  | 'preferences'
  | 'feedback'
  | 'subscriptions'
  | 'scores'

export type Explanation = JsonObject & {
  /** The condition as written for a leaf; `all`, `any` or `not` otherwise. */
  condition: JsonObject | 'all' | 'any' | 'not'
  value: boolean
  /** Epoch milliseconds; null where only an event can change the value. */
  until: number | null
}

export const READS_NOTHING: Reads = { traits: [], signals: [], context: [], facts: [] }
export const TOUCHED_BY_NOTHING: Touched = { events: [], traits: [], facets: [] }

export function unionReads(reads: readonly Reads[]): Reads {
  const facts = new Map(reads.flatMap(r => r.facts).map(fact => [fact.name, fact]))
  return {
    traits: [...new Set(reads.flatMap(r => r.traits))],
    signals: [...new Set(reads.flatMap(r => r.signals))],
    context: [...new Set(reads.flatMap(r => r.context))],
    facts: [...facts.values()],
  }
}

function unionTouched(touched: readonly Touched[]): Touched {
  return {
    events: [...new Set(touched.flatMap(t => t.events))],
    traits: [...new Set(touched.flatMap(t => t.traits))],
    facets: [...new Set(touched.flatMap(t => t.facets))],
  }
}

export function unionAnyone(parts: readonly Anyone[]): Anyone[] {
  return [...new Map(parts.map(part => [part.key, part])).values()]
}

/** What parts joined by all, any or not have together. */
export function together(
  parts: readonly CompiledCondition[],
): Pick<CompiledCondition, 'reads' | 'needs' | 'touched' | 'anyone'> {
  const needs = new Map(parts.flatMap(part => part.needs).map(need => [JSON.stringify(need), need]))
  return {
    reads: unionReads(parts.map(part => part.reads)),
    needs: [...needs.values()],
    touched: unionTouched(parts.map(part => part.touched)),
    anyone: unionAnyone(parts.flatMap(part => part.anyone)),
  }
}

/** The parts of an explanation that every kind of condition has. */
export function verdict(truth: Truth): { value: boolean; until: number | null } {
  return { value: truth.value, until: Number.isFinite(truth.until) ? truth.until : null }
}
