import { hasControl } from '../controlCharacters.ts'
import { isBlocked } from '../identity/blocked.ts'
import { isExact } from '../identity/form.ts'
import { RefusedItem } from './errors.ts'
import { EVENT_LIMITS } from './limits.ts'

/**
 * An identifier as text; numbers become text as Segment's libraries do it. Undefined for what is absent or a placeholder, which
 * `blocks` tells. Throws `RefusedItem`.
 */
export function readId(value: unknown, field: string, blocks = isBlocked): string | undefined {
  if (value === undefined || value === null) return undefined
  const id = typeof value === 'number' ? numbered(value, field) : value
  if (typeof id !== 'string') throw new RefusedItem('id_invalid', field)
  if (id.length > EVENT_LIMITS.id) throw new RefusedItem('id_too_long', field)
  refuseControl(id, field)
  return blocks(id) ? undefined : id
}

/** Beyond 2^53 neighbouring numbers are read as one: two people would become one, and two events. */
function numbered(value: number, field: string): string {
  if (!Number.isFinite(value)) throw new RefusedItem('id_invalid', field)
  if (!isExact(value)) throw new RefusedItem('id_inexact', field)
  return String(value)
}

/** The messageId, or undefined where the client sent none. */
export function readMessageId(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const id = typeof value === 'number' ? numbered(value, 'messageId') : value
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

function refuseControl(text: string, field: string): void {
  if (hasControl(text)) throw new RefusedItem('control_character', field)
}
