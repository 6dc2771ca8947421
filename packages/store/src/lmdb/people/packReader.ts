/** Up to this many bytes a text is looked for among those read before; longer ones are mostly ids, of which each is another. */
const SHORT = 20
/** Places for short texts, a power of two. */
const KNOWN = 4096

/**
 * Reads MessagePack piece by piece, as PackWriter writes it and msgpackr did before: nothing is put together only to be taken apart.
 * Names of traits, events and devices come again and again: a text that was read before is found by its bytes, and no new one is made.
 */
export class PackReader {
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  readonly #known: (string | undefined)[] = new Array(KNOWN).fill(undefined)

  /** Begins anew, with these. */
  open(bytes: Buffer): void {
    this.#bytes = bytes
    this.#at = 0
  }

  /** Whether nil comes next; it is passed over. */
  nil(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false
    this.#at++
    return true
  }

  /** Whether an array comes next. */
  get isArray(): boolean {
    const head = this.#bytes[this.#at]!
    return (head >= 0x90 && head < 0xa0) || head === 0xdc || head === 0xdd
  }

  /** The head of an array; its values follow. */
  array(): number {
    const head = this.#bytes[this.#at++]!
    if (head >= 0x90 && head < 0xa0) return head & 0x0f
    if (head === 0xdc) return this.#unsigned(2)
    if (head === 0xdd) return this.#unsigned(4)
    throw unexpected(head, 'an array')
  }

  number(): number {
    return this.any() as number
  }

  text(): string {
    return this.any() as string
  }

  /** Whatever comes next: JSON. */
  any(): unknown {
    const head = this.#bytes[this.#at++]!
    if (head < 0x80) return head
    if (head < 0x90) return this.#object(head & 0x0f)
    if (head < 0xa0) return this.#list(head & 0x0f)
    if (head < 0xc0) return this.#text(head & 0x1f)
    if (head >= 0xe0) return head - 0x100
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xca:
        this.#at += 4
        return this.#bytes.readFloatBE(this.#at - 4)
      case 0xcb:
        this.#at += 8
        return this.#bytes.readDoubleBE(this.#at - 8)
      case 0xcc:
        return this.#bytes[this.#at++]
      case 0xcd:
        return this.#unsigned(2)
      case 0xce:
        return this.#unsigned(4)
      case 0xcf:
        return this.#unsigned(4) * 2 ** 32 + this.#unsigned(4)
      case 0xd0:
        return (this.#bytes[this.#at++]! << 24) >> 24
      case 0xd1:
        return (this.#unsigned(2) << 16) >> 16
      case 0xd2:
        return this.#unsigned(4) | 0
      case 0xd3:
        return (this.#unsigned(4) | 0) * 2 ** 32 + this.#unsigned(4)
      // What msgpackr writes for undefined, which JSON does not have.
      case 0xd4:
        this.#at += 2
        return null
      case 0xd9:
        return this.#text(this.#bytes[this.#at++]!)
      case 0xda:
        return this.#text(this.#unsigned(2))
      case 0xdb:
        return this.#text(this.#unsigned(4))
      case 0xdc:
        return this.#list(this.#unsigned(2))
      case 0xdd:
        return this.#list(this.#unsigned(4))
      case 0xde:
        return this.#object(this.#unsigned(2))
      case 0xdf:
        return this.#object(this.#unsigned(4))
      default:
        throw unexpected(head, 'JSON')
    }
  }

  #list(length: number): unknown[] {
    const list: unknown[] = []
    for (let i = 0; i < length; i++) list.push(this.any())
    return list
  }

  #object(length: number): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < length; i++) put(object, this.text(), this.any())
    return object
  }

  #text(size: number): string {
    const bytes = this.#bytes
    const start = this.#at
    const end = start + size
    this.#at = end
    if (end > bytes.length) throw new RangeError('A text of a profile ends before its length')
    if (size > SHORT) return bytes.toString('utf8', start, end)
    let hash = size
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
    const place = (hash ^ (hash >>> 12)) & (KNOWN - 1)
    const known = this.#known[place]
    if (known !== undefined && isText(known, bytes, start, size)) return known
    const text = bytes.toString('utf8', start, end)
    this.#known[place] = text
    return text
  }

  #unsigned(size: 2 | 4): number {
    const bytes = this.#bytes
    const at = this.#at
    this.#at = at + size
    const high = (bytes[at]! << 8) | bytes[at + 1]!
    return size === 2 ? high : high * 0x1_0000 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
  }
}

/** Whether the bytes are this text in ASCII. */
function isText(text: string, bytes: Buffer, start: number, size: number): boolean {
  if (text.length !== size) return false
  for (let i = 0; i < size; i++) {
    const code = text.charCodeAt(i)
    if (code !== bytes[start + i] || code > 0x7f) return false
  }
  return true
}

/** A member of an object with any keys. */
export function put<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, ...OWN })
  else object[key] = value
}

const OWN = { enumerable: true, configurable: true, writable: true }

function unexpected(head: number, wanted: string): Error {
  return new RangeError(`A profile holds 0x${head?.toString(16)} where ${wanted} should be`)
}
