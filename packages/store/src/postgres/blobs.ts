import { hash } from 'node:crypto'
import type { Profile } from '@espalier/core/profile'
import { Packr } from 'msgpackr'

// Self-contained bodies: records with shared structures would tie every row to a dictionary.
const packr = new Packr({ useRecords: false })

/** What JSON begins with, and MessagePack of an object does not. */
const BRACE = 0x7b

/** MessagePack; JSON where a key may be `__proto__`, which the reader of MessagePack gives another name. */
export function encodeProfile(profile: Profile): Uint8Array {
  // The packer reuses its buffer: this is a view of the place it wrote to, valid since it moves on.
  const packed = packr.pack(profile)
  return packed.includes('__proto__') ? Buffer.from(JSON.stringify(profile)) : packed
}

export function decodeProfile(body: Buffer): Profile {
  return body[0] === BRACE ? JSON.parse(body.toString()) : packr.unpack(body)
}

/** The key under which text of any length and content is indexed: 128 bits of its SHA-256, as PostgreSQL writes a uuid. */
export function textKey(text: string): string {
  const hex = hash('sha256', text, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

/** An array as a parameter, of what needs no quotes: keys and numbers. The driver would look at each for what to escape. */
export function plainArray(values: readonly (string | number | null)[]): string {
  return `{${values.map(value => value ?? 'NULL').join(',')}}`
}

/** Keys of texts, each made once. */
export class TextKeys {
  readonly #keys = new Map<string, string>()

  of(text: string): string {
    let key = this.#keys.get(text)
    if (key === undefined) {
      key = textKey(text)
      this.#keys.set(text, key)
    }
    return key
  }
}

/**
 * Many bodies as one parameter: `substring(all FROM at FOR length)` gives each back. An array of bytea would go as
 * hexadecimal text, twice as long.
 */
export class Blobs {
  readonly #parts: Uint8Array[] = []
  #end = 1

  add(part: Uint8Array): { at: number; length: number } {
    const at = this.#end
    this.#parts.push(part)
    this.#end += part.length
    return { at, length: part.length }
  }

  all(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
