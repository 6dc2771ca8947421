import { TABLES } from './tables.js'

export type CheckpointTable = (typeof TABLES)[number]

const CHUNK_BYTES = 1 << 20

/** Collects entries as `[table, key length (2), value length (4), key, value]…` and hands them on by the megabyte. */
export class ChunkWriter {
  readonly #send: (chunk: ArrayBuffer) => void
  #chunk = Buffer.from(new ArrayBuffer(CHUNK_BYTES))
  #at = 0

  constructor(send: (chunk: ArrayBuffer) => void) {
    this.#send = send
  }

  add(table: CheckpointTable, key: Uint8Array, value: Uint8Array): void {
    const bytes = 7 + key.length + value.length
    if (this.#at + bytes > this.#chunk.length) {
      this.flush()
      if (bytes > this.#chunk.length) this.#chunk = Buffer.from(new ArrayBuffer(bytes))
    }
    const chunk = this.#chunk
    chunk[this.#at] = TABLES.indexOf(table)
    chunk.writeUInt16LE(key.length, this.#at + 1)
    chunk.writeUInt32LE(value.length, this.#at + 3)
    chunk.set(key, this.#at + 7)
    chunk.set(value, this.#at + 7 + key.length)
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
