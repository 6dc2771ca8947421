import { requireZone } from './zone.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
/** Offsets kept of a zone, one an hour: more than a year and a month of hours. */
const KEPT = 10_000

/** The days of a zone's calendar, numbered since 1970-01-01. */
export interface Days {
  readonly of: (instant: number) => number
  /** When a day begins: its first instant, also where midnight does not exist or exists twice. */
  readonly start: (day: number) => number
}

const UTC: Days = { of: instant => Math.floor(instant / DAY), start: day => day * DAY }
const known = new Map<string, Days>()

/** Days of an IANA zone. Throws `RangeError` for an unknown one. */
export function dayIn(zone: string): Days {
  if (zone === 'UTC') return UTC
  let days = known.get(zone)
  if (days === undefined) {
    days = daysOf(offsetIn(zone))
    known.set(zone, days)
  }
  return days
}

function daysOf(offset: (instant: number) => number): Days {
  const of = (instant: number) => Math.floor((instant + offset(instant)) / DAY)
  return {
    of,
    start(day) {
      // Zones are at most 14 hours off; from there by quarter hours, at which all changes of offset happen since 1972.
      let at = day * DAY - offset(day * DAY)
      while (of(at) >= day) at -= 15 * MINUTE
      while (of(at) < day) at += 15 * MINUTE
      return at
    },
  }
}

/**
 * Milliseconds a zone is ahead of UTC at an instant. Asking Intl costs more than a whole decision, so the answer for each
 * hour is kept; an hour within which the offset changes is asked by the minute.
 */
export function offsetIn(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: requireZone(zone),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const ask = (instant: number): number => {
    const minute = Math.floor(instant / MINUTE) * MINUTE
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(minute)) part[type] = Number(value)
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!) - minute
  }
  const offsets = new Map<number, number>()
  return instant => {
    const hour = Math.floor(instant / HOUR)
    let offset = offsets.get(hour)
    if (offset === undefined) {
      const [begin, end] = [ask(hour * HOUR), ask(hour * HOUR + HOUR - MINUTE)]
      offset = begin === end ? begin : Number.NaN
      if (offsets.size >= KEPT) offsets.clear()
      offsets.set(hour, offset)
    }
    return Number.isNaN(offset) ? ask(instant) : offset
  }
}

/** The instants after `from`, up to `to`, at which a zone's offset changes, ascending: of two within a day of which the second undoes the first, none. */
export function offsetChanges(offset: (instant: number) => number, from: number, to: number): number[] {
  const changes: number[] = []
  for (let before = from; before < to; before += DAY) {
    const after = Math.min(before + DAY, to)
    if (offset(before) !== offset(after)) changes.push(changeBetween(offset, before, after))
  }
  return changes
}

/** Zones change at full minutes. */
function changeBetween(offset: (instant: number) => number, from: number, to: number): number {
  const old = offset(from)
  let [low, high] = [Math.floor(from / MINUTE), Math.ceil(to / MINUTE)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offset(middle * MINUTE) === old) low = middle
    else high = middle
  }
  return high * MINUTE
}
