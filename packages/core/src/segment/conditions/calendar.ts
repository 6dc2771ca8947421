import type { JsonObject } from '../../json.ts'
import type { CalendarCondition } from '../condition.ts'
import type { CalendarEntry } from '../language.ts'
import { leaf } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING } from '../node.ts'

/** Holds while an entry of the calendar, or one of its kind, goes on. */
export function calendar(condition: CalendarCondition, entries: readonly CalendarEntry[]): CompiledCondition {
  const { calendar: asked } = condition
  const meant = entries.filter(({ key, kind }) => (typeof asked === 'string' ? key === asked : kind === asked.kind))
  const test = (now: number) => meant.some(({ from, to }) => from <= now && now < to)
  return leaf({
    condition: condition as JsonObject,
    test: ({ now }) => test(now),
    changes: ({ now }) =>
      [...new Set(meant.flatMap(({ from, to }) => [from, to]))].filter(at => at > now).sort((a, b) => a - b),
    reads: {
      ...READS_NOTHING,
      facts: [{ name: `calendar:${typeof asked === 'string' ? asked : asked.kind}`, read: ({ now }) => test(now) }],
    },
  })
}
