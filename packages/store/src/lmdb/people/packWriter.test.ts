import * as fc from 'fast-check'
import { Packr } from 'msgpackr'
import { expect, it } from 'vitest'
import { PackWriter } from './packWriter.ts'

const packr = new Packr({ useRecords: false })

function through(value: unknown): unknown {
  const writer = new PackWriter()
  writer.any(value)
  return packr.unpack(writer.written)
}

it('msgpackr reads what it writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 4 }), value => {
      const plain = JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto'))
      expect(through(plain)).toEqual(plain)
    }),
    { seed: 3 },
  )
})

it.each([
  0,
  1,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  1_795_334_510_000,
  2 ** 53 - 1,
  0.1,
])('writes %d and its negative', number => {
  expect(through([number, -number])).toEqual([number, -number])
})

it('writes text and lists of any length', () => {
  for (const length of [0, 1, 15, 16, 31, 32, 63, 64, 65, 255, 256, 65_535, 65_536, 200_000]) {
    for (const unit of ['a', 'é', '😀']) expect(through(unit.repeat(length))).toBe(unit.repeat(length))
    expect(through(Array(length).fill(1))).toEqual(Array(length).fill(1))
  }
  const keys = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))
  expect(through(keys)).toEqual(keys)
})
