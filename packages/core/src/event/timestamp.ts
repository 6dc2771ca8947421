import { RefusedItem } from './errors.ts'
import { EVENT_LIMITS } from './limits.ts'

/** The times a client may send with an item. */
export interface ClientTimes {
  readonly timestamp?: unknown
  readonly originalTimestamp?: unknown
  readonly sentAt?: unknown
}

/**
 * When an event happened, epoch milliseconds, by Segment's skew rule (R10):
 *
 *     timestamp = receivedAt - (sentAt - originalTimestamp)
 *
 * - `originalTimestamp` is what the client calls so or, as analytics.js and analytics-node do, its `timestamp`. A historical
 *   `timestamp` survives: `sentAt` is the moment of sending, so it moves by the network's milliseconds only.
 * - Both `originalTimestamp` and `timestamp`: `timestamp` is final. RudderStack's Node SDK sends a historical time beside an
 *   `originalTimestamp` of now, and exports of Segment hold the corrected time beside the raw one.
 * - No `sentAt`: taken as it is. Neither: the time of receipt.
 *
 * Then clamped to 5 minutes ahead of receipt. Throws `RefusedItem` for what is not a time or no sensible one.
 */
export function eventTime(times: ClientTimes, batchSentAt: unknown, received: number): number {
  const timestamp = instant(times.timestamp, 'timestamp')
  const original = instant(times.originalTimestamp, 'originalTimestamp')
  const raw = original ?? timestamp
  if (raw === undefined) return received
  let at = raw
  if (original !== undefined && timestamp !== undefined) at = timestamp
  else {
    const sent = instant(times.sentAt, 'sentAt') ?? instant(batchSentAt, 'sentAt')
    if (sent !== undefined) at = received - (sent - raw)
  }
  if (at < EVENT_LIMITS.earliest || at >= EVENT_LIMITS.latest) {
    throw new RefusedItem('timestamp_out_of_range', 'timestamp', describe(at))
  }
  return Math.min(at, received + EVENT_LIMITS.aheadMs)
}

/** Beyond it a number of milliseconds is taken for one of seconds: 1973. */
const EARLIEST_NUMBER = 1e11
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i

/**
 * Epoch milliseconds of ISO 8601 text or of a number of milliseconds; undefined for what is absent. Text without a zone is
 * UTC, so that the outcome does not depend on where the server runs.
 */
function instant(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  let at = Number.NaN
  if (typeof value === 'string') at = timeOf(value)
  else if (typeof value === 'number' && value >= EARLIEST_NUMBER) at = value
  if (!Number.isFinite(at)) throw new RefusedItem('timestamp_invalid', field)
  return Math.trunc(at)
}

/** Epoch milliseconds of a time as events have it: ISO 8601, in UTC where it names no zone. NaN for any other text. */
export function timeOf(text: string): number {
  if (!hasDay(text)) return Number.NaN
  return isUtc(text) ? Date.parse(text) : lenient(text)
}

/** What `Date.prototype.toISOString` writes for years 0 to 9999, and nearly all clients send. */
function isUtc(text: string): boolean {
  return text.length === 24 && text.charCodeAt(10) === 84 && text.charCodeAt(23) === 90
}

function lenient(text: string): number {
  const [, date, time, zone = 'Z'] = ISO.exec(text.trim()) ?? []
  if (date === undefined) return Number.NaN
  if (time === undefined) return Date.parse(date)
  const offset = zone.length === 1 ? 'Z' : `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3) || '00'}`
  return Date.parse(`${date}T${time}${offset}`)
}

/** False for days that no calendar has included (`2026-02-30`), which `Date.parse` moves into the next month. */
function hasDay(text: string): boolean {
  const date = text.trim().slice(0, 10)
  const day = Number(date.slice(8))
  return day < 29 || new Date(date).getUTCDate() === day
}

function describe(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? 'no date' : date.toISOString()
}
