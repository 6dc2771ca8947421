/** Up to this many characters a loop over them is faster than a call into the runtime. */
const SHORT = 64
const LARGEST_INT = 0xffff_ffff
const SMALLEST_INT = -0x8000_0000

/**
 * Writes MessagePack piece by piece, so that nothing is put together only to be written: profiles are written ten thousand
 * times a second. Times are 64-bit floats, which hold them exactly; `msgpackr` reads it.
 */
export class PackWriter {
  #bytes = Buffer.allocUnsafeSlow(1 << 14)
  #at = 0

  /** Begins anew. */
  reset(): void {
    this.#at = 0
  }

  /** All since `reset`; valid until more is written. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  nil(): void {
    this.#room(1)
    this.#bytes[this.#at++] = 0xc0
  }

  /** The head of an array; its values follow. */
  array(length: number): void {
    this.#head(length, 0x90, 0xdc)
  }

  /** JSON, and undefined as null. */
  any(value: unknown): void {
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.number(value)
    else if (value === null || value === undefined) this.nil()
    else if (typeof value === 'boolean') {
      this.#room(1)
      this.#bytes[this.#at++] = value ? 0xc3 : 0xc2
    } else if (Array.isArray(value)) {
      this.array(value.length)
      for (let i = 0; i < value.length; i++) this.any(value[i])
    } else {
      const keys = Object.keys(value)
      this.#head(keys.length, 0x80, 0xde)
      for (const key of keys) {
        this.text(key)
        this.any((value as Record<string, unknown>)[key])
      }
    }
  }

  number(value: number): void {
    this.#room(9)
    const bytes = this.#bytes
    let at = this.#at
    if (!Number.isInteger(value) || value > LARGEST_INT || value < SMALLEST_INT || Object.is(value, -0)) {
      bytes[at] = 0xcb
      this.#at = bytes.writeDoubleBE(value, at + 1)
      return
    }
    if (value >= 0) {
      if (value < 0x80) bytes[at++] = value
      else if (value < 0x100) {
        bytes[at++] = 0xcc
        bytes[at++] = value
      } else if (value < 0x10000) {
        bytes[at++] = 0xcd
        bytes[at++] = value >>> 8
        bytes[at++] = value
      } else {
        bytes[at++] = 0xce
        at = this.#word(value, at)
      }
    } else if (value >= -0x20) bytes[at++] = value
    else if (value >= -0x80) {
      bytes[at++] = 0xd0
      bytes[at++] = value
    } else if (value >= -0x8000) {
      bytes[at++] = 0xd1
      bytes[at++] = value >> 8
      bytes[at++] = value
    } else {
      bytes[at++] = 0xd2
      at = this.#word(value, at)
    }
    this.#at = at
  }

  text(text: string): void {
    const { length } = text
    this.#room(length * 3 + 5)
    if (length <= SHORT && this.#ascii(text)) return
    const size = Buffer.byteLength(text)
    this.#textHead(size)
    this.#at += this.#bytes.write(text, this.#at)
  }

  /** False, and nothing written, where a character is none of ASCII. */
  #ascii(text: string): boolean {
    const start = this.#at
    this.#textHead(text.length)
    const bytes = this.#bytes
    let at = this.#at
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.#at = start
        return false
      }
      bytes[at++] = code
    }
    this.#at = at
    return true
  }

  #textHead(size: number): void {
    const bytes = this.#bytes
    if (size < 0x20) bytes[this.#at++] = 0xa0 | size
    else if (size < 0x100) {
      bytes[this.#at++] = 0xd9
      bytes[this.#at++] = size
    } else this.#long(size, 0xda)
  }

  #head(length: number, short: number, long: number): void {
    this.#room(5)
    if (length < 0x10) this.#bytes[this.#at++] = short | length
    else this.#long(length, long)
  }

  /** `type` is that of a length in 16 bits; the next is that of one in 32. */
  #long(length: number, type: number): void {
    const bytes = this.#bytes
    if (length < 0x10000) {
      bytes[this.#at++] = type
      bytes[this.#at++] = length >>> 8
      bytes[this.#at++] = length
    } else {
      bytes[this.#at++] = type + 1
      this.#at = this.#word(length, this.#at)
    }
  }

  #word(value: number, at: number): number {
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
    return at + 4
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
