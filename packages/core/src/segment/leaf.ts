import type { Comparison } from '../filter/comparison.ts'
import type { Json, JsonObject } from '../json.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING, verdict } from './node.ts'
import type { Subject, Truth } from './subject.ts'

/** What there is to say of a condition that is no joint of others. */
export interface Leaf extends Partial<Pick<CompiledCondition, 'reads' | 'needs' | 'touched' | 'anyone'>> {
  readonly condition: JsonObject
  readonly test: (subject: Subject) => boolean
  /** Instants after `now`, ascending, at which alone its truth may change without an event; all of them, others may be among them. */
  readonly changes?: (subject: Subject) => readonly number[]
  /** The same where it is known without trying them one after the other; undefined: they have to be tried. */
  readonly until?: (subject: Subject, value: boolean) => number | undefined
  readonly actual?: (subject: Subject) => JsonObject
}

/** So many instants are looked at before it is said that the truth may change at the next: a bound on the work (R11). */
export const LOOKED_AT = 256

export function leaf({ condition, test, changes, until, actual, ...about }: Leaf): CompiledCondition {
  const truth = (subject: Subject): Truth => {
    const value = test(subject)
    if (changes === undefined) return { value, until: Number.POSITIVE_INFINITY }
    return { value, until: until?.(subject, value) ?? firstChange(subject, value) }
  }
  const firstChange = (subject: Subject, value: boolean): number => {
    let looked = 0
    for (const at of changes!(subject)) {
      if (test({ ...subject, now: at }) !== value || ++looked === LOOKED_AT) return at
    }
    return Number.POSITIVE_INFINITY
  }
  return {
    test,
    truth,
    explain: subject => ({ condition, ...verdict(truth(subject)), ...actual?.(subject) }),
    reads: about.reads ?? READS_NOTHING,
    needs: about.needs ?? [],
    touched: about.touched ?? TOUCHED_BY_NOTHING,
    anyone: about.anyone ?? [],
  }
}

/** Hears what a value will be at a later instant. True: that is enough. */
export type Told = (at: number, value: Json | undefined) => boolean

/** A value compared. `later` tells what it will be without an event, at each instant after now at which it may change, ascending. */
export function compared(
  about: Omit<Leaf, 'test' | 'changes'> & {
    readonly read: (subject: Subject) => Json | undefined
    readonly comparison: Comparison
    readonly later?: (subject: Subject, told: Told) => void
  },
): CompiledCondition {
  const { read, comparison, later, ...rest } = about
  const made = leaf({
    ...rest,
    test: subject => comparison.test(read(subject), subject.now),
    actual: subject => ({ actual: read(subject) ?? null, ...rest.actual?.(subject) }),
  })
  if (later === undefined && !comparison.moves) return made
  const truth = (subject: Subject): Truth => {
    const actual = read(subject)
    const value = comparison.test(actual, subject.now)
    return { value, until: flips(comparison, value, actual, subject, later) }
  }
  return { ...made, truth, explain: subject => ({ ...made.explain(subject), ...verdict(truth(subject)) }) }
}

/** The first instant at which the outcome is another: by itself, as time passes it, or since the value is another. */
function flips(
  comparison: Comparison,
  outcome: boolean,
  actual: Json | undefined,
  subject: Subject,
  later: ((subject: Subject, told: Told) => void) | undefined,
): number {
  let looked = 0
  let at = subject.now
  let value = actual
  let flip: number | undefined
  /** By itself, while the value is what it is: up to `end`. */
  const alone = (end: number): number | undefined => {
    for (let next = comparison.until(value, at); next < end; next = comparison.until(value, next)) {
      if (comparison.test(value, next) !== outcome || ++looked >= LOOKED_AT) return next
    }
    return undefined
  }
  later?.(subject, (next, other) => {
    flip = comparison.moves ? alone(next) : undefined
    if (flip === undefined && (comparison.test(other, next) !== outcome || ++looked >= LOOKED_AT)) flip = next
    at = next
    value = other
    return flip !== undefined
  })
  return flip ?? (comparison.moves ? alone(Number.POSITIVE_INFINITY) : undefined) ?? Number.POSITIVE_INFINITY
}
