/** Wall-clock times of an IANA zone as instants. */

const HOUR = 3_600_000
const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, Map<number, number>>()

/**
 * The instant at which a clock in `zone` shows the wall time that `utc` shows in UTC. A wall time that occurs twice (clocks
 * going back) is the first of the two; one that is skipped is moved on by the gap, as RFC 5545 has it.
 */
export function instantOf(utc: number, zone: string): number {
  if (zone === 'UTC') return utc
  const before = utc - offsetAt(utc - 24 * HOUR, zone)
  if (shows(before, zone) === utc) return before
  const after = utc - offsetAt(utc + 24 * HOUR, zone)
  return shows(after, zone) === utc ? after : before
}

function shows(instant: number, zone: string): number {
  return instant + offsetAt(instant, zone)
}

/** Milliseconds the zone is ahead of UTC. Zones change on the quarter hour at the finest, so one answer serves that long. */
function offsetAt(instant: number, zone: string): number {
  let cache = offsets.get(zone)
  if (!cache) {
    cache = new Map()
    offsets.set(zone, cache)
  }
  const quarter = Math.floor(instant / (HOUR / 4))
  const known = cache.get(quarter)
  if (known !== undefined) return known
  if (cache.size > 100_000) cache.clear()
  const floor = quarter * (HOUR / 4)
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(floor)
      .map(part => [part.type, Number(part.value)]),
  )
  const shown = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!)
  cache.set(quarter, shown - floor)
  return shown - floor
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US-u-hc-h23', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}
