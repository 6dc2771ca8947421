import { instantIn } from '../time/local.ts'

/** The weeks or months a report tells apart, and the time it is over, epoch milliseconds, to (exclusive). */
export interface Periods {
  readonly by: 'week' | 'month'
  /** IANA zone of the weeks and months. */
  readonly zone: string
  readonly from: number
  readonly to: number
}

const DAY_MS = 86_400_000
const WEEK_DAYS = 7

/**
 * How many days of a period, told by its first day such as `2026-10-05`, lie in the time of the report. Days of the calendar: the one on
 * which the clock is put back is one, so that a whole week always has seven.
 */
export function periodDays(period: string, { by, zone, from, to }: Periods): number {
  const first = new Date(`${period}T00:00:00Z`)
  const [year, month, day] = [first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()]
  const next = by === 'week' ? Date.UTC(year, month, day + WEEK_DAYS) : Date.UTC(year, month + 1, day)
  const days = (next - first.getTime()) / DAY_MS
  const [start, end] = [instantIn(zone, first.getTime()), instantIn(zone, next)]
  const inside = Math.max(0, Math.min(end, to) - Math.max(start, from))
  return (days * inside) / (end - start)
}
