/** Arms of which there are quantiles, beside the variants by their group. */
export const CONTROL = -1
export const ALL_VARIANTS = 0

interface Options {
  /** Of the columns of its own; of the same values there may be several, at other levels. */
  readonly name: string
  /** A column with a list for each person of their values. */
  readonly values: string
  readonly level: string
  /** Half the width of an interval in standard errors. */
  readonly z: string
  /** A column with the weight of each person, where they do not count alike. */
  readonly weights?: string
}

const FIELDS = [
  'count',
  'value',
  'lower',
  'upper',
  'people',
  'below',
  'belowSquares',
  'total',
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
    return `${this.#options.name}_${field}`
  }

  /** Definitions of the fields and of what they are made of. */
  get sql(): string[] {
    const { name, values, level, z, weights } = this.#options
    const [xs, belows, counts, sums] = [`${values}_xs`, `${name}_belows`, `${values}_counts`, `${values}_sums`]
    // One over `effectiveCount` of core/experiment.
    const thinned =
      weights === undefined
        ? `1 / greatest(length(${xs}), 1)`
        : `ifNotFinite(arraySum(n -> n * n, ${counts}) / pow(arraySum(${counts}), 2), 1.)`
    const half = `(${z} * sqrt(${level} * (1 - ${level}) * (${thinned})))`
    // With weights a value takes as much place as it weighs.
    const place = (share: string) =>
      weights === undefined
        ? `toUInt64(least(greatest(floor((${share}) * length(${xs})), 0.0), greatest(length(${xs}), 1) - 1.0)) + 1`
        : `if(arrayFirstIndex(s -> s > (${share}) * ${sums}[-1], ${sums}) = 0, length(${xs}), arrayFirstIndex(s -> s > (${share}) * ${sums}[-1], ${sums}))`
    const at = (share: string) => `${xs}[${place(share)}]`
    const each = (sql: string) =>
      weights === undefined
        ? `arrayMap(own -> toFloat64(${sql}), ${values})`
        : `arrayMap((own, w) -> w * toFloat64(${sql}), ${values}, ${weights})`
    const fields: Record<QuantileField, string> = {
      count: `length(${xs})`,
      value: at(level),
      lower: at(`${level} - ${half}`),
      upper: at(`${level} + ${half}`),
      people: `length(${values})`,
      below: `arraySum(${belows})`,
      belowSquares: `arraySum(b -> b * b, ${belows})`,
      countSquares: `arraySum(n -> n * n, ${counts})`,
      total: `arraySum(${counts})`,
      belowTimesCount: `arraySum((b, n) -> b * n, ${belows}, ${counts})`,
    }
    const sorted =
      weights === undefined
        ? [`arraySort(arrayFlatten(${values})) AS ${xs}`]
        : [
            `arraySort(pair -> pair.1, arrayFlatten(arrayMap((own, w) -> arrayMap(x -> (x, w), own), ${values}, ${weights}))) AS ${values}_pairs`,
            `tupleElement(${values}_pairs, 1) AS ${xs}`,
            `arrayCumSum(tupleElement(${values}_pairs, 2)) AS ${sums}`,
          ]
    return [
      ...sorted,
      `${each(`arrayCount(x -> x <= ${this.column('value')}, own)`)} AS ${belows}`,
      `${each('length(own)')} AS ${counts}`,
      ...FIELDS.map(field => `${fields[field]} AS ${this.column(field)}`),
    ]
  }

  get names(): string[] {
    return FIELDS.map(field => this.column(field))
  }
}
