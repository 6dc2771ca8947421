const SHAPE = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2}):(\d{2})))?$/

/**
 * Epoch milliseconds of an ISO 8601 instant with a zone, or of a date (midnight UTC). Undefined where it is none, days
 * that no calendar has included (`2026-02-30`), which `Date.parse` would move into March. Up to nine decimals of a second, as many
 * languages write them, of which those after the third are cut off.
 */
export function parseInstant(text: string): number | undefined {
  const match = SHAPE.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, sign, zoneHour, zoneMinute] = match
  const h = Number(hour ?? 0)
  const m = Number(minute ?? 0)
  const s = Number(second ?? 0)
  if (h > 23 || m > 59 || s > 59 || Number(zoneHour ?? 0) > 23 || Number(zoneMinute ?? 0) > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined
  const local =
    date.getTime() + h * 3_600_000 + m * 60_000 + s * 1_000 + Number((fraction ?? '').slice(0, 3).padEnd(3, '0'))
  const offset = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * 60_000
  return sign === '-' ? local + offset : local - offset
}
