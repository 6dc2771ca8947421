const CHUNK_BYTES = 1 << 20
/** Instead of the length of a value: the entry goes. */
const REMOVED = 0xffff_ffff

/** Collects entries as `[table, key length (2), value length (4), key, value]…` and hands them on by the megabyte. */
export class ChunkWriter<Table extends string> {
  readonly #tables: readonly Table[]
  readonly #send: (chunk: ArrayBuffer) => void
  #chunk = Buffer.from(new ArrayBuffer(CHUNK_BYTES))
  #at = 0

  /** A table is written as its place in `tables`. */
  constructor(tables: readonly Table[], send: (chunk: ArrayBuffer) => void) {
    this.#tables = tables
    this.#send = send
  }

  /** Without a value the entry goes. */
  add(table: Table, key: Uint8Array, value: Uint8Array | undefined): void {
    const bytes = 7 + key.length + (value?.length ?? 0)
    if (this.#at + bytes > this.#chunk.length) {
      this.flush()
      if (bytes > this.#chunk.length) this.#chunk = Buffer.from(new ArrayBuffer(bytes))
    }
    const chunk = this.#chunk
    chunk[this.#at] = this.#tables.indexOf(table)
    chunk.writeUInt16LE(key.length, this.#at + 1)
    chunk.writeUInt32LE(value?.length ?? REMOVED, this.#at + 3)
    chunk.set(key, this.#at + 7)
    if (value) chunk.set(value, this.#at + 7 + key.length)
    this.#at += bytes
  }

  flush(): void {
    if (this.#at === 0) return
    const { buffer } = this.#chunk
    this.#send(this.#at < this.#chunk.length ? buffer.slice(0, this.#at) : buffer)
    this.#chunk = Buffer.from(new ArrayBuffer(CHUNK_BYTES))
    this.#at = 0
  }
}
