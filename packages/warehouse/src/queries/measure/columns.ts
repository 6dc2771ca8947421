import type { Metric } from '@espalier/core/definition'
import { statisticOf } from '@espalier/core/definition'
import type { Factors } from './factors.ts'
import type { Layers } from './layers.ts'
import { matchedSql, pointsOfAmount, pointsOfEvents, secondsSql } from './matched.ts'
import { type Span, spanOf } from './span.ts'

/** Names of a person's columns for one metric. */
export interface PersonColumns {
  readonly metric: Metric
  readonly span: Span
  /** The total, and whether any event made it. */
  readonly value: string
  readonly did: string
  /** Of a quantile: a list of the values that count. */
  readonly values?: string
  /** Of a ratio. */
  readonly denominator?: string
  /** The same before the first exposure, for metrics with a covariate. */
  readonly before?: { readonly value: string; readonly denominator?: string }
  /** Whether any amount has no rate. */
  readonly missing?: string
}

export function personColumns(metric: Metric, layers: Layers, factors: Factors): PersonColumns {
  const { person, flags, binder } = layers
  const span = spanOf(metric, binder)
  const row = rowColumns(metric, layers, factors)
  const ratio = statisticOf(metric) === 'mean'
  const total = (when: string) => {
    const counted = `toFloat64(countIf(${row.main} AND ${when}))`
    if (metric.type === 'time') {
      layers.needs.sessions = true
      return person.name(secondsSql(`${row.main} AND ${when}`))
    }
    if (metric.type === 'conversion') {
      const { per = 'person' } = metric
      if (per === 'person' || per === 'buyer') return flags.any(`${row.main} AND ${when}`)
      const units = denominatorOf(metric, layers, row.main, when)
      if (per === 'session') {
        return person.name(`toFloat64(uniqExactIf(session, ${row.main} AND session != 0 AND ${when}))`)
      }
      return person.name(`least(${counted}, ${units})`)
    }
    // Beside exposures, which have no amounts, a sum of nothing would be null.
    const isCount = metric.type === 'count' && !metric.others
    return person.name(isCount ? counted : `toFloat64(ifNull(sumIf(${row.value}, ${when}), 0))`)
  }
  const denominator = (when: string) => (ratio ? denominatorOf(metric, layers, row.main, when) : undefined)
  const own = denominator(span.after)
  const past = span.before && denominator(span.before)
  return {
    metric,
    span,
    value: total(span.after),
    did: flags.any(`${row.main} AND ${span.after}`),
    ...(metric.type === 'quantile' && {
      values: person.name(`groupArrayIf(ifNull(${row.value}, 0), ${row.main} AND ${span.after})`),
    }),
    ...(own && { denominator: own }),
    ...(span.before && { before: { value: total(span.before), ...(past && { denominator: past }) } }),
    ...(row.missing && {
      missing: flags.any(`${row.missing} AND (${span.after}${span.before ? ` OR ${span.before}` : ''})`),
    }),
  }
}

function denominatorOf(metric: Metric, { needs, flags, person }: Layers, main: string, when: string): string {
  if (metric.type === 'mean') return person.name(`toFloat64(countIf(${main} AND ${when}))`)
  switch (metric.per) {
    case 'session':
      needs.sessions = true
      return person.name(`toFloat64(uniqExactIf(session, session != 0 AND ${when}))`)
    case 'exposure':
      needs.exposures = true
      return person.name(`toFloat64(countIf(shown AND ${when}))`)
    default:
      return flags.any(`${main} AND ${when}`)
  }
}

/** Of an event: whether it is one of the metric's own, and its amount (0 where it has none). */
export function rowColumns(
  metric: Metric,
  layers: Layers,
  factors: Factors,
): { main: string; value: string; missing?: string } {
  const { row, made, binder, amounts } = layers
  if (metric.others !== undefined) return pointsOfEvents(metric, layers)
  const isMain = matchedSql(metric.event, metric.where ?? [], layers)
  if (metric.type === 'conversion' || metric.type === 'count' || metric.type === 'time') {
    const main = row.name(isMain)
    return { main, value: main }
  }
  const { refund, currency, property } = metric
  const amount = row.name(
    `if(${isMain}, ${pointsOfAmount(metric.bands, amounts.at(property, metric.event), binder)}, NULL)`,
  )
  const back =
    refund &&
    row.name(
      `if(${matchedSql(refund.event, metric.where ?? [], layers)}, -abs(${amounts.at(refund.property ?? property, refund.event)}), NULL)`,
    )
  // An event that is both is a refund's amount, and counts as the metric's own.
  const plain = back ? `ifNull(${back}, ifNull(${amount}, 0))` : `ifNull(${amount}, 0)`
  const isThere = back ? `(isNotNull(${back}) OR isNotNull(${amount}))` : `isNotNull(${amount})`
  const main = made.name(`isNotNull(${amount})`)
  if (currency === undefined) return { main, value: made.name(plain) }
  const factor = row.name(factors.sql(currency, binder))
  return { main, value: made.name(`${plain} * ${factor}`), missing: made.name(`(${isThere} AND ${factor} = 0)`) }
}
