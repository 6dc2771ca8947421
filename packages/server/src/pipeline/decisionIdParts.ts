import { hash } from 'node:crypto'
import type { ExposedAnswer } from '@espalier/core/stream'

const CONTROL = 1
const HOLDOUT = 2
const REMEMBER = 4

export function flagsOf({ control, holdout, remember }: ExposedAnswer): number {
  return (control ? CONTROL : 0) | (holdout ? HOLDOUT : 0) | (remember ? REMEMBER : 0)
}

export function readFlags(flags: number): Pick<ExposedAnswer, 'control' | 'holdout' | 'remember'> {
  return {
    control: (flags & CONTROL) !== 0,
    holdout: (flags & HOLDOUT) !== 0,
    ...((flags & REMEMBER) === 0 ? {} : { remember: true as const }),
  }
}

/** Touchpoint, experience and variant, each behind its length. */
export function textsAt(bytes: Buffer, from: number): Pick<ExposedAnswer, 'touchpoint' | 'experience' | 'variant'> {
  let at = from
  const text = () => {
    const start = at + 1
    at = start + bytes[at]!
    return bytes.toString('latin1', start, at)
  }
  return { touchpoint: text(), experience: text(), variant: text() }
}

export const MASK_KEY_BYTES = 32

/**
 * Enciphers and deciphers the 16 bytes that say whom an id was given to, by what only its request has. `key` has room for the
 * request behind it. Key and request always have these lengths, so a hash of the two is as good as an HMAC, at half its cost.
 */
export function mask(bytes: Buffer, givenToAt: number, requestAt: number, key: Buffer): void {
  bytes.copy(key, MASK_KEY_BYTES, requestAt, requestAt + 16)
  const made = hash('sha256', key, 'binary')
  for (let i = 0; i < 16; i++) bytes[givenToAt + i]! ^= made.charCodeAt(i)
}

/** Where a UUID's bytes stand in its text. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

/** The value of a hexadecimal digit by its character code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0)

/** 16 bytes. */
export function writeUuid(uuid: string, into: Buffer, at: number): void {
  for (let i = 0; i < 16; i++) {
    const place = PLACES[i]!
    into[at + i] = (DIGITS[uuid.charCodeAt(place)]! << 4) | DIGITS[uuid.charCodeAt(place + 1)]!
  }
}

export function uuidAt(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
