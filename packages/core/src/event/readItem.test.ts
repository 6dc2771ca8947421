import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_LIMITS, IMPORT_ITEM_BYTES } from './limits.ts'
import { type ItemBase, readItem } from './readItem.ts'

const base: ItemBase = { received: Date.UTC(2026, 10, 1, 9), index: 0, newMessageId: () => 'new' }
const track = (properties: unknown, more: object = {}) => ({
  type: 'track',
  event: 'E',
  userId: 'u',
  properties,
  ...more,
})
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length

/** An item whose compact JSON has exactly `size` bytes. */
function itemOf(size: number, unit: string): object {
  const empty = bytes(track({ text: '' }))
  const width = bytes(unit) - 2
  const rest = (size - empty) % width
  return track({ text: unit.repeat((size - empty - rest) / width) + 'x'.repeat(rest) })
}

describe('R11 the bounds of an item', () => {
  for (const unit of ['a', 'é', '€', '😀', '"', '\u0001']) {
    it(`takes 32 KB and refuses one byte more, in units of ${JSON.stringify(unit)}`, () => {
      expect(bytes(itemOf(EVENT_LIMITS.bytes, unit))).toBe(EVENT_LIMITS.bytes)
      expect(readItem(itemOf(EVENT_LIMITS.bytes, unit), base).error).toBeUndefined()
      expect(readItem(itemOf(EVENT_LIMITS.bytes + 1, unit), base).error?.code).toBe('too_large')
    })
  }

  it('takes an imported item of 1 MB', () => {
    const imported = { ...base, maxBytes: IMPORT_ITEM_BYTES }
    expect(readItem(itemOf(IMPORT_ITEM_BYTES, 'a'), imported).error).toBeUndefined()
    expect(readItem(itemOf(IMPORT_ITEM_BYTES + 1, 'a'), imported).error).toMatchObject({
      code: 'too_large',
      message: expect.stringContaining(String(IMPORT_ITEM_BYTES)),
    })
  })

  it('takes 10,000 keys at all levels together and refuses one more', () => {
    const keys = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 1]))
    const own = 4 // type, event, userId, properties
    const large = { ...base, maxBytes: IMPORT_ITEM_BYTES }
    expect(readItem(track(keys(10_000 - own)), large).error).toBeUndefined()
    expect(readItem(track(keys(10_001 - own)), large).error?.code).toBe('too_many_properties')
    const nested = track({ a: keys(5000), b: [keys(5001 - own - 2)] })
    expect(readItem(nested, large).error).toMatchObject({ code: 'too_many_properties' })
  })

  it('takes 32 levels and refuses one more, and any depth without overflowing', () => {
    const nested = (levels: number, leaf: unknown): unknown => {
      let value = leaf
      for (let i = 0; i < levels; i++) value = (levels - i) % 2 ? { a: value } : [value]
      return value
    }
    expect(readItem(track(nested(EVENT_LIMITS.depth, 1)), base).error).toBeUndefined()
    expect(readItem(track(nested(EVENT_LIMITS.depth + 1, 1)), base).error?.code).toBe('too_deep')
    expect(readItem(track(nested(100_000, 1)), base).error?.code).toBe('too_deep')
  })

  it('refuses __proto__ as a key, which only JSON.parse can make', () => {
    const raw = JSON.parse('{"type":"track","event":"E","userId":"u","properties":{"a":{"__proto__":{"admin":true}}}}')
    expect(readItem(raw, base).error).toMatchObject({
      code: 'prototype_key',
      message: expect.stringContaining('properties.a.__proto__'),
    })
  })

  it('refuses numbers that JSON cannot hold and says where', () => {
    const raw = JSON.parse('{"type":"track","event":"E","userId":"u","properties":{"prices":[1,1e999]}}')
    expect(readItem(raw, base).error).toMatchObject({
      code: 'value_invalid',
      message: expect.stringContaining('properties.prices[1]'),
    })
  })
})

describe('readItem', () => {
  it('never throws, and gives an event or an error, whatever it is given', () => {
    const json = fc.json().map(text => JSON.parse(text) as unknown)
    const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('E', 'Order Completed') }, fc.string())
    const id = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('u', 'v', 42) }, json)
    const object = fc.oneof({ weight: 9, arbitrary: fc.dictionary(fc.string({ unit: 'binary' }), json) }, json)
    const time = fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .date({ min: new Date('2010-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
          .map(date => date.toISOString()),
      },
      json,
    )
    const item = fc.record(
      {
        type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('track', 'identify', 'page', 'group', 'alias') }, json),
        event: name,
        name,
        userId: id,
        anonymousId: id,
        previousId: id,
        groupId: id,
        messageId: id,
        properties: object,
        traits: object,
        context: object,
        timestamp: time,
        sentAt: time,
      },
      { requiredKeys: ['type', 'userId'] },
    )
    let events = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: item }, fc.anything({ withBigInt: true })), raw => {
        const { event, error } = readItem(raw, base)
        expect(event === undefined).toBe(error !== undefined)
        if (event) {
          events++
          expect(event.userId ?? event.anonymousId).toBeTypeOf('string')
          expect(JSON.parse(JSON.stringify(event))).toEqual(event)
          expect(JSON.stringify(event).isWellFormed()).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
    expect(events).toBeGreaterThan(100)
  })
})
