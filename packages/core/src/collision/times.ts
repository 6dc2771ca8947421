import { DAYS, type Schedule } from '../definition/schedule.ts'
import { isLocal, parseWhen } from '../definition/scheduleProblems.ts'

/** Clocks differ from UTC by at most 14 hours. */
const FARTHEST = 14 * 3_600_000
const DAY = 24 * 60
const WEEK = 7 * DAY

/** Whether two may run at one moment for one person. False only where they certainly do not. */
export function mayRunTogether(a: Schedule = {}, b: Schedule = {}): boolean {
  if (isOverBefore(a, b) || isOverBefore(b, a)) return false
  // Hours by different clocks may be the same hours.
  if ((a.zone ?? 'workspace') !== (b.zone ?? 'workspace')) return true
  const [open, also] = [minutesOf(a), minutesOf(b)]
  return open.some((on, minute) => on && also[minute]!)
}

/** Whether one ends before the other begins: two times of one clock are told apart wherever it is. */
function isOverBefore(first: Schedule, second: Schedule): boolean {
  const [{ end }, { start }] = [first, second]
  if (end === undefined || start === undefined) return false
  if (first.zone !== undefined && first.zone === second.zone && isLocal(end) && isLocal(start)) {
    return parseWhen(end)! <= parseWhen(start)!
  }
  return hull(first).end <= hull(second).start
}

/** Whether one runs whenever the other does, whoever it is for. */
export function alwaysRunsWith(a: Schedule = {}, b: Schedule = {}): boolean {
  if (a.days !== undefined || a.hours !== undefined) return false
  const [x, y] = [hull(a, -1), hull(b)]
  return x.start <= y.start && x.end >= y.end
}

/** From the earliest start to the latest end there may be, anywhere; or, `inner` being -1, what is within everywhere. */
function hull({ start, end, zone }: Schedule, inner: 1 | -1 = 1): { start: number; end: number } {
  const slack = (text: string) => (zone !== undefined && isLocal(text) ? FARTHEST * inner : 0)
  return {
    start: start === undefined ? Number.NEGATIVE_INFINITY : parseWhen(start)! - slack(start),
    end: end === undefined ? Number.POSITIVE_INFINITY : parseWhen(end)! + slack(end),
  }
}

/** Each minute of the week, Sunday's midnight first. */
function minutesOf({ days, hours = [{ from: '00:00', to: '24:00' }] }: Schedule): boolean[] {
  const open = new Array<boolean>(WEEK).fill(false)
  for (const [day, name] of DAYS.entries()) {
    if (days !== undefined && !days.includes(name)) continue
    for (const { from, to } of hours) {
      const [begin, end] = [minute(from), minute(to)]
      const last = end > begin ? end : end + DAY
      for (let at = begin; at < last; at++) open[(day * DAY + at) % WEEK] = true
    }
  }
  return open
}

function minute(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
}
