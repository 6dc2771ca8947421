import { type Estimate, noEstimate, type Undefined } from '../experiment/index.ts'
import { scaled } from './compare.ts'

/** Days of an average month. */
export const MONTH_DAYS = 365.25 / 12

/**
 * Days below which nothing is said of a month: one whole week. People come and buy differently on each day of it, so of a part of a
 * week a month would be made of the days that happen to be in it; of some hours, of a time of the day. How unlike the weekdays are is
 * in no interval: that is of the people who came.
 */
export const LEAST_DAYS = 7

const DAY_MS = 86_400_000

/** An estimate of a month, or that the time was too short for one. */
export interface MonthEstimate extends Omit<Estimate, 'reason'> {
  readonly reason?: Undefined | 'short-time'
}

/** Whether a time of so many days says what a month is like. A time without any length has nothing in it, which is another reason. */
export const isShort = (days: number): boolean => days > 0 && days < LEAST_DAYS

/** What was brought in so many days, for an average month at this rate. */
export function aMonth(estimate: Estimate, days: number): MonthEstimate {
  if (!(days > 0)) return noEstimate('no-events')
  if (estimate.value === null) return estimate
  return isShort(days) ? { ...noEstimate('no-events'), reason: 'short-time' } : scaled(estimate, MONTH_DAYS / days)
}

/** Why there is no month yet, and of which time there is one; that may be over, or still go on. `from`: when the time begins, epoch milliseconds; null where that is not known. */
export function notYet(from: number | null): string {
  const when =
    from === null
      ? ''
      : `: of one that lasts until ${new Date(from + LEAST_DAYS * DAY_MS).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return `What it is a month is said of a time of no less than ${LEAST_DAYS} days, since no day of the week is like another${when}`
}
