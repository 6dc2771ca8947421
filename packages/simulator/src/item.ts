import type { JsonObject } from '@espalier/core'

/** An event as it goes over the wire: Segment's format. */
export interface Item {
  readonly type: 'track' | 'page' | 'identify'
  readonly messageId: string
  readonly anonymousId: string
  readonly userId?: string
  readonly event?: string
  readonly name?: string
  readonly properties?: JsonObject
  readonly traits?: JsonObject
  readonly context: JsonObject
  /** ISO 8601. */
  readonly timestamp: string
}
