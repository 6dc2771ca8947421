import { type Path, type Problem, problem } from '../problem/problem.ts'
import { parseInstant } from '../time/instant.ts'
import { isZone } from '../time/zone.ts'
import type { Schedule } from './schedule.ts'

/** What is wrong with a schedule beyond its schema. */
export function scheduleProblems(schedule: Schedule, path: Path): Problem[] {
  const { start, end, zone } = schedule
  const dates = Object.entries({ start, end }).flatMap(([name, text]) =>
    text === undefined ? [] : instantProblems(text, zone, [...path, name]),
  )
  return [
    ...(zone === undefined || zone === 'person' || zone === 'workspace' || isZone(zone)
      ? []
      : [problem([...path, 'zone'], `"${zone}" is no known time zone`, 'write person, workspace or an IANA name')]),
    ...(dates.length > 0 ? dates : orderProblems(schedule, path)),
    ...(schedule.hours ?? []).flatMap(({ from, to }, i) =>
      from === to || from === '24:00'
        ? [problem([...path, 'hours', i], `from ${from} to ${to} is no time`, 'let it end later than it begins')]
        : [],
    ),
  ]
}

function instantProblems(text: string, zone: string | undefined, path: Path): Problem[] {
  if (parseWhen(text) === undefined) {
    return [problem(path, `${text} is a day or hour that does not exist`, 'correct the date')]
  }
  if (!isLocal(text) || text.length === 10 || zone !== undefined) return []
  return [
    problem(path, `${text} says no zone`, 'end it with Z or +01:00, or set the schedule’s zone to person or workspace'),
  ]
}

/** Where one is by a clock and the other is not, which comes first depends on where the clock is. */
function orderProblems({ start, end, zone }: Schedule, path: Path): Problem[] {
  if (start === undefined || end === undefined) return []
  if (zone !== undefined && isLocal(start) !== isLocal(end)) return []
  return parseWhen(start)! < parseWhen(end)!
    ? []
    : [problem([...path, 'end'], `it ends at ${end}, not after its start at ${start}`, 'let it end later')]
}

/** Without an offset. */
export function isLocal(text: string): boolean {
  return !/(Z|[+-]\d{2}:\d{2})$/.test(text.slice(10))
}

/** Epoch milliseconds, of a local time as if it were UTC; undefined where there is no such day or hour. */
export function parseWhen(text: string): number | undefined {
  return parseInstant(isLocal(text) && text.length > 10 ? `${text}Z` : text)
}
