/** Random for each data folder, so that nobody can prepare ids that collide. */
export interface HashKey {
  readonly a: number
  readonly b: number
}

/** A 64-bit hash of the text just given to `hash64`: two halves, since a JavaScript number holds 53 bits. */
export const hashed = { hi: 0, lo: 0 }

/**
 * MurmurHash3's mixing on two lanes of 32 bits over UTF-16 units, two at a time. Version 1: run files hold what it gives,
 * so another function needs another folder format. The result is left in `hashed` (no allocation on the busiest path).
 */
export function hash64(text: string, key: HashKey): void {
  let a = key.a
  let b = key.b
  const { length } = text
  for (let i = 0; i < length; i += 2) {
    const unit = text.charCodeAt(i) | (i + 1 < length ? text.charCodeAt(i + 1) << 16 : 0)
    let x = Math.imul(unit, 0x239b961b)
    x = (x << 15) | (x >>> 17)
    a ^= Math.imul(x, 0xab0e9789)
    a = ((a << 19) | (a >>> 13)) + b
    a = Math.imul(a, 5) + 0x561ccd1b
    let y = Math.imul(unit, 0x38b34ae5)
    y = (y << 16) | (y >>> 16)
    b ^= Math.imul(y, 0xa1e38b93)
    b = ((b << 17) | (b >>> 15)) + a
    b = Math.imul(b, 5) + 0x0bcaa747
  }
  a ^= length
  b ^= length
  a = (a + b) | 0
  b = (b + a) | 0
  a = finish(a)
  b = finish(b)
  a = (a + b) | 0
  b = (b + a) | 0
  hashed.hi = a >>> 0
  // Zero marks an empty place in a table.
  hashed.lo = (a | b) === 0 ? 1 : b >>> 0
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
