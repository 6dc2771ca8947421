import type { Binder } from '../sql/params.ts'

/** The currency of an event: that of the workspace, `home`, where the event names none. Where `home` is not given either, ''. */
export function currencyOf(event: string, home: string | undefined, binder: Pick<Binder, 'bind'>): string {
  return home === undefined
    ? `${event}.currency`
    : `if(${event}.currency = '', ${binder.bind('String', home)}, toString(${event}.currency))`
}

/**
 * What one unit of a currency was worth in the target on a day: the rate of that day or the last earlier one. Rates are
 * imported against any base, so a currency goes to the target through one base that has both: the target itself, else the
 * currency itself, else the first by name. The target needs no rate. `factor` is 0 where a rate is missing.
 *
 * Gives rows (currency, day, factor) for the distinct rows of `days`, a query of (currency, day).
 */
export function exchangeSql(days: string, target: string): string {
  const series = `(
    SELECT base, currency, day, rate FROM rates FINAL WHERE workspace = {workspace:String} AND rate > 0 AND base != currency
    UNION ALL
    SELECT DISTINCT base, base AS currency, toDate32('1900-01-01') AS day, 1.0 AS rate FROM rates WHERE workspace = {workspace:String}
  )`
  const routes = `(
    SELECT currency, argMin(base, (base != ${target}, base != currency, base)) AS through
    FROM (SELECT DISTINCT base, currency FROM ${series})
    WHERE base IN (SELECT base FROM ${series} WHERE currency = ${target})
    GROUP BY currency
  )`
  return `(
    SELECT currency, day, if(currency = ${target}, 1.0, if(target_rate > 0, own_rate / target_rate, 0)) AS factor
    FROM (
      SELECT own.currency AS currency, own.day AS day, own.base AS base, own.rate AS own_rate, theirs.rate AS target_rate
      FROM (
        SELECT routed.currency AS currency, routed.day AS day, routed.base AS base, series.rate AS rate
        FROM (
          SELECT days.currency AS currency, days.day AS day, routes.through AS base
          FROM (${days}) AS days LEFT ANY JOIN ${routes} AS routes ON routes.currency = days.currency
        ) AS routed
        ASOF LEFT JOIN ${series} AS series
          ON series.base = routed.base AND series.currency = routed.currency AND series.day <= routed.day
      ) AS own
      ASOF LEFT JOIN (SELECT base, day, rate FROM ${series} WHERE currency = ${target}) AS theirs
        ON theirs.base = own.base AND theirs.day <= own.day
    )
  )`
}
