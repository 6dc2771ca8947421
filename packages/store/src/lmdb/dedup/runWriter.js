// JavaScript, because a worker thread runs it and Node 20 does not run TypeScript.

import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { bloomAdd, bloomWords } from './bloom.js'
import { asBytes, BLOCK_IDS, RUN_HEADER_BYTES, readRunHeader, writeRunHeader } from './runFormat.js'

/** Ids between two looks at what else there is to do. */
const SLICE_IDS = 128 * 1024

/** @typedef {import('node:fs/promises').FileHandle} FileHandle */

/**
 * Writes ids (pairs of low and high half, in any order) as a run file that survives a power cut.
 * @param {string} path
 * @param {Uint32Array<ArrayBuffer>} ids
 * @param {{ earliest: number, latest: number }} received
 */
export async function writeRun(path, ids, received) {
  new BigUint64Array(ids.buffer, ids.byteOffset, ids.length / 2).sort()
  const output = await RunOutput.create(path, ids.length / 2)
  try {
    await output.add(ids)
    await output.finish(received)
  } finally {
    await output.close()
  }
}

/**
 * Merges run files into one. Other work of this thread goes on meanwhile.
 * @param {string} path
 * @param {readonly string[]} paths
 */
export async function mergeRuns(path, paths) {
  /** @type {RunInput[]} */
  const inputs = []
  /** @type {RunOutput | undefined} */
  let output
  try {
    for (const one of paths) inputs.push(await RunInput.open(one))
    output = await RunOutput.create(
      path,
      inputs.reduce((sum, input) => sum + input.ids, 0),
    )
    const slice = new Uint32Array(SLICE_IDS * 2)
    for (;;) {
      let filled = 0
      while (filled < slice.length) {
        for (const input of inputs) if (input.isEmpty) await input.load()
        const next = smallest(inputs)
        if (!next) break
        slice[filled++] = next.lo
        slice[filled++] = next.hi
        next.advance()
      }
      if (filled === 0) break
      await output.add(slice.subarray(0, filled))
      await new Promise(resolve => setImmediate(resolve))
    }
    const earliest = Math.min(...inputs.map(input => input.earliest))
    await output.finish({ earliest, latest: Math.max(...inputs.map(input => input.latest)) })
  } finally {
    for (const input of inputs) await input.close()
    await output?.close()
  }
}

/**
 * @param {readonly RunInput[]} inputs
 * @returns {RunInput | undefined}
 */
function smallest(inputs) {
  /** @type {RunInput | undefined} */
  let least
  for (const input of inputs) {
    if (input.isEmpty) continue
    if (!least || input.hi < least.hi || (input.hi === least.hi && input.lo < least.lo)) least = input
  }
  return least
}

class RunInput {
  #handle
  #left
  #offset = RUN_HEADER_BYTES
  #words = new Uint32Array(0)
  #at = 0

  /**
   * @param {FileHandle} handle
   * @param {import('./runFormat.js').RunHeader} header
   */
  constructor(handle, header) {
    this.#handle = handle
    this.#left = header.ids
    this.ids = header.ids
    this.earliest = header.earliest
    this.latest = header.latest
    this.lo = 0
    this.hi = 0
  }

  /** @param {string} path */
  static async open(path) {
    const handle = await open(path, 'r')
    const bytes = Buffer.alloc(RUN_HEADER_BYTES)
    await handle.read(bytes, 0, RUN_HEADER_BYTES, 0)
    const header = readRunHeader(bytes)
    if (header) return new RunInput(handle, header)
    await handle.close()
    throw new Error(`${path} is not a run file.`)
  }

  /** Nothing is loaded: `load`, and it is still empty when all was read. */
  get isEmpty() {
    return this.#at >= this.#words.length
  }

  async load() {
    if (this.#left === 0) return
    const ids = Math.min(this.#left, 64 * 1024)
    this.#words = new Uint32Array(ids * 2)
    const { bytesRead } = await this.#handle.read(asBytes(this.#words), 0, ids * 8, this.#offset)
    if (bytesRead < ids * 8) throw new Error('A run file is shorter than it says.')
    this.#offset += ids * 8
    this.#left -= ids
    this.#at = -2
    this.advance()
  }

  advance() {
    this.#at += 2
    this.lo = this.#words[this.#at] ?? 0
    this.hi = this.#words[this.#at + 1] ?? 0
  }

  close() {
    return this.#handle.close()
  }
}

class RunOutput {
  #path
  #handle
  #filter
  /** @type {number[]} */
  #index = []
  #ids = 0
  #lastLo = -1
  #lastHi = -1

  /**
   * @param {string} path
   * @param {FileHandle} handle
   * @param {number} ids
   */
  constructor(path, handle, ids) {
    this.#path = path
    this.#handle = handle
    this.#filter = new Uint32Array(bloomWords(ids))
  }

  /**
   * @param {string} path
   * @param {number} ids at most so many
   */
  static async create(path, ids) {
    return new RunOutput(path, await open(path, 'w'), ids)
  }

  /** @param {Uint32Array} ids ascending */
  async add(ids) {
    const kept = new Uint32Array(ids.length)
    let filled = 0
    for (let i = 0; i < ids.length; i += 2) {
      const lo = ids[i] ?? 0
      const hi = ids[i + 1] ?? 0
      if (lo === this.#lastLo && hi === this.#lastHi) continue
      this.#lastLo = lo
      this.#lastHi = hi
      if (this.#ids++ % BLOCK_IDS === 0) this.#index.push(hi)
      bloomAdd(this.#filter, hi, lo)
      kept[filled++] = lo
      kept[filled++] = hi
    }
    await this.#write(asBytes(kept.subarray(0, filled)), RUN_HEADER_BYTES + this.#ids * 8 - filled * 4)
  }

  /** @param {{ earliest: number, latest: number }} received */
  async finish({ earliest, latest }) {
    const index = Uint32Array.from(this.#index)
    const end = RUN_HEADER_BYTES + this.#ids * 8
    await this.#write(asBytes(index), end)
    await this.#write(asBytes(this.#filter), end + index.byteLength)
    const counts = { ids: this.#ids, indexWords: index.length, filterWords: this.#filter.length }
    await this.#write(writeRunHeader({ ...counts, earliest, latest }, index, this.#filter), 0)
    await this.#handle.sync()
    // Its name, too.
    const directory = await open(dirname(this.#path), 'r')
    await directory.sync().finally(() => directory.close())
  }

  close() {
    return this.#handle.close()
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} offset
   */
  async #write(bytes, offset) {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
    }
  }
}
