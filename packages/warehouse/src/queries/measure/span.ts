import { isClosedOnly, type Metric } from '@espalier/core/definition'
import { durationMs } from '@espalier/core/time'
import { ALL_TIME, type Binder } from '../../sql/params.ts'

/** When events count, by `t`: milliseconds since the person's first exposure. */
export interface Span {
  readonly after: string
  /** Of the covariate; undefined where there is none. */
  readonly before?: string
  /** Whether nothing that happens from now on can count, by the milliseconds since the first exposure until now; null: never. */
  readonly closed: ((age: string) => string) | null
  /** People whose window is open are left out. */
  readonly closedOnly: boolean
}

export function spanOf(metric: Metric, binder: Binder): Span {
  const delay = metric.delay === undefined ? 0 : durationMs(metric.delay)
  const end = metric.window === undefined ? null : delay + durationMs(metric.window)
  const from = binder.bind('Int64', delay)
  const until = end === null ? null : binder.bind('Int64', end)
  const covariate = metric.covariate === undefined ? null : binder.bind('Int64', durationMs(metric.covariate))
  const closing = until ?? (delay > 0 ? from : null)
  return {
    after: `(t >= ${from}${until === null ? '' : ` AND t < ${until}`})`,
    ...(covariate !== null && { before: `(t < 0 AND t >= -${covariate})` }),
    closed: until === null ? null : age => `${age} >= ${until}`,
    closedOnly: isClosedOnly(metric) && closing !== null,
  }
}

/** Whether a person counts, by the `head` of their first exposure. */
export function countedSql({ closed, closedOnly }: Span, head: string): string {
  return closed === null || !closedOnly ? '1' : closed(ageOf(head))
}

/** Milliseconds since the first exposure until now. */
export const ageOf = (head: string) => `({now:Int64} - bitShiftRight(${head}, 16))`

/**
 * When events can count at all, epoch milliseconds, both inclusive: so long before the first of all exposures as any metric looks back, and
 * so long after the last as one looks ahead, but not beyond now.
 */
export function boundsOf(
  metrics: readonly Metric[],
  { first, last, now }: { first: number; last: number; now: number },
): { earliest: number; latest: number } {
  const before = metrics.map(({ covariate }) => (covariate === undefined ? 0 : durationMs(covariate)))
  const after = metrics.map(({ window, delay }) =>
    window === undefined ? Infinity : durationMs(window) + (delay === undefined ? 0 : durationMs(delay)),
  )
  return {
    earliest: Math.max(first - Math.max(...before), ALL_TIME.from),
    latest: Math.min(last + Math.max(...after), now),
  }
}
