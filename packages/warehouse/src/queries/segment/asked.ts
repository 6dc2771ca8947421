import type { Language } from '@espalier/core/segment'
import type { Binder } from '../../sql/params.ts'
import { NotInSql } from './notInSql.ts'

type BindType = Parameters<Binder['bind']>[0]

/** At what a condition is asked, and for whom. */
export interface Moment {
  readonly workspace: string
  /** What was received by then and is timed up to then counts, epoch milliseconds. */
  readonly at: number
  /** It is now: all that the log holds was received by then, so that nobody has to look. */
  readonly latest?: boolean
  /** Traits that are kept for a time only, milliseconds by name; the others for ever. */
  readonly traitsKept?: ReadonlyMap<string, number>
}

/**
 * What one segment asks of a person's events: aggregates over the rows that matter to it, as columns a0, a1… of one GROUP BY. The
 * same aggregate asked twice is one column; a value bound twice one parameter.
 */
export class Asked {
  readonly moment: Moment
  readonly language: Language
  /** By what people are told apart: only who wants to know who they are needs their ids. */
  readonly who: 'ids' | 'hashes'
  readonly #binder: Binder
  readonly #bound = new Map<string, string>()
  readonly #rowColumns = new Map<string, string>()
  readonly #columns = new Map<string, string>()
  readonly #rows = new Set<string>()

  constructor(language: Language, binder: Binder, moment: Moment, who: Asked['who']) {
    this.language = language
    this.who = who
    this.#binder = binder
    this.moment = moment
  }

  /** The same moment asked for something of other people: with rows and columns of its own. */
  another(): Asked {
    return new Asked(this.language, this.#binder, this.moment, this.who)
  }

  get at(): number {
    return this.moment.at
  }

  bind(type: BindType, value: unknown): string {
    const key = `${type} ${JSON.stringify(value)}`
    let placeholder = this.#bound.get(key)
    if (placeholder === undefined) {
      placeholder = this.#binder.bind(type, value)
      this.#bound.set(key, placeholder)
    }
    return placeholder
  }

  text(value: string): string {
    return this.bind('String', value)
  }

  /** A whole number, such as an instant. */
  whole(value: number): string {
    return this.bind('Int64', value)
  }

  /** Epoch milliseconds as the table's columns have it. */
  instant(at: number): string {
    return `fromUnixTimestamp64Milli(${this.whole(Math.min(Math.max(at, EARLIEST), LATEST))}, 'UTC')`
  }

  /** These rows of the events table matter, said of its own columns. */
  need(rows: string): void {
    this.#rows.add(rows)
  }

  /** The column of an expression over a row `e` that matters; see `rowsOf` for what a row has. */
  row(sql: string): string {
    return `e.${columnOf(this.#rowColumns, sql, 'r')}`
  }

  /** The column of an aggregate over a person's rows that matter. */
  aggregate(sql: string): string {
    return columnOf(this.#columns, sql, 'a')
  }

  get rowColumns(): readonly string[] {
    return named(this.#rowColumns)
  }

  get columns(): readonly string[] {
    return named(this.#columns)
  }

  /** Which rows matter at all. */
  get rows(): string {
    return this.#rows.size === 0 ? '0' : [...this.#rows].map(rows => `(${rows})`).join(' OR ')
  }

  /** A definition that the condition names. */
  named<T>(names: ReadonlyMap<string, T>, name: string, place: string): T {
    const found = names.get(name)
    if (found === undefined) throw new NotInSql(place, `names "${name}", and nothing is called so.`)
    return found
  }
}

function columnOf(columns: Map<string, string>, sql: string, prefix: string): string {
  let column = columns.get(sql)
  if (column === undefined) {
    column = `${prefix}${columns.size}`
    columns.set(sql, column)
  }
  return column
}

function named(columns: ReadonlyMap<string, string>): readonly string[] {
  return [...columns].map(([sql, column]) => `${sql} AS ${column}`)
}

/** What the engine's times can hold: the years 1900 to 2299. */
const EARLIEST = -2_208_988_800_000
const LATEST = 10_413_792_000_000
