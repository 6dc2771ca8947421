import type { Metric } from '@espalier/core/definition'
import type { Database, Params } from '../../client/database.ts'
import type { Cap } from './caps.ts'
import { layers, type PersonColumns, personColumns } from './columns.ts'
import { first } from './exposed.ts'
import type { Factors } from './factors.ts'
import { SharedBinder } from './sharedBinder.ts'
import { ageOf, countedSql } from './span.ts'
import { totalsSql } from './totals.ts'

/** Sums of one metric over the people of one arm version. */
export interface Sums {
  people: number
  exposures: number
  crossed: number
  matured: number
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

/** By metric, in their order: sums by the number of the arm version. All of them in one pass. */
export async function sumsOf(
  database: Database,
  metrics: readonly Metric[],
  caps: ReadonlyMap<Metric, Cap>,
  factors: Factors,
  scope: Params,
): Promise<Map<number, Sums>[]> {
  const binder = new SharedBinder()
  const shared = layers(binder)
  const columns = metrics.map(metric => personColumns(metric, shared, factors))
  const seen = columns.flatMap(({ span }, index) => [
    `countIf(${countedSql(span, 'head')}) AS people_${index}`,
    `sumIf(exposures, ${countedSql(span, 'head')}) AS exposures_${index}`,
    `countIf(mixed AND ${countedSql(span, 'head')}) AS crossed_${index}`,
    `${span.closed === null ? '0' : `countIf(${span.closed(ageOf('head'))})`} AS matured_${index}`,
  ])
  const done = columns.flatMap((column, index) =>
    Object.entries(doneSql(column, caps.get(column.metric), binder)).map(([name, sql]) => `${sql} AS ${name}_${index}`),
  )
  const when = columns.flatMap(({ span }) => [span.after, ...(span.before ? [span.before] : [])])
  const rows = await database.rows<Record<string, number | null>>(
    `SELECT * FROM (SELECT bitAnd(head, 65535) AS number, ${seen.join(', ')} FROM ${first} GROUP BY number) AS seen
    LEFT ANY JOIN (SELECT bitAnd(head, 65535) AS number, ${done.join(', ')} FROM ${totalsSql(shared, when)} GROUP BY number) AS done
      ON done.number = seen.number`,
    { ...binder.params, ...scope },
  )
  return metrics.map(
    (_, index) =>
      new Map(
        rows.map(row => {
          const own = Object.entries(row).flatMap(([name, value]) =>
            name.endsWith(`_${index}`) ? [[name.slice(0, name.lastIndexOf('_')), value ?? 0]] : [],
          )
          return [row.number ?? 0, { ...NOTHING, ...Object.fromEntries(own) }]
        }),
      ),
  )
}

/** What the totals of the people give. Names are those of `Sums`. */
function doneSql(
  column: PersonColumns,
  cap: Cap | undefined,
  binder: SharedBinder,
): Partial<Record<keyof Sums, string>> {
  const { span, value, count, denominator: d, before, missing } = column
  const counted = countedSql(span, 'head')
  const capped = (name: string, at: number | null | undefined) =>
    at == null ? name : `least(${name}, ${binder.bind('Float64', at)})`
  const v = capped(value, cap?.value)
  const sum = (term: string) => `sumIf(${term}, ${counted})`
  const b = before && capped(before.value, cap?.before)
  const bd = before?.denominator
  return {
    conversions: `countIf(${count} > 0 AND ${counted})`,
    sum: sum(v),
    sumSquares: sum(`${v} * ${v}`),
    ...(d && { denominatorSum: sum(d), denominatorSumSquares: sum(`${d} * ${d}`), crossSum: sum(`${v} * ${d}`) }),
    ...(cap?.value != null && {
      cappedPeople: `countIf(${value} > ${binder.bind('Float64', cap.value)} AND ${counted})`,
      excess: sum(`${value} - ${v}`),
    }),
    ...(b && { beforeSum: sum(b), beforeSquares: sum(`${b} * ${b}`), beforeCross: sum(`${v} * ${b}`) }),
    ...(d &&
      b &&
      bd && {
        beforeDenominatorSum: sum(bd),
        beforeDenominatorSquares: sum(`${bd} * ${bd}`),
        beforeOwnCross: sum(`${b} * ${bd}`),
        valueDenominator: sum(`${v} * ${bd}`),
        denominatorValue: sum(`${d} * ${b}`),
        denominators: sum(`${d} * ${bd}`),
      }),
    ...(missing && { missing: `sum(${missing})` }),
  }
}

/** Of an arm that nobody was seen in first. */
export const NOTHING: Sums = {
  people: 0,
  exposures: 0,
  crossed: 0,
  matured: 0,
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
