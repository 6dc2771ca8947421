import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addArms } from './arm.ts'
import { meanSample } from './sample.ts'
import { armOfPeople } from './testing.ts'
import { capOf, capReport } from './winsor.ts'

fc.configureGlobal({ seed: 4 })

const counted = (...values: number[]) => values.map(value => [value, 1] as const)

describe('the cap', () => {
  it('is the first of the totals above 0 that no more than the given share lie before', () => {
    expect(capOf(counted(4, 1, 3, 2), 0.5)).toBe(3)
    expect(capOf(counted(4, 1, 3, 2), 1)).toBe(4)
    expect(capOf(counted(4, 1, 3, 2), 0.01)).toBe(1)
    expect(
      capOf(
        [
          [10, 98],
          [500, 2],
        ],
        0.99,
      ),
    ).toBe(500)
    expect(
      capOf(
        [
          [10, 995],
          [500, 5],
        ],
        0.99,
      ),
    ).toBe(10)
  })

  it('leaves out people without a total, or nearly nobody would be left where few convert', () => {
    expect(
      capOf(
        [
          [0, 990],
          [20, 9],
          [9000, 1],
        ],
        0.9,
      ),
    ).toBe(9000)
    expect(
      capOf(
        [
          [0, 990],
          [20, 9],
          [9000, 1],
        ],
        0.85,
      ),
    ).toBe(20)
    expect(capOf([[0, 1000]])).toBeNull()
    expect(capOf([[-5, 3]])).toBeNull()
    expect(capOf([])).toBeNull()
    expect(() => capOf([], 0)).toThrow(RangeError)
  })

  it('grows with the percentile, and capping never widens the spread', () => {
    const values = fc.array(fc.integer({ min: -100, max: 100_000 }), { minLength: 2, maxLength: 50 })
    const share = fc.double({ min: 0.01, max: 1, noNaN: true })
    fc.assert(
      fc.property(values, share, share, (values, p, q) => {
        const cap = capOf(counted(...values), Math.min(p, q))
        const higher = capOf(counted(...values), Math.max(p, q))
        if (cap === null) return
        expect(cap).toBeLessThanOrEqual(higher!)
        const spread = (xs: number[]) =>
          meanSample(
            xs.length,
            xs.reduce((s, x) => s + x, 0),
            xs.reduce((s, x) => s + x * x, 0),
          ).variance
        expect(spread(values.map(x => Math.min(x, cap)))).toBeLessThanOrEqual(spread(values) * (1 + 1e-9) + 1e-6)
      }),
    )
  })
})

describe('what capping took away', () => {
  const capAt = (cap: number, variant: string, values: number[]) => ({
    ...armOfPeople(
      variant,
      values.map(value => ({ value: Math.min(value, cap) })),
    ),
    capped: {
      people: values.filter(value => value > cap).length,
      excess: values.reduce((sum, value) => sum + Math.max(0, value - cap), 0),
    },
  })

  it('is told by arm and over all, and adds over shards', () => {
    const arms = [capAt(100, '', [0, 50, 300]), capAt(100, 'a', [0, 0, 100, 900])]
    expect(capReport(arms)).toEqual({
      people: 2,
      shareOfPeople: 2 / 4,
      shareOfTotal: 1000 / 1350,
      uncappedMeans: [350 / 3, 250],
    })
    const shards = [capAt(100, '', [0, 50]), capAt(100, '', [300]), capAt(100, 'a', [0, 0, 100, 900])]
    expect(capReport(addArms(shards))).toEqual(capReport(arms))
  })

  it('is nothing where nobody was capped, or nobody is there', () => {
    expect(capReport([armOfPeople('', [{ value: 3 }])])).toMatchObject({ people: 0, shareOfTotal: 0 })
    expect(capReport([armOfPeople('', [])])).toEqual({
      people: 0,
      shareOfPeople: null,
      shareOfTotal: null,
      uncappedMeans: [null],
    })
    const endless = { ...armOfPeople('', [{ value: 3 }]), capped: { people: 1, excess: Number.POSITIVE_INFINITY } }
    expect(capReport([endless])).toMatchObject({ shareOfTotal: null, uncappedMeans: [null] })
  })
})
