/** The text of an item as the client wrote it. A member is there where it is compact JSON on one line. */
export interface ItemText {
  /** Characters of the whole item. */
  readonly length: number
  /** Members of the objects at all its levels: more than it has keys where one of them stands twice. */
  readonly members: number
  /** Something in the body is written as `\u…`, halves of surrogate pairs perhaps. */
  readonly escapes: boolean
  readonly properties?: string
  readonly traits?: string
  readonly context?: string
}

/** The text of a batch's items, and how deep it is nested. */
export interface BatchText {
  /** Levels of objects and lists in the whole body. */
  readonly depth: number
  /** By their place in `batch`; empty where they have to be written anew. */
  readonly items: readonly (ItemText | undefined)[]
}

/**
 * Finds in `{"batch": [...]}` what goes to the warehouse as it came, so that it need not be written again: that costs more
 * than all else that is done with an event. The text must have been parsed as JSON before; here it is only measured.
 */
export function batchText(body: string): BatchText {
  const scan = new Scan(body)
  scan.body()
  return scan
}

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Longer numbers are written anew: a double may not hold them, and readers of JSON differ about them. */
const LONGEST_NUMBER = 15

class Scan implements BatchText {
  depth = 1
  items: (ItemText | undefined)[] = []
  readonly #text: string
  readonly #escapes: boolean
  #at = 0
  /** Of the value passed last: its members, and whether it is compact. */
  #members = 0
  #compact = true

  constructor(text: string) {
    this.#text = text
    this.#escapes = text.includes('\\u')
  }

  body(): void {
    let batches = 0
    this.#space()
    if (this.#here() !== OPEN_OBJECT) {
      this.#pass(0)
      return
    }
    for (let key = this.#firstKey(); key !== undefined; key = this.#nextKey()) {
      // A key with an escape may be `batch` too.
      if (key === 'batch' || key.includes('\\')) batches++
      if (key === 'batch' && this.#here() === OPEN_LIST) this.#list()
      else this.#pass(1)
    }
    if (batches > 1) this.items = []
  }

  #list(): void {
    this.#at++
    this.#reach(2)
    for (;;) {
      this.#space()
      const code = this.#here()
      if (code === COMMA) this.#at++
      else if (code === CLOSE_LIST || Number.isNaN(code)) break
      else if (code === OPEN_OBJECT) this.items.push(this.#item())
      else {
        this.#pass(2)
        this.items.push(undefined)
      }
    }
    this.#at++
  }

  #item(): ItemText {
    const from = this.#at
    this.#reach(3)
    const item: { -readonly [K in keyof ItemText]: ItemText[K] } = { length: 0, members: 0, escapes: this.#escapes }
    for (let key = this.#firstKey(); key !== undefined; key = this.#nextKey()) {
      const start = this.#at
      this.#pass(3)
      item.members += 1 + this.#members
      if (this.#compact && (key === 'properties' || key === 'traits' || key === 'context')) {
        item[key] = this.#text.slice(start, this.#at)
      }
    }
    item.length = this.#at - from
    return item
  }

  /** Enters an object: its first key as it is written, then the place of the value. Undefined: it is empty, and passed. */
  #firstKey(): string | undefined {
    this.#at++
    return this.#key()
  }

  #nextKey(): string | undefined {
    this.#space()
    const code = this.#text.charCodeAt(this.#at++)
    return code === COMMA ? this.#key() : undefined
  }

  #key(): string | undefined {
    this.#space()
    const from = this.#at + 1
    if (this.#here() !== QUOTE) {
      this.#at++
      return undefined
    }
    this.#at = endOfString(this.#text, this.#at)
    const key = this.#text.slice(from, this.#at - 1)
    this.#space()
    this.#at++ // the colon
    this.#space()
    return key
  }

  /** Passes a value that lies `outside` levels deep. */
  #pass(outside: number): void {
    const text = this.#text
    const { length } = text
    let at = this.#at
    let depth = 0
    let deepest = 0
    let members = 0
    let compact = true
    while (at < length) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) at = endOfString(text, at)
      else if (code === OPEN_OBJECT || code === OPEN_LIST) {
        if (++depth > deepest) deepest = depth
        at++
        continue
      } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
        depth--
        at++
      } else if (code === COLON) {
        members++
        at++
        continue
      } else if (code === COMMA) {
        at++
        continue
      } else if (code <= SPACE) {
        compact = false
        at++
        continue
      } else {
        const end = endOfWord(text, at + 1)
        if (end - at > LONGEST_NUMBER) compact = false
        at = end
      }
      if (depth === 0) break
    }
    this.#at = at
    this.#members = members
    this.#compact = compact
    this.#reach(outside + deepest)
  }

  #reach(depth: number): void {
    if (depth > this.depth) this.depth = depth
  }

  #space(): void {
    while (this.#here() <= SPACE) this.#at++
  }

  /** NaN at the end. */
  #here(): number {
    return this.#text.charCodeAt(this.#at)
  }
}

/** After the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return text.length
}

/** After a number, or after true, false or null. */
function endOfWord(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_LIST || code <= SPACE) return at
  }
  return text.length
}
