/** True for a zone of the IANA database this runtime knows, such as `Europe/Berlin` or `UTC`; offsets are no zones. */
export function isZone(zone: string): boolean {
  return oneName(zone) !== undefined
}

/** The one name of a zone that may be written in many ways, as `europe/BERLIN`; undefined for what is no zone. */
function oneName(zone: string): string | undefined {
  if (!/^[A-Za-z]/.test(zone)) return undefined
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

/** Zones people name; what is none is remembered too, up to a bound (R11). */
const MAX_ZONES = 1000
const zones = new Map<string, string | undefined>()

/**
 * The zone that somebody names: that of the name, or of an offset in its place, as RudderStack's SDK for pages sends it
 * (`GMT+0100`). Undefined for what is neither. Asking is what costs, so the answer is remembered. However it was written it has one
 * name here: what is kept by zone grows no more than there are zones (R11).
 */
export function knownZone(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  if (zones.has(name)) return zones.get(name)
  const zone = oneName(name) ?? zoneAt(name)
  if (zones.size >= MAX_ZONES) zones.clear()
  zones.set(name, zone)
  return zone
}

const OFFSET = /^(?:GMT|UTC)?([+-])(\d\d):?(\d\d)$/

/** Zones that are always so far ahead of UTC; those of whole hours have names of their own. */
const ALWAYS: ReadonlyMap<string, string> = new Map([
  ['-0930', 'Pacific/Marquesas'],
  ['+0330', 'Asia/Tehran'],
  ['+0430', 'Asia/Kabul'],
  ['+0530', 'Asia/Kolkata'],
  ['+0545', 'Asia/Kathmandu'],
  ['+0630', 'Asia/Yangon'],
  ['+0845', 'Australia/Eucla'],
  ['+0930', 'Australia/Darwin'],
])

/** A zone whose clocks show this offset; undefined where none always does. */
function zoneAt(text: string): string | undefined {
  const [, sign, hours, minutes] = OFFSET.exec(text) ?? []
  if (sign === undefined) return undefined
  if (minutes !== '00') return ALWAYS.get(`${sign}${hours}${minutes}`)
  // In these names a plus is west.
  const zone = `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}`
  return oneName(zone)
}

/** Gives the zone back, or throws `RangeError`. */
export function requireZone(zone: string): string {
  if (isZone(zone)) return zone
  throw new RangeError(`"${zone}" is no known time zone: write an IANA name such as Europe/Berlin or UTC`)
}
