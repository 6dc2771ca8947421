import type { Metric } from '@espalier/core/definition'
import { durationMs } from '@espalier/core/time'
import { type Binder, within } from '../../sql/params.ts'
import { countedSql } from '../counted.ts'
import { moneySql } from './money.ts'
import { joinPeople, personHash, sourceHash } from './people.ts'
import type { PricedQuestion, ProgrammeQuestion } from './question.ts'
import { firstOf } from './units.ts'

/** Rows (person, at, ordered, kpi, revenue, margin, discount, sends, unpriced): what people did and what it cost, one thing a row. */
export function factsSql(question: PricedQuestion, binder: Binder): string {
  const { metric } = question
  const money = `SELECT source, at, ordered, ${metric === undefined ? 'revenue' : '0.'} AS kpi, revenue, margin, discount, 0. AS sends, unpriced
    FROM ${moneySql(question, binder)}`
  const sends = question.sends.length === 0 ? '' : `UNION ALL ${sendsSql(question.sends, binder)}`
  const own = `SELECT ${personHash('e')} AS person, ${COLUMNS.map(name => `e.${name} AS ${name}`).join(', ')}
    FROM (${money} ${sends}) AS e ${joinPeople('e')}`
  return metric === undefined ? `(${own})` : `(${own} UNION ALL ${kpiSql(metric, question.currency, binder)})`
}

const COLUMNS = ['at', 'ordered', 'kpi', 'revenue', 'margin', 'discount', 'sends', 'unpriced']
const NO_MONEY = '0. AS revenue, 0. AS margin, 0. AS discount'

function kpiSql(metric: Metric, home: string, binder: Binder): string {
  const { events, exchange, isMoney } = countedSql(metric, binder, home)
  return `SELECT cityHash64(counted.person) AS person, counted.at AS at, toUInt8(0) AS ordered,
      toFloat64(counted.value${isMoney ? ' * exchange.factor' : ''}) AS kpi, ${NO_MONEY}, 0. AS sends, toUInt8(0) AS unpriced
    FROM ${events} AS counted ${exchange}
    WHERE counted.at >= {from:Int64} AND counted.at < {to:Int64}`
}

function sendsSql(sends: ProgrammeQuestion['sends'], binder: Binder): string {
  const names = binder.bind(
    'Array(String)',
    sends.map(({ touchpoint }) => touchpoint),
  )
  const costs = binder.bind(
    'Array(Float64)',
    sends.map(({ cost }) => cost),
  )
  const defaults = binder.bind(
    'Array(Float64)',
    sends.map(one => one.default),
  )
  const of = (amounts: string) => `transform(toString(e.touchpoint), ${names}, ${amounts}, 0.)`
  return `SELECT ${sourceHash('e')} AS source, toUnixTimestamp64Milli(e.timestamp) AS at, toUInt8(0) AS ordered, 0. AS kpi, ${NO_MONEY},
      if(e.control OR e.holdout OR e.variant = '', ${of(defaults)}, ${of(costs)}) AS sends, toUInt8(0) AS unpriced
    FROM exposures AS e
    WHERE e.workspace = {workspace:String} AND e.touchpoint IN (${names}) AND ${within('e.timestamp')}`
}

/** A person's sum of the KPI, from `f` (facts) and `u` (units). */
export function kpiSum({ metric }: PricedQuestion, binder: Binder): string {
  return metric?.window === undefined
    ? 'sum(f.kpi)'
    : `sumIf(f.kpi, f.at < ${firstOf('u')} + ${binder.bind('Int64', durationMs(metric.window))})`
}

/** What such a sum counts as. */
export const kpiOfPerson = ({ metric }: PricedQuestion, sum: string) =>
  metric?.type === 'conversion' ? `least(1., ${sum})` : sum
