import type { Database } from '../../client/database.ts'
import { Binder } from '../../sql/params.ts'
import { factsSql, kpiOfPerson, kpiSum } from './facts.ts'
import { type PricedQuestion, scopeOf } from './question.ts'
import { firstOf, groupOf } from './units.ts'

export interface SumsQuery {
  /** Rows (person, head, propensity), from `binder`'s parameters. */
  readonly units: (binder: Binder) => string
  /** Units have a `segment`, by which people are told apart beside their group. */
  readonly segments?: boolean
  /** Of a fact `f` and a unit `u`: which facts count besides those after the first exposure. */
  readonly counts?: string
  /** Of a fact `f`: by what a person's totals are told apart as well. */
  readonly part?: string
}

/** Sums over the people of one group, and segment; of what they did in one `part`, or in all ('') of them. */
export interface SumsRow {
  readonly number: number
  readonly segment: string
  readonly part: string
  readonly [sum: `n_${string}`]: number
}

/** The people of one group and segment. */
export interface SeenRow {
  readonly number: number
  readonly segment: string
  readonly people: number
  readonly propensity: number
  readonly weight: number
  readonly weightSquares: number
}

const TOTALS = ['orders', 'unpriced', 'kpi', 'revenue', 'margin', 'discounts', 'sends'] as const
const SQUARED = ['kpi', 'revenue', 'margin', 'discounts', 'sends', 'net'] as const

export async function seenOf(
  database: Database,
  question: PricedQuestion,
  { units, segments }: SumsQuery,
): Promise<SeenRow[]> {
  const binder = new Binder()
  return database.rows<SeenRow>(
    `SELECT ${groupOf('u')} AS number, ${segments ? 'u.segment' : "''"} AS segment, toFloat64(count()) AS people,
      avg(u.propensity) AS propensity, sum(if(u.propensity > 0, 1 / u.propensity, 0.)) AS weight,
      sum(if(u.propensity > 0, 1 / (u.propensity * u.propensity), 0.)) AS weightSquares
    FROM ${units(binder)} AS u GROUP BY number, segment ORDER BY number, segment`,
    { ...binder.params, ...scopeOf(question) },
  )
}

/** Each person's totals are formed first, then summed and squared by group, in one pass for all parts and the whole. */
export async function sumsOf(
  database: Database,
  question: PricedQuestion,
  { units, segments, counts, part }: SumsQuery,
): Promise<SumsRow[]> {
  const binder = new Binder()
  const people = `
    SELECT u.person AS person, u.head AS head, ${segments ? 'u.segment' : "''"} AS segment, ${part ?? "''"} AS part,
      any(if(u.propensity > 0, 1 / u.propensity, 0.)) AS w,
      toFloat64(sum(f.ordered)) AS orders, toFloat64(sum(f.unpriced)) AS unpriced, ${kpiSum(question, binder)} AS kpi,
      sum(f.revenue) AS revenue, sum(f.margin) AS margin, sum(f.discount) AS discounts, sum(f.sends) AS sends
    FROM ${factsSql(question, binder)} AS f INNER JOIN ${units(binder)} AS u ON u.person = f.person
    WHERE f.at >= ${firstOf('u')}${counts ? ` AND ${counts}` : ''}
    GROUP BY person, head, segment, part`
  const wholes = `
    SELECT p.head AS head, p.segment AS segment, any(p.w) AS w, groupArray((p.part, ${TOTALS.map(name => `p.${name}`).join(', ')})) AS parts,
      ('', ${TOTALS.map(name => `sum(p.${name})`).join(', ')}) AS whole
    FROM (${people}) AS p GROUP BY p.person, p.head, p.segment`
  const totals =
    part === undefined
      ? `(${people})`
      : `(
    SELECT t.head AS head, t.segment AS segment, t.w AS w, t.one.1 AS part, ${TOTALS.map((name, i) => `t.one.${i + 2} AS ${name}`).join(', ')}
    FROM (SELECT y.head AS head, y.segment AS segment, y.w AS w, arrayJoin(arrayPushBack(y.parts, y.whole)) AS one FROM (${wholes}) AS y) AS t
  )`
  const own = `(
    SELECT ${groupOf('t')} AS number, t.segment AS segment, t.part AS part, t.w AS w, ${kpiOfPerson(question, 't.kpi')} AS kpi,
      ${TOTALS.filter(name => name !== 'kpi')
        .map(name => `t.${name} AS ${name}`)
        .join(', ')}, t.margin - t.discounts - t.sends AS net
    FROM ${totals} AS t
  )`
  return database.rows<SumsRow>(
    `SELECT number, segment, part, toFloat64(countIf(orders > 0)) AS n_buyers, sum(orders) AS n_orders, sum(unpriced) AS n_unpriced,
      ${SQUARED.map(name => `sum(${name}) AS n_${name}, sum(${name} * ${name}) AS n_${name}Squares`).join(', ')},
      sum(w * kpi) AS n_weightedKpi, sum(w * kpi * kpi) AS n_weightedKpiSquares,
      sum(w * w * kpi) AS n_squaredKpi, sum(w * w * kpi * kpi) AS n_squaredKpiSquares
    FROM ${own} GROUP BY number, segment, part ORDER BY number, segment, part`,
    { ...binder.params, ...scopeOf(question) },
  )
}
