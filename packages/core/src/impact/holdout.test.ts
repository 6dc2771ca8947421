import { describe, expect, it } from 'vitest'
import { random } from '../random/index.ts'
import { type HoldoutSums, holdoutRatio } from './holdout.ts'
import { programmeImpact } from './report.ts'
import { NO_CUSTOMERS } from './spend.ts'
import { NOBODY } from './sums.ts'
import { cellOf, sumsOfPeople } from './testing.ts'

const people = (count: number) => ({ ...NOBODY, people: count })

/** Of `heldOut` and `free` people in one time, each decided with the share. */
const time = (quarter: string, free: number, heldOut: number, share = 0.05, changes = 0): HoldoutSums[] => [
  { quarter, heldOut: false, changes, sums: people(free) },
  ...(heldOut === 0
    ? []
    : [
        {
          quarter,
          heldOut: true,
          changes,
          sums: people(heldOut),
          weights: { sum: heldOut / share, sumSquares: heldOut / share ** 2 },
        },
      ]),
]

describe('the size of the holdout', () => {
  it('of one share is held against it by Pearson’s chi-square', () => {
    // Flagsmith's 5,100 of 10,000 at a half.
    expect(holdoutRatio(time('2026-10-01', 4900, 5100, 0.5), [0.5])).toEqual({
      verdict: 'ok',
      p: expect.closeTo(0.0455, 4),
      times: [{ quarter: '2026-10-01', people: 10_000, heldOut: 5100, expected: 5000, p: expect.closeTo(0.0455, 4) }],
    })
    expect(holdoutRatio(time('2026-10-01', 9700, 300), [0.05])).toMatchObject({ verdict: 'mismatch' })
  })

  it('is checked of each quarter for itself: what is too much in one does not make up for what is missing in another', () => {
    const both = [...time('2026-07-01', 9600, 400), ...time('2026-10-01', 9400, 600)]
    expect(holdoutRatio(both, [0.05])).toMatchObject({ verdict: 'mismatch' })
    const fair = [...time('2026-07-01', 9495, 505), ...time('2026-10-01', 9460, 540)]
    const { p, times } = holdoutRatio(fair, [0.05])
    expect(p).toBeCloseTo(2 * times[1]!.p!, 12)
  })

  it('follows the share that was set: before and after a change each by its own', () => {
    const changed = [...time('2026-10-01', 9500, 500), ...time('2026-11-10T00:00:00.000Z', 8000, 2000, 0.2, 1)]
    expect(holdoutRatio(changed, [0.05, 0.2]).verdict).toBe('ok')
  })

  it('counts who saw after a change what was decided before it by the share of that time', () => {
    // Of 10,000 people half had been decided with 5 %, half with 20 %.
    const late: HoldoutSums[] = [
      { quarter: 'q', heldOut: false, changes: 1, sums: people(8750) },
      {
        quarter: 'q',
        heldOut: true,
        changes: 1,
        sums: people(1250),
        weights: { sum: 250 / 0.05 + 1000 / 0.2, sumSquares: 250 / 0.05 ** 2 + 1000 / 0.2 ** 2 },
      },
    ]
    expect(holdoutRatio(late, [0.05, 0.2])).toMatchObject({ verdict: 'ok', p: expect.closeTo(1, 9) })
  })

  it('misses those of whom nobody came: by the share that was set', () => {
    const none = time('2026-10-01', 1000, 0)
    expect(holdoutRatio(none, [0.05])).toMatchObject({ verdict: 'mismatch', times: [{ heldOut: 0, expected: 50 }] })
    expect(holdoutRatio(none, [0])).toEqual({ verdict: 'unknown', p: null, times: [] })
    expect(holdoutRatio(time('2026-10-01', 60, 0), [0.05])).toMatchObject({ verdict: 'unknown', times: [{ p: null }] })
    expect(holdoutRatio(time('2026-10-01', 1000, 0, 0.05, 1), [0.05, 0])).toMatchObject({ times: [] })
  })

  it('leaves out whom others decided for', () => {
    const elsewhere: HoldoutSums = { quarter: '2026-10-01', heldOut: false, elsewhere: true, sums: people(50_000) }
    expect(holdoutRatio([...time('2026-10-01', 9500, 500), elsewhere], [0.05]).verdict).toBe('ok')
  })

  it('cries wolf once in a thousand looks at most, with two shares in one quarter and the same people in both', () => {
    const rng = random('size of the holdout')
    let alarms = 0
    const looks = 2000
    for (let look = 0; look < looks; look++) {
      const points = Array.from({ length: 400 }, () => rng.uniform())
      const of = (share: number) => points.filter(point => point < share).length
      const [before, after] = [of(0.1), of(0.3)]
      const times = [...time('a', 400 - before, before, 0.1), ...time('b', 400 - after, after, 0.3, 1)]
      if (holdoutRatio(times, [0.1, 0.3]).verdict === 'mismatch') alarms++
    }
    expect(alarms).toBeLessThanOrEqual(9)
  })

  it('is told in the report, which then says nothing of an overlap', () => {
    const paid = (n: number, amount: number) => Array.from({ length: n }, (_, i) => (i % 2 ? { paid: amount } : {}))
    const [free, held] = [paid(9900, 60), paid(100, 50)].map(sumsOfPeople)
    const facts = {
      cells: [cellOf(paid(900, 60)), cellOf(paid(100, 50), { control: true })],
      periods: [],
      segments: [],
      holdout: [
        { quarter: '2026-10-01', heldOut: false, sums: free! },
        { quarter: '2026-10-01', heldOut: true, sums: held!, weights: { sum: 2000, sumSquares: 40_000 } },
      ],
      spend: [],
      customers: NO_CUSTOMERS,
    }
    const { growth, holdout, notes, sentence } = programmeImpact(facts, {
      days: 30,
      currency: 'EUR',
      kpi: { name: 'Revenue', type: 'money' },
      hasMargin: false,
      experiences: new Map(),
      touchpoints: new Map(),
      holdoutShares: [0.05],
    })
    expect(holdout.sampleRatio.verdict).toBe('mismatch')
    expect(growth.revenue.verdict).toBe('unknown')
    expect(sentence).toContain('cannot be trusted: more or fewer people are held out than were to be')
    expect(notes).toContainEqual(
      expect.stringContaining('From 2026-10-01 on 100 of 10,000 people were held out, where about 500 were to be'),
    )
  })
})
