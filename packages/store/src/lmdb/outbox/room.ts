/** The least that is made at once. */
const LEAST = 256 << 10
/** So much is kept for later. */
const MOST_KEPT = 32 << 20

/**
 * Room for the rows of batches, used again when a batch has arrived. What is made anew for each batch lives so long, while it
 * is sent, that only a collection of the whole heap gives it back, and so many of them bring it about.
 */
export class Rooms {
  /** The smallest first. */
  readonly #spare: Buffer[] = []
  #kept = 0

  /** At least so many bytes: the largest there is, since nobody knows how much a batch will come to. */
  take(bytes: number): Buffer {
    const largest = this.#spare.at(-1)
    if (largest === undefined || largest.length < bytes) {
      return Buffer.allocUnsafeSlow(Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes))))
    }
    this.#spare.pop()
    this.#kept -= largest.length
    return largest
  }

  /** Nobody looks at it any more. Where more is kept than may be, the smallest go: a large one can do what they can. */
  giveBack(room: Buffer): void {
    if (room.length > MOST_KEPT) return
    this.#kept += room.length
    this.#spare.push(room)
    this.#spare.sort((a, b) => a.length - b.length)
    while (this.#kept > MOST_KEPT) this.#kept -= this.#spare.shift()!.length
  }
}

/** Lines of a batch, one after the other. */
export class Body {
  readonly #rooms: Rooms
  /** What to give back. */
  room: Buffer
  #length = 0

  constructor(rooms: Rooms) {
    this.#rooms = rooms
    this.room = rooms.take(0)
  }

  add(lines: Uint8Array): void {
    const length = this.#length + lines.length
    if (length > this.room.length) {
      const larger = this.#rooms.take(length)
      this.room.copy(larger, 0, 0, this.#length)
      this.#rooms.giveBack(this.room)
      this.room = larger
    }
    this.room.set(lines, this.#length)
    this.#length = length
  }

  get bytes(): Buffer {
    return this.room.subarray(0, this.#length)
  }
}
