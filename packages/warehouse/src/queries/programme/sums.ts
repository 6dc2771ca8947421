import type { ValueSums } from '@espalier/core/impact'
import type { Database } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import { Binder } from '../params.ts'
import { factsSql, kpiTotal } from './facts.ts'
import { type PricedQuestion, type Scope, scopeOf } from './question.ts'

/** More groups than this say nothing to anybody. */
const MOST = 50_000

export interface SumsQuery {
  /** Rows (person, first, and the keys), from `binder`'s parameters. */
  readonly units: (binder: Binder) => string
  /** Columns of the units that people are grouped by. */
  readonly keys: readonly string[]
  /** Of a fact `f` and a unit `u`: which facts count besides those after the first exposure. */
  readonly counts?: string
  /** Of a fact `f`: a further key, by which totals are told apart and people are not. */
  readonly part?: string
  /** Units have a `propensity`: sums weighted by 1 / it are wanted. */
  readonly weighted?: boolean
}

/** One group: its keys, `part` where asked for, and sums. Of a group in which nothing happened the sums are 0. */
export type SumsRow = ValueSums & Readonly<Record<string, string | number | boolean>>

const TOTALS = ['kpi', 'revenue', 'margin', 'discounts', 'sends', 'net'] as const

/** Each person's totals are formed first, then summed and squared by group. With a `part`, a row a group and part. */
export async function sumsOf(
  database: Database,
  question: PricedQuestion,
  { units, keys, counts, part, weighted }: SumsQuery,
): Promise<SumsRow[]> {
  const binder = new Binder()
  const keyList = keys.join(', ')
  const weight = weighted ? ', any(if(u.propensity > 0, 1 / u.propensity, 0.)) AS w' : ''
  const people = `(
    SELECT ${keys.map(key => `u.${key} AS ${key}`).join(', ')}, u.person AS person${part ? `, ${part} AS part` : ''}${weight},
      toFloat64(sum(f.ordered)) AS orders, toFloat64(sum(f.unpriced)) AS unpriced, ${kpiTotal(question, binder)} AS kpi,
      sum(f.revenue) AS revenue, sum(f.margin) AS margin, sum(f.discount) AS discounts, sum(f.sends) AS sends,
      margin - discounts - sends AS net
    FROM ${factsSql(question, binder)} AS f INNER JOIN ${units(binder)} AS u ON u.person = f.person
    WHERE f.at >= u.first${counts ? ` AND ${counts}` : ''}
    GROUP BY ${keyList}, person${part ? ', part' : ''}
  )`
  const sums = [
    'toFloat64(countIf(orders > 0)) AS n_buyers',
    'sum(orders) AS n_orders',
    'sum(unpriced) AS n_unpriced',
    ...TOTALS.flatMap(name => [`sum(${name}) AS n_${name}`, `sum(${name} * ${name}) AS n_${name}Squares`]),
    ...(weighted
      ? [
          'sum(w * kpi) AS n_weightedKpi',
          'sum(w * kpi * kpi) AS n_weightedKpiSquares',
          'sum(w * w * kpi) AS n_squaredKpi',
          'sum(w * w * kpi * kpi) AS n_squaredKpiSquares',
        ]
      : []),
  ]
  const names = sums.map(sum => sum.slice(sum.lastIndexOf(' ') + 1))
  const seen = `(
    SELECT ${keys.map(key => `u.${key} AS ${key}`).join(', ')}, toFloat64(count()) AS people
      ${weighted ? ', avg(u.propensity) AS propensity, sum(if(u.propensity > 0, 1 / u.propensity, 0.)) AS weight, sum(if(u.propensity > 0, 1 / (u.propensity * u.propensity), 0.)) AS weightSquares' : ''}
    FROM ${units(binder)} AS u GROUP BY ${keyList}
  )`
  const done = `(SELECT ${keyList}${part ? ', part' : ''}, ${sums.join(', ')} FROM ${people} GROUP BY ${keyList}${part ? ', part' : ''})`
  const rows = await database.rows<SumsRow>(
    `SELECT ${keys.map(key => `seen.${key} AS ${key}`).join(', ')}, seen.people AS people
      ${weighted ? ', seen.propensity AS propensity, seen.weight AS weight, seen.weightSquares AS weightSquares' : ''}
      ${part ? ', done.part AS part' : ''}, ${names.map(name => `done.${name} AS ${name.slice(2)}`).join(', ')}
    FROM ${seen} AS seen ${part ? 'INNER' : 'LEFT ANY'} JOIN ${done} AS done ON ${keys.map(key => `done.${key} = seen.${key}`).join(' AND ')}
    ORDER BY ${keyList}${part ? ', part' : ''} LIMIT ${MOST + 1}`,
    { ...binder.params, ...(scopeOf(question) satisfies Scope) },
  )
  if (rows.length > MOST) {
    throw new WarehouseError('invalid', `More than ${MOST} groups in this report. Ask for a shorter time.`)
  }
  return rows
}
