import type { Binder } from '../../sql/params.ts'
import { Amounts } from './amounts.ts'

/** Columns that several metrics need are read and added up once: a column is known by its expression. */
export class Columns {
  readonly #prefix: string
  readonly #names = new Map<string, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  name(expression: string): string {
    const known = this.#names.get(expression)
    if (known !== undefined) return known
    const name = `${this.#prefix}${this.#names.size}`
    this.#names.set(expression, name)
    return name
  }

  get names(): string[] {
    return [...this.#names.values()]
  }

  get sql(): string[] {
    return [...this.#names].map(([expression, name]) => `${expression} AS ${name}`)
  }
}

/** Flags in a word: as many as fit into the smallest number, since rows are many and words are few. */
const BITS = 8

/**
 * Whether any of a person's rows fulfils a condition, for many conditions at once: eight of them are one aggregate, which costs as much as
 * counting the rows of one.
 */
export class Flags {
  readonly #conditions: string[] = []

  /** The person's column, 1 or 0. */
  any(condition: string): string {
    const known = this.#conditions.indexOf(condition)
    return `f${known === -1 ? this.#conditions.push(condition) - 1 : known}`
  }

  /** The flags out of their words. A layer of their own, since an alias within one is written out wherever it is used. */
  get sql(): string[] {
    return this.#conditions.map((_, index) => `bitTest(flags${Math.floor(index / BITS)}, ${index % BITS}) AS f${index}`)
  }

  get words(): string[] {
    const words = Array.from({ length: Math.ceil(this.#conditions.length / BITS) }, (_, word) =>
      this.#conditions.slice(word * BITS, (word + 1) * BITS),
    )
    return words.map((conditions, word) => {
      const bits = conditions.map((condition, bit) => `bitShiftLeft(toUInt8(ifNull(${condition}, 0)), ${bit})`)
      return `groupBitOr(${bits.reduce((all, bit) => `bitOr(${all}, ${bit})`)}) AS flags${word}`
    })
  }
}

/** What is read of a row for metrics, and what of it is added up for each person. */
export interface Layers {
  readonly amounts: Amounts
  readonly row: Columns
  /** Made of columns of the row, a layer above them: an alias is written out wherever its own layer uses it, and rates are long. */
  readonly made: Columns
  readonly person: Columns
  readonly flags: Flags
  readonly binder: Binder
  /** Names of the events that count. */
  readonly events: Set<string>
  /** Exposures are rows as well, and events of any name are needed for their sessions. */
  needs: { exposures: boolean; sessions: boolean }
}

export function layers(binder: Binder): Layers {
  return {
    amounts: new Amounts(binder),
    row: new Columns('r'),
    made: new Columns('m'),
    person: new Columns('p'),
    flags: new Flags(),
    binder,
    events: new Set(),
    needs: { exposures: false, sessions: false },
  }
}
