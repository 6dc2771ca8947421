import { isClosedOnly, type Metric } from '../definition/metric.ts'
import { durationMs } from '../time/index.ts'
import type { ArmStatistics } from './arm.ts'

/**
 * The conversion window of a metric: events count from `delay` after a person's first exposure on, for `length`; without a
 * length to the end. Milliseconds.
 */
export interface ConversionWindow {
  readonly delay?: number
  readonly length?: number
}

/** The instants between which one person's events count: from `from` (inclusive) to `until` (exclusive; null: to the end). */
export interface WindowSpan {
  readonly from: number
  readonly until: number | null
  /** Whether nothing that happens from now on can count any more. Without a length a window never closes. */
  readonly closed: boolean
}

/**
 * Events at the very instant of the exposure count. What the warehouse must deliver: sums over each person's events in their
 * own span, everybody exposed counted whether their window has closed or not (arms fill evenly, so a comparison stays fair
 * while windows are open), and in `matured` how many windows have closed.
 */
export function windowSpan(exposedAt: number, { delay = 0, length }: ConversionWindow, now: number): WindowSpan {
  const from = exposedAt + delay
  const until = length === undefined ? null : from + length
  return { from, until, closed: until !== null && until <= now }
}

const DAY_MS = 86_400_000

/**
 * How long the people who count have been coming, in days, 1 at least; 0 where nobody has: what waiting longer is reckoned by. Of an absence, and
 * of what counts after a delay, those who came within the last window do not count yet.
 */
export function daysOf(
  { first, last }: { readonly first?: number; readonly last?: number },
  now: number,
  metric: Pick<Metric, 'absent' | 'delay' | 'window'>,
): number {
  if (first === undefined || last === undefined) return 0
  const length =
    (metric.delay === undefined ? 0 : durationMs(metric.delay)) +
    (metric.window === undefined ? 0 : durationMs(metric.window))
  return Math.max(1, (Math.min(now - (isClosedOnly(metric) ? length : 0), last) - first) / DAY_MS)
}

/** Share of people whose window has closed; null where there is nobody. Arms that do not say have all closed. */
export function maturedShare(arms: readonly ArmStatistics[]): number | null {
  const people = arms.reduce((sum, arm) => sum + arm.people, 0)
  const matured = arms.reduce((sum, arm) => sum + (arm.matured ?? arm.people), 0)
  return people > 0 ? matured / people : null
}
