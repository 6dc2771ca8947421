import type { Columns } from './layers.ts'

/** A person's columns: the total, that before, and what they are divided by. */
export interface Values {
  readonly v: string
  readonly b: string | undefined
  readonly d: string | undefined
  readonly bd: string | undefined
}

interface Options {
  /** Percentile of all totals above 0. Part of the text: a parameter of an aggregate cannot be bound. */
  readonly level: number
  readonly values: Values
  readonly counted: string
  readonly lists: Columns
  readonly caps: Columns
  readonly sums: Columns
}

/**
 * Sums of capped totals. The cap is a quantile of the totals of all arms, so each arm keeps a list of them (of people who have one) until all
 * are together, and is added up then: without another pass over the events.
 */
export class Capped {
  readonly #options: Options
  /** Of each column its list, and above what it counts as that. */
  readonly #lists = new Map<string, { list: string; cap: string | null }>()
  readonly people: string
  readonly excess: string

  constructor(options: Options) {
    this.#options = options
    const { values, counted, lists, caps, level, sums } = options
    const { v, b, d, bd } = values
    const some = `${[v, ...(b === undefined ? [] : [b])].map(column => `${column} != 0`).join(' OR ')}`
    const listOf = (column: string) => lists.name(`groupArrayIf(${column}, (${some}) AND ${counted})`)
    // Nobody above 0: no cap.
    const capOf = (list: string) =>
      caps.name(`ifNotFinite(quantileExactArray(${level})(arrayFilter(x -> x > 0, ${list})) OVER (), inf)`)
    for (const column of [v, b, d, bd]) {
      if (column === undefined) continue
      const list = listOf(column)
      this.#lists.set(column, { list, cap: column === v || column === b ? capOf(list) : null })
    }
    const { list, cap } = this.#lists.get(v)!
    this.people = sums.name(`arrayCount(x -> x > ${cap}, ${list})`)
    this.excess = sums.name(`arraySum(x -> x - least(x, ${cap}), ${list})`)
  }

  sum(column: string): string {
    const { list } = this.#lists.get(column)!
    return this.#options.sums.name(`arraySum(x -> ${this.#term(column, 'x')}, ${list})`)
  }

  product(one: string, two: string): string {
    const [first, second] = [this.#lists.get(one)!, this.#lists.get(two)!]
    return this.#options.sums.name(
      `arraySum((x, y) -> ${this.#term(one, 'x')} * ${this.#term(two, 'y')}, ${first.list}, ${second.list})`,
    )
  }

  #term(column: string, x: string): string {
    const { cap } = this.#lists.get(column)!
    return cap === null ? x : `least(${x}, ${cap})`
  }
}
