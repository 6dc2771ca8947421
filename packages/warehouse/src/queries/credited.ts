import type { Metric } from '@espalier/core/definition'
import { durationMs } from '@espalier/core/time'
import { ALL_TIME, type Binder } from '../sql/params.ts'
import { countedSql } from './counted.ts'
import { joinLinks, personOf } from './people.ts'

/** What a policy's decisions brought. */
export interface CreditQuestion {
  readonly workspace: string
  readonly experience: string
  /** With a window: without one nothing is ever final. */
  readonly metric: Metric
  /** conversion: whether any event counts, 0 or 1. value: their sum. Of a metric of which less is better, what it saves. */
  readonly reward: 'conversion' | 'value'
  /** Length of a draw period, milliseconds. */
  readonly period: number
  /** Share of people in the control group by version of the experience: propensities are of those who are not in it. */
  readonly controls: readonly { readonly version: number; readonly share: number }[]
  /** Exposures from (inclusive) and to (exclusive). What came after a later one is that one's, also where it lies beyond. */
  readonly from?: number
  readonly to?: number
  /**
   * Whose control group is kept, as variant '': of decisions made elsewhere, or of all. The chances of those are then of everybody, the
   * control group with them. Nobody's unless given. A control decision with a chance of 1 is never kept: beside it nothing could have
   * been shown, so the chances of the others are among themselves.
   */
  readonly withControl?: 'imported' | 'all'
  /** Decisions made elsewhere were drawn anew each time: each exposure of one is a row of its own, whatever the period. */
  readonly importedEach?: boolean
  /** Up to when anything has happened, epoch milliseconds. */
  readonly now: number
  /** Currency of amounts that name none, that of the workspace; without it they have no rate. */
  readonly currency?: string
}

/** One of several disjoint parts of the people, from 0. */
export interface Slice {
  readonly number: number
  readonly of: number
}

export function creditParams({ workspace, experience, from, to, now }: CreditQuestion) {
  return { workspace, experience, now, from: from ?? ALL_TIME.from, to: Math.min(to ?? ALL_TIME.to, now + 1) }
}

/**
 * A row a person and draw period, or with `importedEach` an exposure: the last exposed decision of the experience in it, and what it
 * brought. The holdout is left out, and the control group unless it is asked for.
 *
 * An event is credited to the last exposure at or before it, if it lies within the metric's window of that; so what happened before
 * an exposure is nobody's, and nothing is credited twice. Of exposures of one millisecond one counts. Where somebody saw
 * several variants in one period, only what the last of them brought counts.
 *
 * Columns: person, period, variant ('' for none of them), propensity (among those not in the control group, unless that is kept), at (of
 * that exposure, epoch milliseconds), reward, request, version, control, lost (amounts without a rate).
 */
export function creditedSql(question: CreditQuestion, binder: Binder, slice?: Slice): string {
  const { metric, reward, withControl, importedEach = false } = question
  const controls = withControl === 'all' ? [] : question.controls
  const { events, exchange, isMoney } = countedSql(metric, binder, question.currency)
  const period = binder.bind('Int64', question.period)
  const window = windowOf(question, binder)
  const versions = binder.bind('Array(UInt32)', [0, ...controls.map(({ version }) => version)])
  const shares = binder.bind('Array(Float64)', [0, ...controls.map(({ share }) => share)])
  const mine =
    slice === undefined || slice.of < 2
      ? ''
      : `AND cityHash64(person) % ${binder.bind('UInt32', slice.of)} = ${binder.bind('UInt32', slice.number)}`
  const periodOf = (at: string, what: string) => {
    const number = `toInt64(floor(${at} / ${period}))`
    // No number of a period is as large as an instant, but of periods of a millisecond, which are the same.
    return importedEach ? `if(tupleElement(${what}, 3) = 0, toInt64(${at}), ${number})` : number
  }
  const exposedUntil = (end: string) => `(
    SELECT ${personOf('e')} AS person, toUnixTimestamp64Milli(e.timestamp) AS at,
      max((${keptSql(question)}, e.variant, e.version, e.propensity, e.request_id, e.control)) AS what
    FROM exposures AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout
      AND e.timestamp >= ${instant('{from:Int64}')} AND e.timestamp < ${instant(end)} ${mine}
    GROUP BY person, at
  )`
  const shown = `(
    SELECT person, ${periodOf('at', 'what')} AS period, max(at) AS last, argMax(what, at) AS shown
    FROM ${exposedUntil('{to:Int64}')} GROUP BY person, period HAVING tupleElement(shown, 1)
  )`
  const credits = `(
    SELECT counted.person AS person, ${periodOf('x.at', 'x.what')} AS period, tupleElement(x.what, 2) AS variant,
      countIf(counted.main) AS times, sum(counted.value${isMoney ? ' * exchange.factor' : ''}) AS value,
      ${isMoney ? 'countIf(exchange.factor = 0)' : 'toUInt64(0)'} AS lost
    FROM ${events} AS counted
    ASOF INNER JOIN ${exposedUntil(`least({to:Int64} + ${window}, {now:Int64} + 1)`)} AS x ON counted.person = x.person AND counted.at >= x.at
    ${exchange}
    WHERE counted.at < x.at + ${window} AND x.at < {to:Int64}
    GROUP BY person, period, variant
  )`
  const share = `transform(tupleElement(shown.shown, 3), ${versions}, ${shares}, 0.)`
  return `(
    SELECT shown.person AS person, shown.period AS period, tupleElement(shown.shown, 2) AS variant,
      least(1., tupleElement(shown.shown, 4) / (1 - ${share})) AS propensity, shown.last AS at,
      tupleElement(shown.shown, 5) AS request, tupleElement(shown.shown, 3) AS version, tupleElement(shown.shown, 6) AS control, credits.lost AS lost, toFloat64(${rewardSql(metric, reward)}) AS reward
    FROM ${shown} AS shown
    LEFT ANY JOIN ${credits} AS credits
      ON credits.person = shown.person AND credits.period = shown.period AND credits.variant = tupleElement(shown.shown, 2)
  )`
}

/** Whether an exposure is one to be judged. Decisions made elsewhere have version 0. */
function keptSql({ withControl }: CreditQuestion): string {
  if (withControl === undefined) return 'NOT e.control'
  return `(NOT e.control OR e.propensity < 1${withControl === 'all' ? '' : ' AND e.version = 0'})`
}

const instant = (milliseconds: string) => `fromUnixTimestamp64Milli(${milliseconds}, 'UTC')`

/** Milliseconds. */
export function windowOf({ metric }: Pick<CreditQuestion, 'metric'>, binder: Binder): string {
  if (metric.window === undefined) throw new RangeError('a metric without a window is never final')
  return binder.bind('Int64', durationMs(metric.window))
}

function rewardSql({ direction }: Metric, reward: CreditQuestion['reward']): string {
  if (reward === 'conversion') return direction === 'down' ? 'credits.times = 0' : 'credits.times > 0'
  return direction === 'down' ? '-credits.value' : 'credits.value'
}
