/** Arms of which there are quantiles, beside the variants by their group. */
export const CONTROL = -1
export const ALL_VARIANTS = 0

interface Options {
  /** A column with a list for each person of their values. */
  readonly values: string
  readonly level: string
  /** Half the width of an interval in standard errors. */
  readonly z: string
}

const FIELDS = [
  'count',
  'value',
  'lower',
  'upper',
  'people',
  'below',
  'belowSquares',
  'countSquares',
  'belowTimesCount',
] as const
export type QuantileField = (typeof FIELDS)[number]

/**
 * The value at a level is the one at place floor(level x count), counted from 0; the outer levels are `quantileLevels`. People are the
 * clusters: what one of them does is not independent.
 */
export class Quantile {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  column(field: QuantileField): string {
    return `${this.#options.values}_${field}`
  }

  /** Definitions of the fields and of what they are made of. */
  get sql(): string[] {
    const { values, level, z } = this.#options
    const [xs, belows, counts] = [`${values}_xs`, `${values}_belows`, `${values}_counts`]
    const half = `(${z} * sqrt(${level} * (1 - ${level}) / greatest(length(${xs}), 1)))`
    const at = (place: string) =>
      `${xs}[toUInt64(least(greatest(floor((${place}) * length(${xs})), 0.0), greatest(length(${xs}), 1) - 1.0)) + 1]`
    const fields: Record<QuantileField, string> = {
      count: `length(${xs})`,
      value: at(level),
      lower: at(`${level} - ${half}`),
      upper: at(`${level} + ${half}`),
      people: `length(${values})`,
      below: `arraySum(${belows})`,
      belowSquares: `arraySum(b -> b * b, ${belows})`,
      countSquares: `arraySum(n -> n * n, ${counts})`,
      belowTimesCount: `arraySum((b, n) -> b * n, ${belows}, ${counts})`,
    }
    return [
      `arraySort(arrayFlatten(${values})) AS ${xs}`,
      `arrayMap(own -> toFloat64(arrayCount(x -> x <= ${this.column('value')}, own)), ${values}) AS ${belows}`,
      `arrayMap(own -> toFloat64(length(own)), ${values}) AS ${counts}`,
      ...FIELDS.map(field => `${fields[field]} AS ${this.column(field)}`),
    ]
  }

  get names(): string[] {
    return FIELDS.map(field => this.column(field))
  }
}
