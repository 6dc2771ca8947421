import { RefusedItem } from './errors.ts'
import { EVENT_LIMITS } from './limits.ts'

/**
 * Placeholders that clients send by mistake for "nobody" and that would unite strangers: they count as missing. Compared
 * without surrounding space and case; zeroes and dashes in any number count too.
 */
const BLOCKED = new Set([
  'null',
  'undefined',
  'nan',
  'none',
  'nil',
  'true',
  'false',
  'anonymous',
  'guest',
  'unknown',
  'not_authenticated',
  'distinct_id',
  '[object object]',
  '-1',
])
const ZEROES = /^[0-]*$/
const LONGEST_BLOCKED = 20

/**
 * An identifier as text; numbers become text as Segment's libraries do it. Undefined for what is absent or a placeholder.
 * Throws `RefusedItem`.
 */
export function readId(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined
  const id = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
  if (typeof id !== 'string') throw new RefusedItem('id_invalid', field)
  if (id.length > EVENT_LIMITS.id) throw new RefusedItem('id_too_long', field)
  refuseControl(id, field)
  return isBlocked(id) ? undefined : id
}

export function isBlocked(id: string): boolean {
  const text = id.trim()
  if (text.length > LONGEST_BLOCKED && !text.startsWith('0') && !text.startsWith('-')) return false
  return BLOCKED.has(text.toLowerCase()) || ZEROES.test(text)
}

/** The messageId, or undefined where the client sent none. */
export function readMessageId(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const id = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
  if (typeof id !== 'string') throw new RefusedItem('id_invalid', 'messageId')
  if (id.length > EVENT_LIMITS.messageId) throw new RefusedItem('message_id_too_long', 'messageId')
  refuseControl(id, 'messageId')
  return id
}

/** A name or category; '' where it is absent. */
export function readName(value: unknown, field: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new RefusedItem('name_invalid', field)
  if (value.length > EVENT_LIMITS.name) throw new RefusedItem('name_too_long', field)
  refuseControl(value, field)
  return value
}

/** C0, DEL and C1 controls, line and paragraph separators, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u

function refuseControl(text: string, field: string): void {
  if (CONTROL.test(text)) throw new RefusedItem('control_character', field)
}
