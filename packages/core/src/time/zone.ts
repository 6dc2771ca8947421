/** True for a zone of the IANA database this runtime knows, such as `Europe/Berlin` or `UTC`; offsets are no zones. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** Gives the zone back, or throws `RangeError`. */
export function requireZone(zone: string): string {
  if (isZone(zone)) return zone
  throw new RangeError(`"${zone}" is no known time zone: write an IANA name such as Europe/Berlin or UTC`)
}
