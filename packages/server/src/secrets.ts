import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ApiKey } from '@espalier/store'

/** SHA-256 of a key, hex: what is kept of it at rest. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex')
}

/** A new key; the prefix tells people and secret scanners what it is. */
export function newKey(kind: ApiKey['kind']): string {
  return `esp_${kind}_${randomBytes(24).toString('base64url')}`
}

/** A key derived from the master secret for one purpose in one workspace: neither another purpose nor another workspace can use it (R13). */
export function deriveKey(masterSecret: Uint8Array, purpose: string, workspace: string): Buffer {
  return createHmac('sha256', masterSecret).update(`${purpose}\n${workspace}`).digest()
}

/** Compares in time that depends on the lengths only. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** HMAC-SHA256 (RFC 2104) with the key's share of the work done once: a quarter of the cost of `createHmac` for short texts. */
export class Hmac {
  /** The key's block and behind it the message. */
  #inner = Buffer.alloc(BLOCK + 1024, 0x36)
  readonly #outer = Buffer.alloc(BLOCK + 32, 0x5c)
  /** The first bytes of `#inner`, by how many: to make a view costs as much as to hash it. */
  #heads: Buffer[] = []

  constructor(key: Uint8Array) {
    const block = key.length > BLOCK ? hash('sha256', key, 'buffer') : key
    for (const [i, byte] of block.entries()) {
      this.#inner[i]! ^= byte
      this.#outer[i]! ^= byte
    }
  }

  /** 32 bytes. */
  of(message: Uint8Array): Buffer {
    const length = BLOCK + message.length
    if (length > this.#inner.length) {
      this.#inner = Buffer.concat([this.#inner], length)
      this.#heads = []
    }
    this.#inner.set(message, BLOCK)
    return Buffer.from(this.#digest(length), 'latin1')
  }

  /** A character a byte: a text costs half of what a buffer of its own does, to make and to collect. */
  #digest(length: number): string {
    this.#heads[length] ??= this.#inner.subarray(0, length)
    this.#outer.write(hash('sha256', this.#heads[length], 'binary'), BLOCK, 32, 'latin1')
    return hash('sha256', this.#outer, 'binary')
  }
}

const BLOCK = 64
