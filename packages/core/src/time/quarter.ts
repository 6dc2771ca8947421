import { requireZone } from './zone.ts'

const MINUTE = 60_000

/**
 * Tells the calendar quarter of an instant in an IANA zone, as `2026Q4`. Throws `RangeError` for an unknown zone.
 *
 * The last minute's answer is kept, since asking Intl costs more than a whole decision: since 1972 every zone is a whole
 * number of minutes off UTC, so within a minute the quarter cannot change.
 */
export function quarterIn(zone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: requireZone(zone),
    year: 'numeric',
    month: 'numeric',
  })
  let minute = Number.NaN
  let quarter = ''
  return instant => {
    const asked = Math.floor(instant / MINUTE)
    if (asked !== minute) {
      quarter = quarterFrom(format.formatToParts(instant))
      minute = asked
    }
    return quarter
  }
}

function quarterFrom(parts: readonly Intl.DateTimeFormatPart[]): string {
  const month = Number(parts.find(part => part.type === 'month')?.value)
  const year = parts.find(part => part.type === 'year')?.value
  return `${year}Q${Math.ceil(month / 3)}`
}
