import { keysOf } from '../identity/keys.ts'
import { type CompiledRules, compileRules, type IdentityRules } from '../identity/rules.ts'
import type { JsonObject } from '../json.ts'
import type { ItemText } from './batchText.ts'
import { type ItemError, RefusedItem } from './errors.ts'
import type { Event, EventType, ImportOrigin, Written } from './event.ts'
import { readId, readMessageId, readName } from './identifiers.ts'
import { EVENT_LIMITS } from './limits.ts'
import { isLarger, repaired, Shape } from './shape.ts'
import { eventTime } from './timestamp.ts'

/** What an item is read with: its request and its place there. */
export interface ItemBase {
  /** The type the path names (`/v1/track`); it wins. Absent for a batch, where each item says its own. */
  readonly type?: EventType
  /** The batch's context: the item's own keys win, key by key. Checked by `readBatch`. */
  readonly context?: JsonObject
  /** The batch's `sentAt`; an item's own wins. */
  readonly sentAt?: unknown
  /** When the request was received, epoch milliseconds. */
  readonly received: number
  /** Place of the item in its request. */
  readonly index: number
  /** Called where the client sent no messageId. Under 100 characters, never the same twice. */
  readonly newMessageId: () => string
  /** For an import: where the row came from. */
  readonly origin?: ImportOrigin
  /** Bound of the item's JSON in bytes; 32 KB unless set. */
  readonly maxBytes?: number
  /** The workspace's kinds of identifier; users and devices unless set. */
  readonly identity?: IdentityRules
  /** The text that `raw` was parsed from, where it is at hand. */
  readonly text?: ItemText | undefined
}

export type ItemResult =
  | { readonly event: Event; readonly error?: undefined }
  | { readonly event?: undefined; readonly error: ItemError }

/**
 * Reads one item of Segment's tracking API: validates it, applies the skew rule and merges the batch's context in. Never
 * throws for bad input and never changes `raw`; the event shares its `properties` and `context` with it.
 *
 * `integrations` and unknown fields are checked like all else and then left out: they address other products.
 */
export function readItem(raw: unknown, base: ItemBase): ItemResult {
  try {
    return { event: read(raw, base) }
  } catch (error) {
    if (error instanceof RefusedItem) return { error: { code: error.code, message: error.message } }
    throw error
  }
}

const TYPES: ReadonlySet<unknown> = new Set<EventType>(['track', 'identify', 'page', 'screen', 'group', 'alias'])

function read(raw: unknown, base: ItemBase): Event {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new RefusedItem('not_an_object', 'The item')
  const shape = new Shape(base.text?.escapes)
  shape.walk(raw, '', 0)
  const limit = base.maxBytes ?? EVENT_LIMITS.bytes
  if (isLarger(raw, shape, limit)) throw new RefusedItem('too_large', 'The item', String(limit))
  const item = raw as Record<string, unknown>

  const type = base.type ?? item.type
  if (!TYPES.has(type)) throw new RefusedItem('type_unknown', 'type')
  const own = readMessageId(item.messageId)
  const event: Mutable<Event> = {
    type: type as EventType,
    messageId: own ?? base.newMessageId(),
    name: type as EventType,
    properties: object(type === 'identify' || type === 'group' ? item.traits : item.properties, propertiesField(type)),
    context: contextOf(item.context, base.context),
    timestamp: eventTime(item, base.sentAt, base.received),
    received: base.received,
    index: base.index,
  }
  if (base.origin) event.origin = own === undefined ? base.origin : { ...base.origin, named: true }
  readIdentity(item, event, compileRules(base.identity))
  readNames(item, event)
  if (shape.broken) {
    event.properties = repaired(event.properties) as JsonObject
    event.context = repaired(event.context) as JsonObject
  } else if (base.text !== undefined) {
    const written = writtenOf(item, event, base.text, shape, limit)
    if (written !== undefined) event.written = written
  }
  return event
}

/** Nothing where the text says more than the event: a key that stands twice, or escapes that make it longer than may be. */
function writtenOf(
  item: Record<string, unknown>,
  event: Event,
  text: ItemText,
  shape: Shape,
  limit: number,
): Written | undefined {
  if (text.members !== shape.keys || text.length > limit) return undefined
  const { properties, context } = event
  const own = event.type === 'identify' || event.type === 'group' ? 'traits' : 'properties'
  return {
    properties,
    propertiesText: properties === item[own] ? text[own] : undefined,
    context,
    contextText: context === item.context ? text.context : undefined,
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function readIdentity(item: Record<string, unknown>, event: Mutable<Event>, rules: CompiledRules): void {
  const read = (field: 'userId' | 'anonymousId' | 'previousId') => {
    return readId(item[field], field, rules.find(field === 'previousId' ? 'anonymousId' : field)!.blocks)
  }
  const userId = read('userId')
  const anonymousId = read('anonymousId')
  if (userId !== undefined) event.userId = userId
  if (anonymousId !== undefined) event.anonymousId = anonymousId
  if (event.type === 'alias') {
    const previousId = read('previousId')
    if (previousId === undefined) throw new RefusedItem('previous_id_missing', 'previousId')
    if (userId === undefined) throw new RefusedItem('alias_user_id_missing', 'userId')
    event.previousId = previousId
  } else if (userId === undefined && anonymousId === undefined && keysOf(event, rules).length === 0) {
    throw new RefusedItem('no_user_anon_id', 'userId')
  }
  if (event.type === 'group') {
    const groupId = readId(item.groupId, 'groupId')
    if (groupId === undefined) throw new RefusedItem('group_id_missing', 'groupId')
    event.groupId = groupId
  }
}

function readNames(item: Record<string, unknown>, event: Mutable<Event>): void {
  if (event.type === 'track') {
    event.name = readName(item.event, 'event')
    if (event.name === '') throw new RefusedItem('name_missing', 'event')
  } else if (event.type === 'page' || event.type === 'screen') {
    // RudderStack's SDKs for phones have a screen's name where a track has its own.
    const isNamedAsTrack = event.type === 'screen' && typeof item.event === 'string'
    event.name = readName(item.name, 'name') || (isNamedAsTrack ? readName(item.event, 'event') : '')
    const category = readName(item.category, 'category')
    if (category !== '') {
      event.category = category
      // As analytics.js does it, so that it is with the other properties wherever they are read.
      event.properties = { category, ...event.properties }
    }
  }
}

function propertiesField(type: unknown): string {
  return type === 'identify' || type === 'group' ? 'traits' : 'properties'
}

const EMPTY: JsonObject = Object.freeze({})

/** An optional object; its contents have been walked already. An empty one is `[]` where PHP writes it. */
function object(value: unknown, field: string): JsonObject {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return EMPTY
  if (typeof value !== 'object' || Array.isArray(value)) throw new RefusedItem('not_an_object', field)
  return value as JsonObject
}

function contextOf(value: unknown, batch: JsonObject | undefined): JsonObject {
  const own = object(value, 'context')
  if (batch === undefined) return own
  return own === EMPTY ? batch : { ...batch, ...own }
}
