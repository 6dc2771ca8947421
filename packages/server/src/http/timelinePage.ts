import type { TimelineEvent, TimelinePlace } from '@espalier/warehouse'
import Type from 'typebox'
import { Problem } from '../problem.ts'
import { instant } from './instant.ts'

/** An event as it is shown: its place in its request only says what comes first. */
export type ShownEvent = Omit<TimelineEvent, 'index'>

/** What a timeline goes on before: a time, or a mark. */
export const Before = Type.String({
  maxLength: 2000,
  description:
    'The `next` of the page before as it is, or a time: ISO 8601 such as 2026-11-01 or 2026-11-01T09:00:00+01:00, or epoch milliseconds.',
})

export const Next = Type.Union([Type.Integer(), Type.String()], {
  description:
    'What the next page goes on before; absent on the last one. The time of the last event, epoch milliseconds; where more events of that same millisecond follow, a text that marks the event.',
})

/**
 * A page of at most `limit` events, and what the next one goes on before. That is a time where the page ends with its millisecond, and a
 * mark of the last event where the millisecond goes on.
 */
export async function timelinePage(
  ask: (limit: number) => Promise<readonly TimelineEvent[]>,
  limit: number,
): Promise<{ readonly events: readonly ShownEvent[]; readonly next?: number | string }> {
  const found = await ask(limit + 1)
  const [last, following] = [found[limit - 1], found[limit]]
  const events = found.slice(0, limit).map(({ index: _, ...event }) => event)
  if (last === undefined || following === undefined) return { events }
  return { events, next: following.timestamp < last.timestamp ? last.timestamp : markOf(last) }
}

/** What `before` says. Throws `invalid`. */
export function beforeOf(text: string | undefined, path: string): number | TimelinePlace | undefined {
  if (text === undefined || !text.startsWith(MARK)) return instant(text, path)
  const place = placeOf(text)
  if (place !== undefined) return place
  const mend = 'Give back the `next` of the page before as it is, or a time.'
  throw new Problem('invalid', `${path} is no mark of an event.`, { path, mend })
}

/** No time begins so. */
const MARK = 'event.'

function markOf({ timestamp, received, index, messageId, source }: TimelinePlace): string {
  return MARK + Buffer.from(JSON.stringify([timestamp, received, index, messageId, source])).toString('base64url')
}

function placeOf(mark: string): TimelinePlace | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(mark.slice(MARK.length), 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts)) return undefined
  const [timestamp, received, index, messageId, source] = parts as unknown[]
  const isKnown =
    isWhole(timestamp, LATEST) &&
    isWhole(received, LATEST) &&
    isWhole(index, 2 ** 32) &&
    typeof messageId === 'string' &&
    typeof source === 'string'
  return isKnown ? { timestamp, received, index, messageId, source } : undefined
}

/** The year 2286: no event is later. */
const LATEST = 1e13

const isWhole = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < most
