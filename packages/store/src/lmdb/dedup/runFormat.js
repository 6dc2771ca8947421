// JavaScript, because a worker thread runs it too and Node 20 does not run TypeScript.

/**
 * A run file: ids as little-endian 64-bit integers, ascending, without repetition; then what a reader keeps in memory: the
 * high half of each BLOCK_IDS-th id, and the Bloom filter.
 *
 * `0 magic   8 ids   16 earliest received   24 latest received   32 index words   36 filter words   40 checksum of 0..39,
 * index and filter   44 nothing   64 ids, index, filter`
 */

import { crc32 } from 'node:zlib'

export const RUN_HEADER_BYTES = 64
/** Ids in 4 KB: what one question reads from the file. */
export const BLOCK_IDS = 512
const MAGIC = Buffer.from('ESPRUN01', 'latin1')

/**
 * @typedef {object} RunHeader
 * @property {number} ids
 * @property {number} earliest
 * @property {number} latest
 * @property {number} indexWords
 * @property {number} filterWords
 */

/**
 * @param {RunHeader} header
 * @param {Uint32Array} index
 * @param {Uint32Array} filter
 * @returns {Buffer}
 */
export function writeRunHeader(header, index, filter) {
  const bytes = Buffer.alloc(RUN_HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeDoubleLE(header.ids, 8)
  bytes.writeDoubleLE(header.earliest, 16)
  bytes.writeDoubleLE(header.latest, 24)
  bytes.writeUInt32LE(header.indexWords, 32)
  bytes.writeUInt32LE(header.filterWords, 36)
  bytes.writeUInt32LE(checksum(bytes, index, filter), 40)
  return bytes
}

/**
 * @param {Buffer} bytes
 * @returns {RunHeader | undefined}
 */
export function readRunHeader(bytes) {
  if (bytes.length < RUN_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined
  return {
    ids: bytes.readDoubleLE(8),
    earliest: bytes.readDoubleLE(16),
    latest: bytes.readDoubleLE(24),
    indexWords: bytes.readUInt32LE(32),
    filterWords: bytes.readUInt32LE(36),
  }
}

/**
 * @param {Buffer} header
 * @param {Uint32Array} index
 * @param {Uint32Array} filter
 * @returns {boolean}
 */
export function isRunIntact(header, index, filter) {
  return header.readUInt32LE(40) === checksum(header, index, filter)
}

/**
 * @param {Buffer} header
 * @param {Uint32Array} index
 * @param {Uint32Array} filter
 */
function checksum(header, index, filter) {
  return crc32(asBytes(filter), crc32(asBytes(index), crc32(header.subarray(0, 40))))
}

/**
 * @param {Uint32Array} words
 * @returns {Uint8Array}
 */
export function asBytes(words) {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
