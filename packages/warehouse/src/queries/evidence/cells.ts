import type { ArmStatistics } from '@espalier/core/experiment'
import type { Database } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import type { ImpactQuestion } from '../../warehouse.ts'
import { armVersions, numbersOf } from '../arms.ts'
import { measuredArm } from '../measure/armStatistics.ts'
import { certainOf, strataOf, weightsOf } from '../measure/chances.ts'
import { personColumns } from '../measure/columns.ts'
import { scopeOf } from '../measure/exposed.ts'
import { factorsOf } from '../measure/factors.ts'
import { layers } from '../measure/layers.ts'
import { SharedBinder } from '../measure/sharedBinder.ts'
import { boundsOf, countedSql } from '../measure/span.ts'
import { NOTHING, type Sums } from '../measure/sums.ts'
import { totalsSql } from '../measure/totals.ts'
import { type Attribute, attributesSql } from './attributes.ts'

export interface CellsQuestion extends ImpactQuestion {
  /** At least one. */
  readonly by: readonly Attribute[]
}

/** One arm of the people of one combination of values, and of one half of all people, drawn by lot. */
export interface Cell {
  readonly values: readonly string[]
  readonly half: 0 | 1
  readonly arm: ArmStatistics
}

export interface Cells {
  readonly cells: readonly Cell[]
  /** People with amounts without a rate. */
  readonly missing: number
}

/** More combinations of values than this say nothing about any of them. */
const MOST = 100_000

/**
 * The arms of an experience by what people were at their first exposure: of that drill-downs and targeting rules are made. People and
 * events count as in `impact`; nothing is winsorized or adjusted. Where chances changed arms have strata, and weights, as in `byChance`.
 */
export async function evidenceCells(database: Database, question: CellsQuestion): Promise<Cells> {
  const { now, by } = question
  const { winsorize: _, covariate: __, ...metric } = question.metric
  const bounds = scopeOf(question)
  const versions = await armVersions(database, bounds)
  if (versions.length === 0) return { cells: [], missing: 0 }
  const first = Math.min(...versions.map(({ firstSeen }) => firstSeen))
  const last = Math.max(...versions.map(({ lastSeen }) => lastSeen))
  const scope = { ...bounds, ...numbersOf(versions), ...boundsOf([metric], { first, last, now }), now }
  const factors = await factorsOf(database, [metric], scope, question.currency)
  const binder = new SharedBinder()
  const shared = layers(binder)
  const { span, value, did, denominator: d, missing } = personColumns(metric, shared, factors)
  const isCounted = countedSql(span, 'totals.head')
  const sum = (term: string) => `sumIf(${term}, ${isCounted})`
  const sums: Partial<Record<keyof Sums, string>> = {
    people: `countIf(${isCounted})`,
    exposures: sum('totals.exposures'),
    conversions: `countIf(${did} AND ${isCounted})`,
    sum: sum(value),
    sumSquares: sum(`${value} * ${value}`),
    ...(d && { denominatorSum: sum(d), denominatorSumSquares: sum(`${d} * ${d}`), crossSum: sum(`${value} * ${d}`) }),
    ...(missing && { missing: `countIf(${missing})` }),
  }
  const values = by.map((_, index) => `a.v${index} AS v${index}`)
  const keys = ['number', 'half', ...by.map((_, index) => `v${index}`)].join(', ')
  const columns = Object.entries(sums).map(([name, sql]) => `${sql} AS sum_${name}`)
  const rows = await database.rows<Record<string, number | string>>(
    `SELECT bitAnd(totals.head, 65535) AS number, cityHash64('half', totals.person) % 2 AS half, ${values.join(', ')}, ${columns.join(', ')}
    FROM ${totalsSql(shared)} AS totals INNER JOIN ${attributesSql(by, binder)} AS a ON a.person = totals.person
    GROUP BY ${keys} ORDER BY ${keys} LIMIT ${MOST + 1}`,
    { ...binder.params, ...scope },
  )
  if (rows.length > MOST) {
    throw new WarehouseError('invalid', `These have more than ${MOST} combinations of values. Ask for fewer at once.`)
  }
  const people = versions.map((_, index) =>
    rows.filter(row => Number(row.number) === index + 1).reduce((all, row) => all + Number(row.sum_people), 0),
  )
  const weighted = versions.some(({ chance }) => chance !== undefined)
  const strata = strataOf(versions, people)
  const several = new Set(strata.values()).size > 1
  const certain = certainOf(versions)
  return {
    missing: rows.reduce((all, row) => all + Number(row.sum_missing ?? 0), 0),
    cells: rows.map((row): Cell => {
      const version = versions[Number(row.number) - 1]!
      const own = Object.keys(sums).map(name => [name, Number(row[`sum_${name}`] ?? 0)])
      const arm: ArmStatistics = {
        variant: version.variant,
        control: version.control,
        expected: 0,
        ...measuredArm(metric, { ...NOTHING, ...Object.fromEntries(own) }),
      }
      return {
        values: by.map((_, index) => String(row[`v${index}`])),
        half: Number(row.half) === 0 ? 0 : 1,
        arm: {
          ...arm,
          ...(weighted && { weights: weightsOf(arm, version.weight) }),
          ...(several && { stratum: strata.get(version.version)! }),
          ...(certain[Number(row.number) - 1] && { certain: true }),
        },
      }
    }),
  }
}
