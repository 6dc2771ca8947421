import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIP, compileEncoder, type Encoding, fitEncoding } from './encoding.ts'

const encoding: Encoding = {
  inputs: [
    { key: 'age', kind: 'numeric', mean: 40, sd: 10 },
    { key: 'mobile', kind: 'boolean' },
    { key: 'plan', kind: 'categorical', levels: ['free', 'pro'] },
  ],
}

function encode(...values: unknown[]): number[] {
  const encoder = compileEncoder(encoding)
  const row = new Float64Array(encoder.columns)
  row[0] = 1
  for (const [i, value] of values.entries()) encoder.put(i, value, row)
  return Array.from(row)
}

describe('inputs as numbers', () => {
  it.each([
    [
      [50, true, 'pro'],
      [1, 1, 1, 0, 1],
    ],
    [
      [30, false, 'free'],
      [1, -1, -1, 1, 0],
    ],
    [
      [1e9, true, 'team'],
      [1, CLIP, 1, 0, 0],
    ],
    [
      [Number.NEGATIVE_INFINITY, null, null],
      [1, -CLIP, 0, 0, 0],
    ],
    [
      [undefined, undefined, undefined],
      [1, 0, 0, 0, 0],
    ],
    [
      ['50', 'true', 3],
      [1, 0, 0, 0, 0],
    ],
  ])('%j is %j', (values, expected) => expect(encode(...values)).toEqual(expected))

  it('R11 are bounded whatever is sent, and one person leaves nothing behind for the next', () => {
    const encoder = compileEncoder(encoding)
    const row = new Float64Array(encoder.columns)
    fc.assert(
      fc.property(fc.tuple(fc.anything(), fc.anything(), fc.anything()), values => {
        for (const [i, value] of values.entries()) encoder.put(i, value, row)
        expect(row.every(x => Math.abs(x) <= CLIP)).toBe(true)
        for (const [i, value] of [40, undefined, undefined].entries()) encoder.put(i, value, row)
        expect(row.every(x => x === 0)).toBe(true)
      }),
    )
  })

  it('are standardized by what was seen; constant or unseen ones by 1', () => {
    const of = (n: number, sum: number, sumSquares: number) =>
      fitEncoding([{ key: 'x', kind: 'numeric' }], { x: { n, sum, sumSquares } }).inputs[0]
    // 1, 2, 3, 4
    expect(of(4, 10, 30)).toEqual({ key: 'x', kind: 'numeric', mean: 2.5, sd: Math.sqrt(5 / 3) })
    expect(of(3, 15, 75)).toMatchObject({ mean: 5, sd: 1 })
    expect(of(1, 7, 49)).toMatchObject({ mean: 7, sd: 1 })
    expect(of(0, 0, 0)).toMatchObject({ mean: 0, sd: 1 })
    expect(of(2, Number.POSITIVE_INFINITY, 1)).toMatchObject({ mean: 0, sd: 1 })
    expect(fitEncoding([{ key: 'x', kind: 'numeric' }], {}).inputs[0]).toMatchObject({ mean: 0, sd: 1 })
  })

  it('that are too many are refused', () => {
    const levels = Array.from({ length: 20 }, (_, i) => String(i))
    const inputs = ['a', 'b', 'c', 'd'].map(key => ({ key, kind: 'categorical', levels }) as const)
    expect(() => compileEncoder({ inputs })).toThrow('the inputs make 81 columns, 64 are allowed')
  })
})
