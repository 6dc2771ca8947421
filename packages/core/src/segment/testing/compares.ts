import type { Comparisons } from '../../filter/comparison.ts'
import type { Json } from '../../json.ts'
import { durationMs } from '../../time/duration.ts'
import { parseInstant } from '../../time/instant.ts'

/** The comparisons, said once more as they are documented; `matches` by the host's own regular expressions. */
export function compares(comparisons: Comparisons, value: Json | undefined, now: number): boolean {
  const actual = value === null ? undefined : value
  return Object.entries(comparisons).every(([name, stated]) => compare(name, stated as Json, actual, now))
}

function compare(name: string, stated: Json, actual: Json | undefined, now: number): boolean {
  const number = typeof actual === 'number' ? actual : Number.NaN
  const text = typeof actual === 'string' ? actual : undefined
  const instant = (text === undefined ? undefined : parseInstant(text)) ?? Number.NaN
  switch (name) {
    case 'is':
      return actual === stated
    case 'isNot':
      return actual !== stated
    case 'in':
      return actual !== undefined && (stated as Json[]).includes(actual)
    case 'notIn':
      return actual === undefined || !(stated as Json[]).includes(actual)
    case 'gt':
      return number > (stated as number)
    case 'gte':
      return number >= (stated as number)
    case 'lt':
      return number < (stated as number)
    case 'lte':
      return number <= (stated as number)
    case 'contains':
      return Array.isArray(actual) ? actual.includes(stated) : (text?.includes(stated as string) ?? false)
    case 'startsWith':
      return text?.startsWith(stated as string) ?? false
    case 'endsWith':
      return text?.endsWith(stated as string) ?? false
    case 'matches':
      return text !== undefined && new RegExp(stated as string, 'u').test(text)
    case 'before':
      return instant < momentOf(stated as string, now)
    case 'after':
      return instant > momentOf(stated as string, now)
    case 'exists':
      return (actual !== undefined) === stated
    default:
      throw new Error(`the oracle knows no comparison "${name}"`)
  }
}

/** `now`, `now-7d`, `now+3d`, or an instant. */
function momentOf(text: string, now: number): number {
  if (!text.startsWith('now')) return parseInstant(text)!
  if (text === 'now') return now
  const length = durationMs(text.slice(4))
  return text[3] === '-' ? now - length : now + length
}
