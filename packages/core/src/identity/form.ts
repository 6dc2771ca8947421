import { hasControl } from '../controlCharacters.ts'
import type { Json } from '../json.ts'
import { IDENTITY_LIMITS } from './limits.ts'

/** How values of a kind are written down, so that one address is one identifier. */
export type Form = 'text' | 'email' | 'phone'

const EMAIL = /^[^\s@]+@[^\s@]+$/
const PHONE = /^\+?\d{6,15}$/
/** What people put between the digits of a number. */
const BETWEEN = /[\s().\-/]/g

/** False for a number so large that others are read as the same: it may not name anybody. */
export function isExact(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER
}

/**
 * A value as it is compared: e-mail addresses in lower case, telephone numbers as digits with a leading `+` where they have
 * one. Undefined for what is none of that form, too long, not exact or not printable: it names nobody, and stays in its event.
 */
export function formed(value: Json | undefined, form: Form): string | undefined {
  const text = typeof value === 'number' && isExact(value) ? String(value) : value
  if (typeof text !== 'string' || text.length > IDENTITY_LIMITS.value || hasControl(text)) return undefined
  switch (form) {
    case 'text':
      return text
    case 'email': {
      const address = text.trim().toLowerCase()
      return EMAIL.test(address) ? address : undefined
    }
    case 'phone': {
      const number = text.replace(BETWEEN, '')
      return PHONE.test(number) ? number : undefined
    }
  }
}
