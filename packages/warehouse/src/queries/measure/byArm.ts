import { Capped, type Values } from './capped.ts'
import { Columns } from './layers.ts'
import { ALL_VARIANTS, CONTROL, Quantile } from './quantile.ts'

/** What each person of an arm version counts among those of their arm, and among those of all variants. */
export interface Weights {
  readonly own: readonly number[]
  readonly together: readonly number[]
}

/** Above all numbers of arms: from here on, those of arm versions. */
const VERSIONS = 65_536

/**
 * What is added up over the people of each arm version. A quantile of all is not made of those of the parts, so the values of an arm
 * are brought together from its versions, and those of all variants from all of these.
 */
export class ByArm {
  readonly #sums = new Columns('s')
  readonly #lists = new Columns('l')
  readonly #caps = new Columns('c')
  readonly #cappedSums = new Columns('k')
  readonly #values = new Columns('o')
  readonly #quantiles: Quantile[] = []
  readonly #isWeighted: boolean

  /** `isWeighted`: values count by `weights`, which then are bound. */
  constructor({ isWeighted = false } = {}) {
    this.#isWeighted = isWeighted
  }

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

  /** `values`: a column with a list of them for each person. */
  quantile(values: string, level: string, z: string): Quantile {
    const name = this.#values.name(`groupArrayIf(${values}, notEmpty(${values}))`)
    const quantile = new Quantile({
      name: `q${this.#quantiles.length}`,
      values: name,
      level,
      z,
      ...(this.#isWeighted && { weights: weightsOf(name) }),
    })
    this.#quantiles.push(quantile)
    return quantile
  }

  /**
   * A row an arm version, with its `number` and the sums; where there are quantiles, also a row an arm and one of all variants, with the
   * `arm` and the quantiles. `totals`: a row a person. `controls`: numbers of arm versions that are control.
   */
  sql(totals: string, controls: string): string {
    const sums = `SELECT bitAnd(head, 65535) AS number, ${[...this.#sums.sql, ...this.#lists.sql, ...this.#values.sql].join(', ')} FROM ${totals} GROUP BY number`
    const named = [...this.#sums.names, ...this.#cappedSums.names]
    const all =
      this.#caps.names.length === 0
        ? sums
        : `SELECT ${['number', ...this.#sums.names, ...this.#cappedSums.sql, ...this.#values.names].join(', ')}
        FROM (SELECT *, ${this.#caps.sql.join(', ')} FROM (${sums}))`
    if (this.#quantiles.length === 0) return all
    const arms = `if(has(${controls}, number), [toInt64(${CONTROL})], [toInt64(${ALL_VARIANTS}), transform(number, {numbers:Array(Int64)}, {groups:Array(Int64)}, -2)])`
    const weight = `if(arm = ${ALL_VARIANTS}, transform(number, {numbers:Array(Int64)}, {together:Array(Float64)}, 0.), transform(number, {numbers:Array(Int64)}, {own:Array(Float64)}, 0.))`
    const counts = `arm < ${VERSIONS}${this.#isWeighted ? ` AND ${weight} > 0` : ''}`
    const together = this.#values.names.flatMap(name => [
      `groupArrayArray(if(${counts}, parts.${name}, [])) AS ${name}`,
      ...(this.#isWeighted
        ? [
            `groupArrayArray(if(${counts}, arrayWithConstant(length(parts.${name}), ${weight}), [])) AS ${weightsOf(name)}`,
          ]
        : []),
    ])
    const fields = this.#quantiles.flatMap(({ names }) => names)
    return `SELECT ${['arm', `arm - ${VERSIONS} AS number`, ...named, ...new Set(fields)].join(', ')}
    FROM (
      SELECT *, ${[...new Set(this.#quantiles.flatMap(({ sql }) => sql))].join(', ')}
      FROM (
        SELECT arm, ${[...named.map(name => `any(${name}) AS ${name}`), ...together].join(', ')}
        FROM (${all}) AS parts ARRAY JOIN arrayPushBack(${arms}, toInt64(number + ${VERSIONS})) AS arm
        GROUP BY arm
      )
    )`
  }
}

const weightsOf = (values: string) => `${values}_weights`
