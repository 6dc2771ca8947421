import type { Metric } from '@espalier/core/definition'
import { statisticOf } from '@espalier/core/definition'
import { conditionsSql } from '../conditions.ts'
import { numberAt } from '../json.ts'
import type { Binder } from '../params.ts'
import type { Factors } from './factors.ts'
import { type Span, spanOf } from './span.ts'

/** Columns that several metrics need are read and added up once: a column is known by its expression. */
export class Columns {
  readonly #prefix: string
  readonly #names = new Map<string, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  name(expression: string): string {
    const known = this.#names.get(expression)
    if (known !== undefined) return known
    const name = `${this.#prefix}${this.#names.size}`
    this.#names.set(expression, name)
    return name
  }

  get names(): string[] {
    return [...this.#names.values()]
  }

  get sql(): string[] {
    return [...this.#names].map(([expression, name]) => `${expression} AS ${name}`)
  }
}

/** What is read of a row for metrics, and what of it is added up for each person. */
export interface Layers {
  readonly row: Columns
  readonly person: Columns
  readonly binder: Binder
  /** Names of the events that count. */
  readonly events: Set<string>
  /** Exposures are rows as well, and events of any name are needed for their sessions. */
  needs: { exposures: boolean; sessions: boolean }
}

export function layers(binder: Binder): Layers {
  return {
    row: new Columns('r'),
    person: new Columns('p'),
    binder,
    events: new Set(),
    needs: { exposures: false, sessions: false },
  }
}

/** Names of a person's columns for one metric. */
export interface PersonColumns {
  readonly metric: Metric
  readonly span: Span
  /** The total, and how many events made it. */
  readonly value: string
  readonly count: string
  /** Of a ratio. */
  readonly denominator?: string
  /** The same before the first exposure, for metrics with a covariate. */
  readonly before?: { readonly value: string; readonly denominator?: string }
  /** Amounts without a rate. */
  readonly missing?: string
}

export function personColumns(metric: Metric, layers: Layers, factors: Factors): PersonColumns {
  const { person, binder } = layers
  const span = spanOf(metric, binder)
  const row = rowColumns(metric, layers, factors)
  const ratio = statisticOf(metric) === 'mean'
  const total = (when: string) => {
    const counted = `toFloat64(countIf(${row.main} AND ${when}))`
    if (metric.type === 'conversion') {
      const { per = 'person' } = metric
      if (per === 'person' || per === 'buyer') return `toFloat64(countIf(${row.main} AND ${when}) > 0)`
      const units = denominatorOf(metric, layers, row.main, when)
      if (per === 'session') return `toFloat64(uniqExactIf(session, ${row.main} AND session != 0 AND ${when}))`
      return `least(${counted}, ${units})`
    }
    return metric.type === 'count' ? counted : `sumIf(${row.value}, ${when})`
  }
  const denominator = (when: string) => (ratio ? person.name(denominatorOf(metric, layers, row.main, when)) : undefined)
  const own = denominator(span.after)
  const past = span.before && denominator(span.before)
  return {
    metric,
    span,
    value: person.name(total(span.after)),
    count: person.name(`toFloat64(countIf(${row.main} AND ${span.after}))`),
    ...(own && { denominator: own }),
    ...(span.before && { before: { value: person.name(total(span.before)), ...(past && { denominator: past }) } }),
    ...(row.missing && {
      missing: person.name(`countIf(${row.missing} AND (${span.after}${span.before ? ` OR ${span.before}` : ''}))`),
    }),
  }
}

function denominatorOf(metric: Metric, { needs }: Layers, main: string, when: string): string {
  if (metric.type === 'mean') return `toFloat64(countIf(${main} AND ${when}))`
  switch (metric.per) {
    case 'session':
      needs.sessions = true
      return `toFloat64(uniqExactIf(session, session != 0 AND ${when}))`
    case 'exposure':
      needs.exposures = true
      return `toFloat64(countIf(shown AND ${when}))`
    default:
      return `toFloat64(countIf(${main} AND ${when}) > 0)`
  }
}

/** Of an event: whether it is one of the metric's own, and its amount (0 where it has none). */
export function rowColumns(
  metric: Metric,
  { row, binder, events }: Pick<Layers, 'row' | 'binder' | 'events'>,
  factors: Factors,
): { main: string; value: string; missing?: string } {
  const event = binder.bind('String', metric.event)
  events.add(metric.event)
  const where = metric.where ?? []
  const holds = where.length === 0 ? '' : ` AND (${conditionsSql('e.properties', where, binder)})`
  const isMain = `e.name = ${event}${holds}`
  if (metric.type === 'conversion' || metric.type === 'count') {
    const main = row.name(`(${isMain})`)
    return { main, value: main }
  }
  const amountAt = (property: string | undefined) =>
    property === undefined ? 'e.revenue' : numberAt('e.properties', property, binder)
  const amount = row.name(`if(${isMain}, ${amountAt(metric.property)}, NULL)`)
  const { refund, currency } = metric
  if (refund) events.add(refund.event)
  const back =
    refund &&
    row.name(
      `if(e.name = ${binder.bind('String', refund.event)}${holds}, -abs(${amountAt(refund.property ?? metric.property)}), NULL)`,
    )
  // An event that is both is a refund's amount, and counts as the metric's own.
  const plain = back ? `ifNull(${back}, ifNull(${amount}, 0))` : `ifNull(${amount}, 0)`
  const isThere = back ? `(isNotNull(${back}) OR isNotNull(${amount}))` : `isNotNull(${amount})`
  const factor = currency === undefined ? null : row.name(factors.sql(currency, binder))
  return {
    main: `isNotNull(${amount})`,
    value: factor === null ? plain : `${plain} * ${factor}`,
    ...(factor !== null && { missing: `(${isThere} AND ${factor} = 0)` }),
  }
}
