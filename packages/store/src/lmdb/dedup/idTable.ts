/** A set of 64-bit hashes in one typed array (open addressing): 16 bytes an id at most, nothing for the garbage collector. */
export class IdTable {
  #slots = new Uint32Array(2 * 1024)
  #mask = 1023
  #size = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  has(hi: number, lo: number): boolean {
    const slots = this.#slots
    for (let i = (lo ^ hi) & this.#mask; ; i = (i + 1) & this.#mask) {
      const l = slots[2 * i]!
      const h = slots[2 * i + 1]!
      if (l === lo && h === hi) return true
      if ((l | h) === 0) return false
    }
  }

  /** False when it was there. */
  add(hi: number, lo: number): boolean {
    const slots = this.#slots
    let i = (lo ^ hi) & this.#mask
    for (; ; i = (i + 1) & this.#mask) {
      const l = slots[2 * i]!
      const h = slots[2 * i + 1]!
      if (l === lo && h === hi) return false
      if ((l | h) === 0) break
    }
    slots[2 * i] = lo
    slots[2 * i + 1] = hi
    if (++this.#size > 0.6 * (this.#mask + 1)) this.#grow()
    return true
  }

  addAll(other: IdTable): void {
    const ids = other.ids()
    for (let i = 0; i < ids.length; i += 2) this.add(ids[i + 1]!, ids[i]!)
  }

  /** All ids as pairs of low and high half: little-endian 64-bit integers, in no order. */
  ids(): Uint32Array<ArrayBuffer> {
    const ids = new Uint32Array(this.#size * 2)
    const slots = this.#slots
    for (let i = 0, at = 0; i < slots.length; i += 2) {
      const l = slots[i]!
      const h = slots[i + 1]!
      if ((l | h) === 0) continue
      ids[at++] = l
      ids[at++] = h
    }
    return ids
  }

  #grow(): void {
    const before = this.ids()
    this.#slots = new Uint32Array(this.#slots.length * 2)
    this.#mask = this.#slots.length / 2 - 1
    this.#size = 0
    for (let i = 0; i < before.length; i += 2) this.add(before[i + 1]!, before[i]!)
  }
}
