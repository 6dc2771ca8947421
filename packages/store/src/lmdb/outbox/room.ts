/** The least that is made at once. */
const LEAST = 256 << 10
/** So much is kept for later. */
const MOST_KEPT = 32 << 20

/**
 * Room for the rows of batches, used again when a batch has arrived. What is made anew for each batch lives so long, while it
 * is sent, that only a collection of the whole heap gives it back, and so many of them bring it about.
 */
export class Rooms {
  readonly #spare: Buffer[] = []
  #kept = 0

  /** At least so many bytes. */
  take(bytes: number): Buffer {
    const found = this.#spare.findIndex(room => room.length >= bytes)
    const [room] = found < 0 ? [] : this.#spare.splice(found, 1)
    if (room === undefined) return Buffer.allocUnsafeSlow(Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes))))
    this.#kept -= room.length
    return room
  }

  /** Nobody looks at it any more. */
  giveBack(room: Buffer): void {
    if (this.#kept + room.length > MOST_KEPT) return
    this.#kept += room.length
    this.#spare.push(room)
    this.#spare.sort((a, b) => a.length - b.length)
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
