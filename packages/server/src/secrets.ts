import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a key, hex: what is kept of it at rest. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** A new key; the prefix tells people and secret scanners what it is. */
export function newKey(kind: 'write' | 'secret'): string {
  return `esp_${kind}_${randomBytes(24).toString('base64url')}`
}

/** A key derived from the master secret for one purpose in one workspace: neither another purpose nor another workspace can use it (R13). */
export function deriveKey(masterSecret: Uint8Array, purpose: string, workspace: string): Buffer {
  return createHmac('sha256', masterSecret).update(`${purpose}\n${workspace}`).digest()
}

/** Compares in constant time, also where the lengths differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
