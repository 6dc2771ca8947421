import { readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { bloomHas } from './bloom.js'
import { asBytes, BLOCK_IDS, isRunIntact, RUN_HEADER_BYTES, readRunHeader } from './runFormat.js'

/** A run as the checkpoint lists it. */
export interface RunEntry {
  readonly file: string
  readonly ids: number
  /** Received times of the first and last id in it. */
  readonly earliest: number
  readonly latest: number
}

/** An immutable sorted file of ids, with its filter and index in memory. */
export class Run {
  readonly entry: RunEntry
  readonly #handle: FileHandle
  readonly #index: Uint32Array
  readonly #filter: Uint32Array
  readonly #block = Buffer.alloc(BLOCK_IDS * 8)

  private constructor(entry: RunEntry, handle: FileHandle, index: Uint32Array, filter: Uint32Array) {
    this.entry = entry
    this.#handle = handle
    this.#index = index
    this.#filter = filter
  }

  static async open(directory: string, file: string): Promise<Run> {
    const path = join(directory, file)
    const broken = () =>
      new StoreError('corrupt', `${path} is damaged or missing: restore the data folder from a backup.`)
    const handle = await open(path, 'r').catch(() => {
      throw broken()
    })
    try {
      const bytes = Buffer.alloc(RUN_HEADER_BYTES)
      await handle.read(bytes, 0, RUN_HEADER_BYTES, 0)
      const header = readRunHeader(bytes)
      const size = (await handle.stat()).size
      const words = header ? header.indexWords + header.filterWords : 0
      if (!header || size !== RUN_HEADER_BYTES + header.ids * 8 + words * 4) throw broken()
      const index = new Uint32Array(header.indexWords)
      const filter = new Uint32Array(header.filterWords)
      const indexAt = RUN_HEADER_BYTES + header.ids * 8
      await handle.read(asBytes(index), 0, index.byteLength, indexAt)
      await handle.read(asBytes(filter), 0, filter.byteLength, indexAt + index.byteLength)
      if (!isRunIntact(bytes, index, filter)) throw broken()
      const { ids, earliest, latest } = header
      return new Run({ file, ids, earliest, latest }, handle, index, filter)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes it holds in memory. */
  get bytes(): number {
    return this.#index.byteLength + this.#filter.byteLength
  }

  has(hi: number, lo: number): boolean {
    return bloomHas(this.#filter, hi, lo) && this.#search(hi, lo)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  /** Ids with one high half may begin in the block before the one that starts with it. */
  #search(hi: number, lo: number): boolean {
    let from = 0
    let to = this.#index.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#index[middle]! < hi) from = middle + 1
      else to = middle
    }
    for (let block = Math.max(0, from - 1); block < this.#index.length && this.#index[block]! <= hi; block++) {
      if (this.#blockHas(block, hi, lo)) return true
    }
    return false
  }

  #blockHas(block: number, hi: number, lo: number): boolean {
    const ids = Math.min(BLOCK_IDS, this.entry.ids - block * BLOCK_IDS)
    const bytes = readSync(this.#handle.fd, this.#block, 0, ids * 8, RUN_HEADER_BYTES + block * BLOCK_IDS * 8)
    let from = 0
    let to = bytes >>> 3
    while (from < to) {
      const middle = (from + to) >>> 1
      const h = this.#block.readUInt32LE(middle * 8 + 4)
      const l = this.#block.readUInt32LE(middle * 8)
      if (h === hi && l === lo) return true
      if (h < hi || (h === hi && l < lo)) from = middle + 1
      else to = middle
    }
    return false
  }
}
