import { isZone } from '@espalier/core/time'
import { join, MappingProblem, RowProblem, textOf } from './problem.ts'
import { instantOf } from './zone.ts'

/** Reads a cell as an instant, epoch milliseconds; throws `RowProblem`. */
export type TimeReader = (cell: unknown) => number

/** Between the years 2000 and 2100 as seconds, milliseconds and microseconds: how a bare number is told. */
const EARLIEST = 946_684_800
const LATEST = 4_102_444_800

const NAMED_FORMATS = ['auto', 'epoch', 'epoch-ms', 'epoch-us'] as const

/**
 * A reader for a format: `auto` (ISO 8601 and its looser relatives, or a number of seconds, milli- or microseconds), `epoch`,
 * `epoch-ms`, `epoch-us`, or a pattern of `yyyy MM dd HH H hh h mm ss SSS a MMM d M xx` such as `dd/MM/yyyy HH:mm`.
 * `zone` holds for times that name none.
 */
export function timeReader(format: string, zone: string): TimeReader {
  switch (format) {
    case 'auto':
      return cell => auto(cell, zone)
    case 'epoch':
      return cell => scaled(cell, 1000)
    case 'epoch-ms':
      return cell => scaled(cell, 1)
    case 'epoch-us':
      return cell => scaled(cell, 0.001)
    default:
      return patternReader(format, zone)
  }
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i

function auto(cell: unknown, zone: string): number {
  if (typeof cell === 'number') return fromNumber(cell, String(cell))
  const text = String(cell ?? '').trim()
  if (/^\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text), text)
  const match = ISO.exec(text)
  if (!match) throw unreadable(text)
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  return wall(text, [+year!, +month!, +day!, +hour, +minute, +second, ms], { offset, zone })
}

function fromNumber(value: number, text: string): number {
  for (const [from, factor] of [
    [EARLIEST, 1000],
    [EARLIEST * 1e3, 1],
    [EARLIEST * 1e6, 1e-3],
  ] as const) {
    if (value >= from && value < (from / EARLIEST) * LATEST) return Math.floor(value * factor)
  }
  throw unreadable(text)
}

function scaled(cell: unknown, factor: number): number {
  const value = typeof cell === 'number' ? cell : Number(String(cell ?? '').trim() || Number.NaN)
  if (!Number.isFinite(value)) throw unreadable(String(cell ?? ''))
  return Math.floor(value * factor)
}

/** Year, month, day, hour, minute, second, millisecond. */
type Wall = [number, number, number, number, number, number, number]

function wall(
  text: string,
  [year, month, day, hour, minute, second, ms]: Wall,
  { offset, zone, pattern }: { offset: string | undefined; zone: string; pattern?: string },
) {
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, ms)
  const back = new Date(utc)
  // Of the years up to 99, with which products write that there is no time, JavaScript makes those of the last century.
  const isReal = back.getUTCFullYear() === year && back.getUTCMonth() === month - 1 && back.getUTCDate() === day
  if (!isReal || hour > 23 || minute > 59 || second > 59) throw unreadable(text, pattern)
  return offset === undefined ? instantOf(utc, zone) : utc - offsetMs(offset)
}

function offsetMs(offset: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset)
  if (!match) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return (match[1] === '-' ? -minutes : minutes) * 60_000
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const TOKENS: Record<string, string> = {
  yyyy: '(\\d{4})',
  MMM: '([A-Za-z]{3})[a-z]*',
  MM: '(\\d{2})',
  M: '(\\d{1,2})',
  dd: '(\\d{2})',
  d: '(\\d{1,2})',
  HH: '(\\d{2})',
  H: '(\\d{1,2})',
  hh: '(\\d{2})',
  h: '(\\d{1,2})',
  mm: '(\\d{2})',
  ss: '(\\d{2})',
  SSS: '(\\d{1,9})',
  a: '([AaPp][Mm])',
  xx: '(Z|[+-]\\d{2}:?\\d{2})',
}
const TOKEN = /yyyy|MMM|MM|M|dd|d|HH|H|hh|h|mm|ss|SSS|a|xx/g

function patternReader(pattern: string, zone: string): TimeReader {
  const order: string[] = []
  // Everything between tokens stands for itself.
  let source = ''
  let last = 0
  for (const match of pattern.matchAll(TOKEN)) {
    source += escaped(pattern.slice(last, match.index)) + TOKENS[match[0]]
    order.push(match[0])
    last = match.index + match[0].length
  }
  const expression = new RegExp(`^${source}${escaped(pattern.slice(last))}$`)
  if (
    !order.includes('yyyy') ||
    !order.some(token => token.startsWith('M')) ||
    !order.some(token => /^d/.test(token))
  ) {
    throw new Error(`the time format "${pattern}" must hold yyyy, MM and dd; or be one of ${NAMED_FORMATS.join(', ')}`)
  }
  return cell => {
    const text = String(cell ?? '').trim()
    const match = expression.exec(text)
    if (!match) throw unreadable(text, pattern)
    const parts = new Map(order.map((token, i) => [token, match[i + 1]!]))
    const number = (...names: string[]) =>
      Number(names.map(name => parts.get(name)).find(part => part !== undefined) ?? 0)
    const named = parts.get('MMM')
    const month = named ? MONTHS.indexOf(named.toLowerCase()) + 1 : number('MM', 'M')
    const half = parts.get('a')?.toLowerCase()
    const hour = half ? (number('hh', 'h') % 12) + (half === 'pm' ? 12 : 0) : number('HH', 'H', 'hh', 'h')
    const ms = Number((parts.get('SSS') ?? '0').slice(0, 3).padEnd(3, '0'))
    return wall(text, [number('yyyy'), month, number('dd', 'd'), hour, number('mm'), number('ss'), ms], {
      offset: parts.get('xx'),
      zone,
      pattern,
    })
  }
}

/** A day and a month, in either order, and a year. */
const SLASHED = /^\d{1,2}([./-])\d{1,2}\1\d{2,4}\b/

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function unreadable(text: string, pattern?: string): RowProblem {
  if (text === '') return new RowProblem('it has no time')
  const shown = `"${text.slice(0, 60)}" is not a time`
  if (pattern) return new RowProblem(`${shown} in the format ${pattern}`)
  // Read by guess, May would be January for a part of the rows.
  return new RowProblem(SLASHED.test(text) ? `${shown} by itself: say in a mapping whether MM/dd or dd/MM` : shown)
}

/** The time reader that `format` and `zone` of an object name. */
export function timeOf(node: Record<string, unknown>, path: string, zone: string): ReturnType<typeof timeReader> {
  const format = node.format === undefined ? NAMED_FORMATS[0] : textOf(node.format, join(path, 'format'))
  try {
    return timeReader(format, node.zone === undefined ? zone : zoneOf(node.zone, join(path, 'zone')))
  } catch (error) {
    if (error instanceof MappingProblem) throw error
    throw new MappingProblem(join(path, 'format'), (error as Error).message)
  }
}

export function zoneOf(node: unknown, path: string): string {
  const zone = textOf(node, path)
  if (!isZone(zone)) throw new MappingProblem(path, `"${zone}" is not a time zone; write it as Europe/London`)
  return zone
}
