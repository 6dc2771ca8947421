import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketKeyOf } from './bucketKey.ts'

/** The definition, in arithmetic of unbounded integers. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  return hash.toString(16).padStart(16, '0')
}

describe('R6 bucketKeyOf', () => {
  it('is FNV-1a with 64 bits: the published values', () => {
    expect(bucketKeyOf('')).toBe('cbf29ce484222325')
    expect(bucketKeyOf('a')).toBe('af63dc4c8601ec8c')
    expect(bucketKeyOf('foobar')).toBe('85944171f73967e8')
  })

  it('agrees with the definition for all text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(bucketKeyOf(text)).toBe(fnv1a64(text))
      }),
    )
  })
})
