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

/** Zones people name; what is none is remembered too, up to a bound (R11). */
const MAX_ZONES = 1000
const zones = new Map<string, boolean>()

/** The zone that somebody names, where it is one: asking is what costs, so the answer is remembered. */
export function knownZone(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  let is = zones.get(name)
  if (is === undefined) {
    is = isZone(name)
    if (zones.size >= MAX_ZONES) zones.clear()
    zones.set(name, is)
  }
  return is ? name : undefined
}

/** Gives the zone back, or throws `RangeError`. */
export function requireZone(zone: string): string {
  if (isZone(zone)) return zone
  throw new RangeError(`"${zone}" is no known time zone: write an IANA name such as Europe/Berlin or UTC`)
}
