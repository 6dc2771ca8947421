import { messageHash } from '@espalier/core/event'
import { parseInstant } from '@espalier/core/time'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../../contract/engine.ts'
import { instantOf } from './instant.ts'
import { hash } from './rows.ts'
import { isWithin, jsonNumber, jsonText } from './value.ts'

let opened: TestEngine
beforeAll(async () => {
  opened = await startEngine()
})
afterAll(() => opened?.close())

/** What an expression makes of each of the values. */
async function each<T>(type: string, values: readonly unknown[], expression: string): Promise<T[]> {
  const rows = await opened.database.rows<{ made: T }>(
    `SELECT ${expression} AS made FROM (SELECT arrayJoin({all:Array(${type})}) AS x, x AS message_id)`,
    { all: type === 'String' ? values : `[${values.join(',')}]` },
  )
  return rows.map(({ made }) => made)
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map(text => text.toWellFormed()),
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '/',
      '\b',
      '\f',
      '\n',
      '\r',
      '\t',
      '\u001f',
      '\u0000',
      '\u007f',
      '\u2028',
      'ü',
      '😀',
      'a',
    ),
  }),
)
const digits = (n: number) => fc.nat(10 ** n - 1).map(number => String(number).padStart(n, '0'))
const near = (n: number, least: number, most: number) =>
  fc.oneof(
    fc.integer({ min: least - 1, max: most + 1 }).map(number => String(Math.max(0, number)).padStart(n, '0')),
    digits(n),
  )
const zone = fc.oneof(
  fc.constant('Z'),
  fc.tuple(fc.constantFrom('+', '-'), near(2, 0, 23), near(2, 0, 59)).map(([sign, h, m]) => `${sign}${h}:${m}`),
)
const time = fc
  .tuple(
    near(2, 0, 23),
    near(2, 0, 59),
    fc.option(fc.tuple(near(2, 0, 59), fc.option(fc.integer({ min: 1, max: 10 }).chain(digits)))),
    zone,
  )
  .map(([h, m, rest, zone]) => {
    const seconds = rest === null ? '' : rest[1] === null ? `:${rest[0]}` : `:${rest[0]}.${rest[1]}`
    return `T${h}:${m}${seconds}${zone}`
  })
const instant = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(digits(4), near(2, 1, 12), near(2, 1, 31), fc.option(time))
      .map(([y, m, d, time]) => `${y}-${m}-${d}${time ?? ''}`),
  },
  fc.constantFrom(
    '',
    'soon',
    '2026-11-01T09:00',
    '2026-11-01 09:00Z',
    '2026-11-01\n',
    '20261101',
    '2026-11-01T09:00:00,5Z',
    '2026-11-01T09:00Zzz',
  ),
  fc
    .tuple(
      fc.constantFrom('2024', '2023', '1900', '2000', '0000', '0400', '9999'),
      fc.constantFrom('02-28', '02-29', '02-30', '12-31', '03-01'),
    )
    .map(([y, d]) => `${y}-${d}`),
)

const many = <T>(arbitrary: fc.Arbitrary<T>, n: number) => fc.sample(arbitrary, { numRuns: n, seed: 20261105 })

describe('expressions in SQL', () => {
  it('R5 instants are what they are to the live evaluator, to the last day that exists', async () => {
    const texts = many(instant, 3000)
    const expected = texts.map(text => parseInstant(text) ?? null)
    expect(expected.filter(at => at !== null).length).toBeGreaterThan(400)
    expect(await each('String', texts, `toString(${instantOf('x')})`)).toEqual(
      expected.map(at => (at === null ? null : String(at))),
    )
  })

  it('text and numbers as JSON are what JSON.stringify writes', async () => {
    const texts = many(anyText, 1000)
    expect(await each('String', texts, jsonText('x'))).toEqual(texts.map(text => JSON.stringify(text)))
    const numbers = many(
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.double({ min: 1e18, max: 1e24, noNaN: true }),
        fc.double({ min: -1e-4, max: 1e-4, noNaN: true }),
      ),
      1000,
    )
    expect(await each('Float64', numbers, jsonNumber('x'))).toEqual(numbers.map(number => JSON.stringify(number)))
  })

  it('R10 the hash of a messageId, and the length of a text, are of UTF-16 units', async () => {
    const texts = many(anyText, 1000)
    expect(await each('String', texts, `toUInt32(${hash})`)).toEqual(texts.map(text => messageHash(text)))
    const long = texts.map(text => text.repeat(1 + (text.length % 9)))
    for (const limit of [5, 20, 60]) {
      expect(await each('String', long, isWithin('x', limit))).toEqual(long.map(text => Number(text.length <= limit)))
    }
  })
})
