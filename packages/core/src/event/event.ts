import type { JsonObject } from '../json.ts'
import { messageHash } from './messageHash.ts'

export type EventType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'

/**
 * One thing that happened, after validation: Segment's wire format with the skew rule applied and the batch's
 * `context` and `integrations` merged in. Immutable.
 */
export interface Event {
  readonly type: EventType
  /** Unique within the deduplication horizon (R3); made by the server when the client sent none. Under 100 characters. */
  readonly messageId: string
  readonly userId?: string
  readonly anonymousId?: string
  /** `alias` only: the identifier that becomes `userId`'s. */
  readonly previousId?: string
  /** `group` only: the account. */
  readonly groupId?: string
  /** What it is called: a track's `event`, a page's or screen's `name` (''), otherwise the type. */
  readonly name: string
  /** A page's or screen's category. */
  readonly category?: string
  /** `properties` of track, page and screen; `traits` of identify and group. */
  readonly properties: JsonObject
  readonly context: JsonObject
  /** When it happened, epoch milliseconds: skew-corrected, clamped to 5 minutes ahead of `received` (R10). */
  readonly timestamp: number
  /** When the server received it, epoch milliseconds. */
  readonly received: number
  /** Place in its request, the last key of the total order (R10). */
  readonly index: number
  /** An import's row, kept for ever instead of the deduplication horizon (R3). */
  readonly origin?: ImportOrigin
  /** Where it came as text. It says nothing that the event does not say. */
  readonly written?: Written
}

/**
 * JSON of `properties` and `context` as the client wrote it, on one line: what is stored unchanged need not be written again.
 * It is the text of the very objects named here, and of no others that may have taken their place.
 */
export interface Written {
  readonly properties: JsonObject
  readonly propertiesText: string | undefined
  readonly context: JsonObject
  readonly contextText: string | undefined
}

/** Where an imported row came from: it is taken in once, for ever (R3). */
export interface ImportOrigin {
  /** SHA-256 of the file's bytes and of the mapping's meaning, hex. */
  readonly file: string
  /** Zero-based row of the file that made this event (its first row where several made one). */
  readonly row: number
  /** The row has a messageId of its own: it is what was sent live, or is in another export, under that. */
  readonly named?: true
}

/** Total order of events: timestamp, then received, then place in the request (R10), then, so that no two are equal, the messageId's hash. */
export function compareEvents(a: Event, b: Event): number {
  return (
    a.timestamp - b.timestamp ||
    a.received - b.received ||
    a.index - b.index ||
    messageHash(a.messageId) - messageHash(b.messageId)
  )
}
