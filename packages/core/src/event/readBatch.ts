import type { JsonObject } from '../json.ts'
import { RefusedItem } from './errors.ts'
import { EVENT_LIMITS } from './limits.ts'
import { isLarger, repaired, Shape } from './shape.ts'

/** The body of a batch request, ready for `readItem`: pass `context` and `sentAt` on with each item. */
export interface BatchBody {
  readonly items: readonly unknown[]
  readonly context?: JsonObject
  readonly sentAt?: unknown
}

/** Why a whole batch was not taken in. Codes are stable. */
export interface BatchError {
  readonly code: BatchErrorCode
  readonly message: string
}

export const BATCH_ERRORS = {
  body_invalid: 'The body must be a JSON object: {"batch": [...]}.',
  batch_missing: 'batch must be a list of events.',
  batch_too_long: `batch holds more than ${EVENT_LIMITS.items} events: send them in several requests.`,
  context_invalid: 'context must be a JSON object that any event could have.',
  context_too_large: `context is larger than ${EVENT_LIMITS.batchContextBytes} bytes of JSON and would be stored with each event: send less, or send it with the events that need it.`,
} as const
export type BatchErrorCode = keyof typeof BATCH_ERRORS

/** Reads what surrounds the items of a batch, which may be none: some clients send what gathered in a while, be it nothing. Never throws for bad input. */
export function readBatch(
  body: unknown,
): { batch: BatchBody; error?: undefined } | { batch?: undefined; error: BatchError } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return refuse('body_invalid')
  const { batch: items, context, sentAt } = body as Record<string, unknown>
  if (!Array.isArray(items)) return refuse('batch_missing')
  if (items.length > EVENT_LIMITS.items) return refuse('batch_too_long')
  const isEmpty = context === undefined || context === null || (Array.isArray(context) && context.length === 0)
  if (isEmpty) return { batch: { items, sentAt } }
  if (typeof context !== 'object' || Array.isArray(context)) return refuse('context_invalid')
  const shape = new Shape()
  try {
    shape.walk(context, 'context', 1)
  } catch (error) {
    if (error instanceof RefusedItem) return refuse('context_invalid', error.message)
    throw error
  }
  if (isLarger(context, shape, EVENT_LIMITS.batchContextBytes)) return refuse('context_too_large')
  const given = context as JsonObject
  return { batch: { items, context: shape.broken ? (repaired(given) as JsonObject) : given, sentAt } }
}

function refuse(code: BatchErrorCode, detail = ''): { error: BatchError } {
  return { error: { code, message: detail === '' ? BATCH_ERRORS[code] : `${BATCH_ERRORS[code]} ${detail}` } }
}
