import type { Metric } from '@espalier/core/definition'
import { DEFAULT_CONFIDENCE, type QuantilesByArm } from '@espalier/core/experiment'
import { normalQuantile } from '@espalier/core/numeric'
import type { Database, Params } from '../../client/database.ts'
import type { ArmVersion } from '../arms.ts'
import { ByArm, type Weights } from './byArm.ts'
import { type PersonColumns, personColumns } from './columns.ts'
import type { Factors } from './factors.ts'
import { layers } from './layers.ts'
import { quantilesOf } from './quantiles.ts'
import { SharedBinder } from './sharedBinder.ts'
import { ageOf, countedSql } from './span.ts'
import { totalsSql } from './totals.ts'

/** Sums of one metric over the people of one arm version. */
export interface Sums {
  people: number
  exposures: number
  crossed: number
  matured: number
  open: number
  conversions: number
  sum: number
  sumSquares: number
  denominatorSum: number
  denominatorSumSquares: number
  crossSum: number
  cappedPeople: number
  excess: number
  beforeSum: number
  beforeSquares: number
  beforeCross: number
  beforeDenominatorSum: number
  beforeDenominatorSquares: number
  beforeOwnCross: number
  valueDenominator: number
  denominatorValue: number
  denominators: number
  missing: number
}

/** Of one metric: sums by the number of the arm version, and of a quantile what it is by arm. */
export interface Measured {
  readonly sums: ReadonlyMap<number, Sums>
  readonly quantiles?: QuantilesByArm
}

/** By metric, in their order, all of them in one pass over the events. `weights`: by arm version, for quantiles where people do not count alike. */
export async function measure(
  database: Database,
  metrics: readonly Metric[],
  versions: readonly ArmVersion[],
  factors: Factors,
  scope: Params,
  weights?: Weights,
): Promise<Measured[]> {
  const binder = new SharedBinder()
  const shared = layers(binder)
  const arms = new ByArm({ isWeighted: weights !== undefined })
  const z = binder.bind('Float64', normalQuantile(0.5 + DEFAULT_CONFIDENCE / 2))
  const asked = metrics.map(metric => {
    const column = personColumns(metric, shared, factors)
    const { values } = column
    return {
      fields: fieldsOf(column, arms),
      quantile: values === undefined ? null : arms.quantile(values, binder.bind('Float64', metric.level), z),
    }
  })
  const controls = binder.bind(
    'Array(UInt32)',
    versions.flatMap(({ control }, index) => (control ? [index + 1] : [])),
  )
  const rows = await database.rows<Record<string, number | null>>(arms.sql(totalsSql(shared), controls), {
    ...binder.params,
    ...scope,
    ...(weights && { own: `[${weights.own.join(',')}]`, together: `[${weights.together.join(',')}]` }),
  })
  return asked.map(({ fields, quantile }, index) => ({
    sums: new Map(
      rows.flatMap(row => {
        // The rows of arms have quantiles alone.
        if (row.number == null || row.number < 1) return []
        const own = Object.entries(fields).map(([field, name]) => [field, row[name] ?? 0])
        return [[row.number, { ...NOTHING, ...Object.fromEntries(own) }]]
      }),
    ),
    ...(quantile && { quantiles: quantilesOf(rows, quantile, metrics[index]!, versions, weights !== undefined) }),
  }))
}

type Fields = Partial<Record<keyof Sums, string>>

/** The columns that hold a metric's sums. */
function fieldsOf(column: PersonColumns, arms: ByArm): Fields {
  const { metric, span, value: v, did, denominator: d, before, missing } = column
  const counted = countedSql(span, 'head')
  const countOf = (condition: string) => arms.sum(`countIf(${condition} AND ${counted})`)
  const sumOf = (term: string) => arms.sum(`sumIf(${term}, ${counted})`)
  const [b, bd] = [before?.value, before?.denominator]
  const isCapped = metric.winsorize !== undefined && metric.type !== 'conversion'
  // Capped totals are known once those of all people are, so they are kept as lists till then.
  const capped = isCapped && arms.capped(metric.winsorize, { v, b, d, bd }, counted)
  const product = (one: string, two: string) => (capped ? capped.product(one, two) : sumOf(`${one} * ${two}`))
  return {
    people: countOf('1'),
    exposures: sumOf('exposures'),
    crossed: countOf('mixed'),
    ...(span.closed !== null && { matured: arms.sum(`countIf(${span.closed(ageOf('head'))})`) }),
    ...(span.closedOnly && { open: arms.sum(`countIf(NOT (${counted}))`) }),
    conversions: countOf(did),
    sum: capped ? capped.sum(v) : sumOf(v),
    sumSquares: product(v, v),
    ...(d && { denominatorSum: sumOf(d), denominatorSumSquares: sumOf(`${d} * ${d}`), crossSum: product(v, d) }),
    ...(capped && { cappedPeople: capped.people, excess: capped.excess }),
    ...(b && {
      beforeSum: capped ? capped.sum(b) : sumOf(b),
      beforeSquares: product(b, b),
      beforeCross: product(v, b),
    }),
    ...(d &&
      b &&
      bd && {
        beforeDenominatorSum: sumOf(bd),
        beforeDenominatorSquares: sumOf(`${bd} * ${bd}`),
        beforeOwnCross: product(b, bd),
        valueDenominator: product(v, bd),
        denominatorValue: product(d, b),
        denominators: sumOf(`${d} * ${bd}`),
      }),
    ...(missing && { missing: arms.sum(`countIf(${missing})`) }),
  }
}

/** Of an arm that nobody was seen in first. */
export const NOTHING: Sums = {
  people: 0,
  exposures: 0,
  crossed: 0,
  matured: 0,
  open: 0,
  conversions: 0,
  sum: 0,
  sumSquares: 0,
  denominatorSum: 0,
  denominatorSumSquares: 0,
  crossSum: 0,
  cappedPeople: 0,
  excess: 0,
  beforeSum: 0,
  beforeSquares: 0,
  beforeCross: 0,
  beforeDenominatorSum: 0,
  beforeDenominatorSquares: 0,
  beforeOwnCross: 0,
  valueDenominator: 0,
  denominatorValue: 0,
  denominators: 0,
  missing: 0,
}
