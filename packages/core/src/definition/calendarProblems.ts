import { type Path, type Problem, problem } from '../problem/problem.ts'
import { parseInstant } from '../time/instant.ts'
import type { Settings } from './settings.ts'

/**
 * Entries of the calendar that would never hold: of a day that is in no calendar, or that end before they begin. Several may
 * have one key, as a sale of every year has: conditions mean all of them.
 */
export function calendarProblems(calendar: NonNullable<Settings['calendar']>, path: Path): Problem[] {
  return calendar.flatMap(({ from, to }, i): Problem[] => {
    const found: Problem[] = []
    for (const [name, text] of Object.entries({ from, to })) {
      if (parseInstant(text) !== undefined) continue
      const mend = 'write a date that exists, such as 2026-11-01'
      found.push(problem([...path, i, name], `"${text}" is in no calendar`, mend))
    }
    if (parseInstant(from)! >= parseInstant(to)!) {
      const mend = 'swap the two; `to` is the first instant that is no longer in it'
      found.push(problem([...path, i, 'to'], `it ends at ${to}, which is not after ${from}`, mend))
    }
    return found
  })
}
