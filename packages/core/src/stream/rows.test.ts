import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Json } from '../json.ts'
import { crossingRow } from './crossingRow.ts'
import { hasLongNumber, jsonLine, partitionOf, toRow } from './rows.ts'

it('the partition is the UTC month', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2400-01-01'), noInvalidDate: true }), date => {
      expect(partitionOf(date.getTime())).toBe(date.getUTCFullYear() * 100 + date.getUTCMonth() + 1)
    }),
    { seed: 5, numRuns: 5000 },
  )
  for (const text of [
    '2000-02-29',
    '2000-03-01',
    '2024-02-29',
    '2026-12-31',
    '2027-01-01',
    '2100-02-28',
    '2100-03-01',
  ]) {
    expect(partitionOf(Date.parse(`${text}T00:00:00Z`))).toBe(Number(text.slice(0, 7).replace('-', '')))
    expect(partitionOf(Date.parse(`${text}T23:59:59.999Z`))).toBe(Number(text.slice(0, 7).replace('-', '')))
  }
})

it('nineteen digits in a row are found wherever they stand', () => {
  const piece = fc.oneof(
    fc.constantFrom('', ' ', '-', 'a'.repeat(19), ','),
    fc.integer({ min: 1, max: 21 }).map(n => '7'.repeat(n)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const text = pieces.join('')
      expect(hasLongNumber(text)).toBe(/[0-9]{19}/.test(text))
    }),
    { seed: 5, numRuns: 2000 },
  )
})

it('whole numbers beyond 64 bits are written as doubles, and nothing else is touched', () => {
  const long = '123456789012345680000'
  expect(jsonLine({ [long]: `"${long},`, n: [1.5e20, -9.3e18, 1e21, 5], text: `\\"${long}` })).toBe(
    `{"${long}":"\\"${long},","n":[150000000000000000000e0,-9300000000000000000e0,1e+21,5],"text":"\\\\\\"${long}"}`,
  )
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.double({ min: -1e21, max: 1e21, noNaN: true }).map(number => Math.round(number)),
      (value, number) => {
        const given = { value, number, list: [number, value] } as Json
        expect(JSON.parse(jsonLine(given))).toEqual(JSON.parse(JSON.stringify(given)))
      },
    ),
    { seed: 5 },
  )
})

it('the row of who enters and leaves a segment is written piece by piece as it would be whole', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', '"\\\u2028'))
  const crossing = fc.record({
    ...{ workspace: text, profile: text, messageId: text, name: text, userId: text, segment: text },
    ...{ at: fc.nat({ max: 4e12 }), received: fc.nat({ max: 4e12 }), version: fc.nat(), definitions: fc.nat() },
    reason: fc.option(text, { nil: undefined }),
  })
  fc.assert(
    fc.property(crossing, ({ at, received, messageId, userId, segment, version, reason, ...same }) => {
      const row = crossingRow({ ...same, at, received, messageId, userId, segment, version, reason })
      const whole = toRow('events', at, {
        ...{ workspace: same.workspace, profile: same.profile, timestamp: at, received, index: 0 },
        ...{ message_id: messageId, type: 'segment', name: same.name, user_id: userId, anonymous_id: '' },
        ...{ group_id: '', session_id: '', revenue: null, currency: '' },
        properties: { segment, version, ...(reason !== undefined && { reason }) },
        ...{ context: {}, definitions: same.definitions },
      })
      expect([row.table, row.partition, row.line]).toEqual([whole.table, whole.partition, whole.line])
    }),
    { seed: 5 },
  )
})
