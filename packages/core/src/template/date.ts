import { parseInstant } from '../time/instant.ts'
import { localIn } from '../time/local.ts'
import { knownZone } from '../time/zone.ts'
import { TemplateError } from './error.ts'

/** Numbers from here on are milliseconds, below it seconds, as Liquid has them: 1973 in the one, 5138 in the other. */
const MILLISECONDS = 1e11

/**
 * `{{ offer.expires | date: "%e %B, %H:%M" }}`: a time as a clock in the zone shows it, with English names. A time is a number
 * of seconds or milliseconds, or ISO 8601; whatever else is left as it is. `now` is a variable, no date of this filter's.
 */
export function formatDate(value: unknown, format: unknown, zone: unknown): unknown {
  const instant = instantOf(value)
  if (instant === undefined) return value
  const known = knownZone(zone)
  if (known === undefined) throw new TemplateError(`"${String(zone)}" is no known time zone`)
  const local = localIn(known)(instant)
  const pattern = typeof format === 'string' ? format : '%Y-%m-%d'
  return pattern.replace(DIRECTIVE, (whole, unpadded: string, directive: string) => {
    const write = DIRECTIVES[directive]
    if (write === undefined) throw new TemplateError(notKnown(whole))
    const text = write(local, instant)
    return unpadded === '' ? text : text.replace(/^[0 ]+(?=.)/, '')
  })
}

const DIRECTIVE = /%(-?)([a-zA-Z%])/g

/** A format written down with the filter, as it nearly always is. */
const LITERAL = /\|\s*date\s*:\s*(?:"([^"]*)"|'([^']*)')/g

/** What is wrong with the formats that a template writes down: whoever it is rendered for, it would fail. */
export function dateFormatProblems(source: string): string[] {
  const formats = [...source.matchAll(LITERAL)].map(([, double, single]) => double ?? single ?? '')
  const asked = formats.flatMap(format => [...format.matchAll(DIRECTIVE)])
  const unknown = asked.flatMap(([whole, , directive]) => (Object.hasOwn(DIRECTIVES, directive!) ? [] : [whole]))
  return [...new Set(unknown)].map(notKnown)
}

function notKnown(directive: string): string {
  const known = Object.keys(DIRECTIVES).map(name => `%${name}`)
  return `date knows no "${directive}", only ${known.join(' ')}`
}

function instantOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseInstant(value)
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  const instant = Math.abs(value) >= MILLISECONDS ? value : value * 1000
  // What a Date can hold.
  return Math.abs(instant) <= 8.64e15 ? instant : undefined
}

type Local = ReturnType<ReturnType<typeof localIn>>

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** Those of strftime that people use. */
const DIRECTIVES: Readonly<Record<string, (local: Local, instant: number) => string>> = {
  Y: local => String(local.year),
  y: local => two(local.year % 100),
  m: local => two(local.month),
  B: local => MONTHS[local.month - 1]!,
  b: local => MONTHS[local.month - 1]!.slice(0, 3),
  h: local => MONTHS[local.month - 1]!.slice(0, 3),
  d: local => two(local.day),
  e: local => String(local.day).padStart(2),
  A: local => DAYS[local.weekday]!,
  a: local => DAYS[local.weekday]!.slice(0, 3),
  u: local => String(local.weekday === 0 ? 7 : local.weekday),
  w: local => String(local.weekday),
  j: local => String(dayOfYear(local)).padStart(3, '0'),
  H: local => two(local.hour),
  k: local => String(local.hour).padStart(2),
  I: local => two(twelve(local)),
  l: local => String(twelve(local)).padStart(2),
  M: local => two(local.minute),
  S: local => two(local.second),
  p: local => (local.hour < 12 ? 'AM' : 'PM'),
  P: local => (local.hour < 12 ? 'am' : 'pm'),
  F: local => `${local.year}-${two(local.month)}-${two(local.day)}`,
  R: local => `${two(local.hour)}:${two(local.minute)}`,
  T: local => `${two(local.hour)}:${two(local.minute)}:${two(local.second)}`,
  D: local => `${two(local.month)}/${two(local.day)}/${two(local.year % 100)}`,
  L: (_, instant) => String(((Math.floor(instant) % 1000) + 1000) % 1000).padStart(3, '0'),
  s: (_, instant) => String(Math.floor(instant / 1000)),
  z: (local, instant) => offset(local, instant),
  '%': () => '%',
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}

function twelve({ hour }: Local): number {
  return hour % 12 === 0 ? 12 : hour % 12
}

function dayOfYear({ year, month, day }: Local): number {
  return Math.round((Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 0)) / 86_400_000)
}

/** What the clock shows beyond UTC: `+0530`. */
function offset({ year, month, day, hour, minute, second }: Local, instant: number): string {
  const shown = Date.UTC(year, month - 1, day, hour, minute, second)
  const minutes = Math.round((shown - Math.floor(instant / 1000) * 1000) / 60_000)
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}
