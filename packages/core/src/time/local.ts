import { offsetIn } from './day.ts'

const DAY = 86_400_000

/** What calendar and clock show somewhere. */
export interface Local {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 0 for Sunday, 6 for Saturday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Tells the local time of an instant in an IANA zone. Throws `RangeError` for an unknown one. */
export function localIn(zone: string): (instant: number) => Local {
  const offset = offsetOf(zone)
  return instant => {
    const shown = new Date(instant + offset(instant))
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      weekday: shown.getUTCDay(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      second: shown.getUTCSeconds(),
    }
  }
}

/**
 * When a clock in the zone shows a local time, given as if it were UTC: the first of two such instants. A time that the clock
 * leaves out comes as much later as it leaves out.
 */
export function instantIn(zone: string, local: number): number {
  const offset = offsetOf(zone)
  // Zones are at most 14 hours off and change by less than a day: one of these two holds at the instant.
  const [before, after] = [offset(local - DAY), offset(local + DAY)]
  const first = local - Math.max(before, after)
  return first + offset(first) === local ? first : local - Math.min(before, after)
}

/** There are some 600 zones. */
const known = new Map<string, (instant: number) => number>()

function offsetOf(zone: string): (instant: number) => number {
  let offset = known.get(zone)
  if (offset === undefined) {
    offset = offsetIn(zone)
    known.set(zone, offset)
  }
  return offset
}
