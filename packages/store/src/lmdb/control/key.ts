import { createHash } from 'node:crypto'

/**
 * A key of several parts, ordered by the first, then the second…: each part is ended by 0, a 0 within becomes 0 255, so
 * that no two keys are confused. Numbers sort by value (not negative).
 */
export function controlKey(...parts: (string | number)[]): Buffer {
  return Buffer.concat(
    parts.map(part => {
      if (typeof part === 'number') {
        const bytes = Buffer.alloc(8)
        bytes.writeDoubleBE(part)
        return bytes
      }
      const text = part.length > LONGEST ? `${part.slice(0, KEPT)}${digest(part)}` : part
      return Buffer.from(`${text.replaceAll('\0', '\0\u{ff}')}\0`)
    }),
  )
}

/** LMDB takes keys up to 1978 bytes: of a longer text the beginning and a digest. */
const LONGEST = 200
const KEPT = 100

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The end of the range of keys that begin with these parts. */
export function after(...parts: (string | number)[]): Buffer {
  return Buffer.concat([controlKey(...parts), Buffer.of(0xff)])
}
