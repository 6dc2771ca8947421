import * as fc from 'fast-check'
import { Packr } from 'msgpackr'
import { expect, it } from 'vitest'
import { PackReader } from './packReader.ts'
import { PackWriter } from './packWriter.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true })

const reader = new PackReader()

/** What our reader makes of it, which is what msgpackr does, of what either wrote. */
function through(value: unknown): unknown {
  const writer = new PackWriter()
  writer.any(value)
  for (const written of [writer.written, packr.pack(value)]) {
    reader.open(written)
    expect(reader.any()).toEqual(packr.unpack(written))
  }
  return packr.unpack(writer.written)
}

it('msgpackr and our own reader read what it writes', () => {
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

it('tells texts apart whose bytes lead to the same place', () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `t${(i * 7919) % 9_999}`)
  expect(through(texts)).toEqual(texts)
  expect(through([...texts, 'é', 'Ã©', 'é'])).toEqual([...texts, 'é', 'Ã©', 'é'])
})

it('reads a key `__proto__` as a member like any other', () => {
  const writer = new PackWriter()
  writer.any(JSON.parse('{"__proto__":{"a":1},"b":2}'))
  reader.open(writer.written)
  const read = reader.any() as object
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  expect(Object.entries(read)).toEqual([
    ['__proto__', { a: 1 }],
    ['b', 2],
  ])
})

it('says so where bytes are none of ours', () => {
  reader.open(Buffer.of(0xc1))
  expect(() => reader.any()).toThrow('holds 0xc1')
  reader.open(Buffer.of(0xa1))
  expect(() => reader.any()).toThrow('ends before')
  reader.open(Buffer.of(0x01))
  expect(() => reader.array()).toThrow('an array')
})
