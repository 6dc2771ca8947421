// JavaScript, because a worker thread runs it too and Node 20 does not run TypeScript.

/**
 * A split-block Bloom filter, as Parquet has it: blocks of eight 32-bit words, one bit of each word an id. One cache line a
 * question; 12 bits an id give about 0.6 % false answers.
 */

const BITS_PER_ID = 12
const SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31]

/**
 * @param {number} ids
 * @returns {number} words of a filter for so many ids
 */
export function bloomWords(ids) {
  return Math.max(1, Math.ceil((ids * BITS_PER_ID) / 256)) * 8
}

/**
 * @param {Uint32Array} words
 * @param {number} hi
 * @param {number} lo
 */
export function bloomAdd(words, hi, lo) {
  const block = blockOf(words, lo)
  for (let i = 0; i < 8; i++) words[block + i] = (words[block + i] ?? 0) | (1 << (Math.imul(hi, SALT[i] ?? 0) >>> 27))
}

/**
 * False: surely not there.
 * @param {Uint32Array} words
 * @param {number} hi
 * @param {number} lo
 * @returns {boolean}
 */
export function bloomHas(words, hi, lo) {
  const block = blockOf(words, lo)
  for (let i = 0; i < 8; i++) {
    if (((words[block + i] ?? 0) & (1 << (Math.imul(hi, SALT[i] ?? 0) >>> 27))) === 0) return false
  }
  return true
}

/**
 * @param {Uint32Array} words
 * @param {number} lo
 */
function blockOf(words, lo) {
  return Math.floor((lo / 0x1_0000_0000) * (words.length / 8)) * 8
}
