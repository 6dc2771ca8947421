import type { Database } from '../../client/database.ts'
import { WarehouseError } from '../../errors.ts'
import { ALL_TIME, Binder, within } from '../../sql/params.ts'
import { currencyOf, exchangeSql } from '../exchange.ts'
import { orderDaysSql } from './money.ts'
import { type MissingRate, type ProgrammeQuestion, type Rates, scopeOf } from './question.ts'
import { spendDaysSql } from './spend.ts'

/** More days of more currencies than this in one report are refused. */
const MOST = 100_000

interface Row {
  currency: string
  day: string
  factor: number
}

/**
 * What other currencies were worth on the days of orders ever (customers have a history) and of spend in the time, looked up once for
 * all queries of the report, and what has no rate, of the KPI's events too.
 */
export async function ratesOf(
  database: Database,
  question: ProgrammeQuestion,
): Promise<{ rates: Rates; missing: MissingRate[] }> {
  const { metric, currency } = question
  const lookUp = async (days: (binder: Binder, target: string) => string, base: string, from: number) => {
    const binder = new Binder()
    const target = binder.bind('String', base)
    const rows = await database.rows<Row>(
      `SELECT currency, toString(day) AS day, factor FROM ${exchangeSql(days(binder, target), target)}
      WHERE currency != ${target} ORDER BY currency, day LIMIT ${MOST + 1}`,
      { ...binder.params, ...scopeOf(question), from },
    )
    if (rows.length > MOST) {
      throw new WarehouseError('invalid', `More than ${MOST} rates are needed at once. Ask for a shorter time.`)
    }
    return rows
  }
  const { from } = scopeOf(question)
  const own = [
    ...(await lookUp((binder, target) => orderDaysSql(question.orders, target, binder), currency, ALL_TIME.from)),
    ...(await lookUp(() => spendDaysSql, currency, from)),
  ]
  const theirs =
    metric?.currency === undefined
      ? []
      : await lookUp(
          binder => `SELECT DISTINCT ${currencyOf('e', currency, binder)} AS currency, toDate32(e.timestamp) AS day FROM events AS e
            WHERE e.workspace = {workspace:String} AND ${within('e.timestamp')}
              AND e.name IN (${binder.bind('String', metric.event)}, ${binder.bind('String', metric.refund?.event ?? metric.event)})`,
          metric.currency,
          from,
        )
  return {
    rates: {
      keys: own.map(({ currency, day }) => `${currency} ${day}`),
      factors: own.map(({ factor }) => factor),
    },
    missing: [...missingIn(own, currency), ...missingIn(theirs, metric?.currency ?? '')],
  }
}

function missingIn(rows: readonly Row[], base: string): MissingRate[] {
  const without = rows.filter(({ factor }) => factor === 0)
  return [...new Set(without.map(({ currency }) => currency))].map(currency => {
    const days = [...new Set(without.filter(row => row.currency === currency).map(({ day }) => day))].sort()
    return { currency, base, days: days.length, firstDay: days[0] ?? '' }
  })
}
