/**
 * What bucketing hashes for a person whose first identifier (`kind:value`) this is: 64-bit FNV-1a of its UTF-8 bytes, as 16
 * hex digits. Keys are stored with profiles and decide their assignments, so this function never changes (R6).
 */
export function bucketKeyOf(identifier: string): string {
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (const byte of utf8(identifier)) {
    low = (low ^ byte) >>> 0
    // Times the prime 2^40 + 0x1b3, modulo 2^64, in two halves of 32 bits.
    const product = low * 0x1b3
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0
    low = product >>> 0
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

function* utf8(text: string): Generator<number> {
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code < 0x80) yield code
    else if (code < 0x800) yield* [0xc0 | (code >> 6), tail(code)]
    else if (code < 0x10000) yield* [0xe0 | (code >> 12), tail(code >> 6), tail(code)]
    else yield* [0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code)]
  }
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f)
}
