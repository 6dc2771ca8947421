import { Capped, type Values } from './capped.ts'
import { Columns } from './layers.ts'

/** What is added up over the people of each arm version. */
export class Arms {
  readonly #sums = new Columns('s')
  readonly #lists = new Columns('l')
  readonly #caps = new Columns('c')
  readonly #cappedSums = new Columns('k')

  /** The column of an aggregate over the people's totals. */
  sum(aggregate: string): string {
    return this.#sums.name(aggregate)
  }

  /** Totals of people for whom `counted` holds, that count as their percentile `level` at most. */
  capped(level: number | undefined, values: Values, counted: string): Capped {
    return new Capped({
      level: Number(level),
      values,
      counted,
      lists: this.#lists,
      caps: this.#caps,
      sums: this.#cappedSums,
    })
  }

  /** A row an arm version: its `number`, and the columns. `totals`: a row a person. */
  sql(totals: string): string {
    const sums = `SELECT bitAnd(head, 65535) AS number, ${[...this.#sums.sql, ...this.#lists.sql].join(', ')} FROM ${totals} GROUP BY number`
    if (this.#caps.sql.length === 0) return sums
    return `SELECT ${['number', ...this.#sums.names, ...this.#cappedSums.sql].join(', ')}
    FROM (SELECT *, ${this.#caps.sql.join(', ')} FROM (${sums}))`
  }
}
