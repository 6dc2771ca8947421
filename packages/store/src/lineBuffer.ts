import type { LineWriter } from '@espalier/core/stream'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const DELETE = 0x7f
const ZERO = 0x30

/** Up to this many characters a loop over them is faster than a call into the runtime. */
const SHORT = 48
/** Two halves of so many digits hold every time in milliseconds, and each is divided as a small integer. */
const HALF_DIGITS = 7
const HALF = 10 ** HALF_DIGITS

/** Bytes that grow: lines are written into it as UTF-8. */
export class LineBuffer implements LineWriter {
  #bytes: Buffer
  /** Where the next byte goes. */
  at = 0

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes)
  }

  /** Valid until more is written. */
  get bytes(): Buffer {
    return this.#bytes
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.at++] = value
  }

  raw(json: string): void {
    const { length } = json
    // UTF-8 needs at most three bytes for a UTF-16 unit.
    this.#room(length * 3)
    if (length <= SHORT) {
      const bytes = this.#bytes
      let at = this.at
      let i = 0
      for (; i < length; i++) {
        const code = json.charCodeAt(i)
        if (code > DELETE) break
        bytes[at++] = code
      }
      if (i === length) {
        this.at = at
        return
      }
    }
    this.at += this.#bytes.write(json, this.at)
  }

  quoted(text: string): void {
    const { length } = text
    this.#room(length + 2)
    const bytes = this.#bytes
    let at = this.at
    bytes[at++] = QUOTE
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code < SPACE || code > DELETE || code === QUOTE || code === BACKSLASH) {
        this.raw(JSON.stringify(text))
        return
      }
      bytes[at++] = code
    }
    bytes[at++] = QUOTE
    this.at = at
  }

  number(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= HALF * HALF || Object.is(value, -0)) {
      this.raw(JSON.stringify(value))
      return
    }
    this.#room(2 * HALF_DIGITS)
    const high = Math.floor(value / HALF)
    const low = value - high * HALF
    if (high > 0) this.#digits(high, countOf(high))
    this.#digits(low, high > 0 ? HALF_DIGITS : countOf(low))
  }

  #digits(value: number, count: number): void {
    let rest = value | 0
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const next = (rest / 10) | 0
      this.#bytes[at] = ZERO + rest - next * 10
      rest = next
    }
    this.at += count
  }

  #room(bytes: number): void {
    if (this.at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.at + bytes))
    this.#bytes.copy(larger, 0, 0, this.at)
    this.#bytes = larger
  }
}

/** Digits of a small integer. */
function countOf(value: number): number {
  let count = 1
  for (let least = 10; value >= least; least *= 10) count++
  return count
}
