import type { Json, JsonObject } from '../json.ts'
import type { Comparison } from './comparison.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING, verdict } from './node.ts'
import type { Subject, Truth } from './subject.ts'

/** What there is to say of a condition that is no joint of others. */
export interface Leaf extends Partial<Pick<CompiledCondition, 'reads' | 'needs' | 'touched'>> {
  readonly condition: JsonObject
  readonly test: (subject: Subject) => boolean
  /** Instants after `now`, ascending, at which alone its truth may change without an event; all of them, others may be among them. */
  readonly changes?: (subject: Subject) => readonly number[]
  readonly actual?: (subject: Subject) => JsonObject
}

/** So many instants are looked at before it is said that the truth may change at the next: a bound on the work (R11). */
const LOOKED_AT = 256

export function leaf({ condition, test, changes, actual, ...about }: Leaf): CompiledCondition {
  const truth = (subject: Subject): Truth => {
    const value = test(subject)
    return { value, until: changes === undefined ? Number.POSITIVE_INFINITY : firstChange(subject, value) }
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
  }
}

/** A value compared. `changes`: when the value may change without an event. */
export function compared(
  about: Omit<Leaf, 'test' | 'changes'> & {
    readonly read: (subject: Subject) => Json | undefined
    readonly comparison: Comparison
    readonly changes?: (subject: Subject) => readonly number[]
  },
): CompiledCondition {
  const { read, comparison, changes, ...rest } = about
  const moving = (subject: Subject): number[] => {
    const values = changes?.(subject) ?? []
    const instants = new Set(values)
    // Each value the person will have may move by itself past an instant relative to now.
    for (const now of [subject.now, ...values.slice(0, LOOKED_AT)]) {
      let at = now
      for (let i = 0; i < 4; i++) {
        at = comparison.until(read({ ...subject, now: at }), at)
        if (!Number.isFinite(at)) break
        instants.add(at)
      }
    }
    return [...instants].sort((a, b) => a - b)
  }
  return leaf({
    ...rest,
    test: subject => comparison.test(read(subject), subject.now),
    changes: moving,
    actual: subject => ({ actual: read(subject) ?? null, ...rest.actual?.(subject) }),
  })
}
