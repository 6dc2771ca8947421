import type { Event } from '../../event/event.ts'
import type { JsonObject } from '../../json.ts'
import type { Aggregate } from '../aggregate.ts'
import type { Condition } from '../condition.ts'
import type { CalendarEntry, Language } from '../language.ts'

/** A case of `histories.json`, made ready. */
export interface HistoryCase {
  readonly name: string
  readonly condition: Condition
  readonly language: Language
  /** In order of arrival. */
  readonly events: readonly Event[]
  readonly checks: readonly Check[]
}

export interface Check {
  /** An identifier of whom is asked. */
  readonly of: string
  /** What the caller of a decision sends. */
  readonly context?: JsonObject
  readonly now: number
  readonly value: boolean
  readonly until: number
  /** The place in the condition that the warehouse cannot tell of. */
  readonly notInSql?: string
}

interface Written {
  name: string
  condition: Condition
  language?: {
    zone?: string
    segments?: Record<string, Condition>
    computed?: Record<string, Aggregate>
    calendar?: { key: string; kind: CalendarEntry['kind']; from: string; to: string }[]
  }
  events: WrittenEvent[]
  checks: { now: string; of?: string; context?: JsonObject; value: boolean; until: string | null; notInSql?: string }[]
}

type WrittenEvent = Partial<Pick<Event, 'type' | 'index' | 'messageId' | 'userId' | 'groupId' | 'context'>> & {
  name: string
  at: string
  received?: string
  /** Null: none. */
  anonymousId?: string | null
  properties?: JsonObject
}

/** The cases of `histories.json`; tests import it, since a build has no room for it. */
export function historyCases({ histories }: { readonly histories: unknown }): HistoryCase[] {
  return (histories as Written[]).map(({ name, condition, language = {}, events, checks }) => ({
    name,
    condition,
    language: {
      zone: language.zone ?? 'UTC',
      segments: new Map(Object.entries(language.segments ?? {})),
      computed: new Map(Object.entries(language.computed ?? {})),
      calendar: (language.calendar ?? []).map(entry => ({
        ...entry,
        from: Date.parse(entry.from),
        to: Date.parse(entry.to),
      })),
    },
    events: events.map(eventOf).sort((a, b) => a.received - b.received),
    checks: checks.map(({ now, of = 'anonymousId:a', until, ...check }) => ({
      ...check,
      of,
      now: Date.parse(now),
      until: until === null ? Number.POSITIVE_INFINITY : Date.parse(until),
    })),
  }))
}

function eventOf(
  { name, at, received = at, anonymousId = 'a', properties = {}, ...more }: WrittenEvent,
  i: number,
): Event {
  return {
    type: 'track',
    messageId: `m${i}`,
    index: 0,
    context: {},
    ...more,
    ...(anonymousId !== null && { anonymousId }),
    name,
    properties: JSON.parse(JSON.stringify(properties), (_, value) => longer(value)) as JsonObject,
    timestamp: Date.parse(at),
    received: Date.parse(received),
  }
}

/** `$4096` stands for a text of so many characters. */
function longer(value: unknown): unknown {
  return typeof value === 'string' && /^\$[0-9]+$/.test(value) ? 'x'.repeat(Number(value.slice(1))) : value
}
