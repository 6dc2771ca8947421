import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missingIn } from './lift.ts'
import { meanSample, proportionSample, type Sample } from './sample.ts'
import type { SampleRatio } from './srm.ts'
import { type Verdict, type VerdictPlan, verdictOf } from './verdict.ts'

fc.configureGlobal({ seed: 4 })

const fits: SampleRatio = { verdict: 'ok', chiSquare: 0, dof: 1, p: 1 }

function judge(control: Sample, treatment: Sample, plan: VerdictPlan = {}, days?: number): Verdict {
  const missing = missingIn(control, treatment)
  const input = { control, treatment, missing, sampleRatio: fits, days }
  return verdictOf(isShare(control) && isShare(treatment) ? { ...input, ceiling: 1 } : input, plan)
}
const share = proportionSample
const isShare = ({ mean, variance }: Sample) => Math.abs(variance - mean * (1 - mean)) < 1e-12

describe('the four verdicts', () => {
  it('works, hurts, and the other way around where down is good', () => {
    const better = [share(10_000, 1000), share(10_000, 1400)] as const
    const worse = [share(10_000, 1000), share(10_000, 700)] as const
    expect(judge(...better)).toMatchObject({ verdict: 'works', label: 'Works', morePeople: null, moreDays: null })
    expect(judge(...worse)).toMatchObject({ verdict: 'hurts', label: 'Hurts' })
    expect(judge(...better, { direction: 'down' }).verdict).toBe('hurts')
    expect(judge(...worse, { direction: 'down' }).verdict).toBe('works')
    expect(judge(...better)).not.toHaveProperty('because')
  })

  it('no worthwhile difference: the whole interval is within what would not be worth having', () => {
    const [control, treatment] = [share(100_000, 50_000), share(100_000, 50_100)]
    expect(judge(control, treatment, { worthwhile: 0.03 })).toMatchObject({
      verdict: 'no-worthwhile-difference',
      label: 'No worthwhile difference',
    })
    expect(judge(control, treatment, { worthwhile: 0.01 }).verdict).toBe('too-early')
    // Certain, and too small all the same.
    const tiny = [share(1e8, 5e7), share(1e8, 5.02e7)] as const
    expect(judge(...tiny, { worthwhile: 0.01 }).verdict).toBe('no-worthwhile-difference')
    expect(judge(...tiny, { worthwhile: 0.001 }).verdict).toBe('works')
  })

  it('too early, with the days until it is not', () => {
    const early = judge(share(1000, 100), share(1000, 130), {}, 5)
    expect(early).toMatchObject({ verdict: 'too-early', because: 'wide-interval' })
    expect(early.label).toBe(`Too early (about ${early.moreDays} more days)`)
    // After as many more days with the same shares it is decided, and a tenth before that it is not.
    const after = (days: number) => {
      const factor = (5 + days) / 5
      return judge(share(1000 * factor, 100 * factor), share(1000 * factor, 130 * factor)).verdict
    }
    expect(after(early.moreDays!)).toBe('works')
    expect(after(0.9 * early.moreDays!)).toBe('too-early')
    expect(early.morePeople! / 2000).toBeCloseTo(early.moreDays! / 5, 0)
    expect(judge(share(1000, 100), share(1000, 130))).toMatchObject({ label: 'Too early', moreDays: null })
  })

  it('more than two years is not a number of days', () => {
    expect(judge(share(1000, 100), share(1000, 130)).morePeople).toBeNull()
    const slow = judge(share(1000, 100), share(1000, 101), {}, 30)
    expect(slow).toMatchObject({ label: 'Too early (more than two years)', moreDays: null })
    expect(slow.morePeople).toBeGreaterThan(1000)
  })
})

describe('what is not judged yet', () => {
  it('arms whose means are not clear of 0', () => {
    const few = judge(share(200, 10), share(200, 18), {}, 2)
    expect(few).toMatchObject({ verdict: 'too-early', because: 'few-events', interval: null })
    expect(few.moreDays).toBeGreaterThan(0)
  })

  it('a control group where nobody does it is judged by the difference, with the variance of both arms as one', () => {
    expect(judge(share(1000, 0), share(1000, 100))).toMatchObject({ verdict: 'works', lift: null, interval: null })
    // 26 in 9,000 against 0 in 1,000 may be chance, though 0 has no variance of its own.
    expect(judge(share(1000, 0), share(9000, 26))).toMatchObject({ verdict: 'too-early', because: 'few-events' })
    expect(judge(share(1000, 100), share(1000, 0)).verdict).toBe('hurts')
  })

  it('sizes that do not fit the design', () => {
    const [control, treatment] = [share(10_000, 1000), share(9000, 1400)]
    const sampleRatio: SampleRatio = { verdict: 'mismatch', chiSquare: 50, dof: 1, p: 1e-12 }
    expect(verdictOf({ control, treatment, sampleRatio, days: 3 })).toMatchObject({
      verdict: 'too-early',
      because: 'sample-ratio',
      label: 'Too early',
      morePeople: null,
    })
  })

  it('nobody, one person, no variance, and what a number cannot hold', () => {
    const some = meanSample(100, 500, 3000)
    expect(judge(meanSample(0, 0, 0), some)).toMatchObject({ verdict: 'too-early', because: 'no-control', lift: null })
    expect(judge(some, meanSample(0, 0, 0)).because).toBe('no-people')
    expect(judge(some, meanSample(1, 7, 49)).because).toBe('one-person')
    expect(judge(share(1000, 1000), share(1000, 0)).verdict).toBe('hurts')
    expect(judge(share(100, 100), share(100, 100))).toMatchObject({ because: 'no-variance', lift: 0, p: null })
    const huge = { n: 5, mean: 1e308, variance: 1 }
    expect(judge(huge, { ...huge, mean: -1e308 }).because).toBe('overflow')
    expect(judge(some, { ...some, variance: Number.POSITIVE_INFINITY }).because).toBe('overflow')
  })

  it('a plan that makes no sense is refused', () => {
    const [a, b] = [share(100, 10), share(100, 10)]
    expect(() => judge(a, b, { worthwhile: 0 })).toThrow(RangeError)
    expect(() => judge(a, b, { comparisons: 0 })).toThrow(RangeError)
    expect(() => judge(a, b, { confidence: 1 })).toThrow(RangeError)
  })
})

describe('properties', () => {
  const arm = fc
    .record({ n: fc.integer({ min: 2, max: 1e7 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ n, share: s }) => share(n, Math.round(n * s)))
  const order = ['hurts', 'too-early', 'works']

  it('agrees with its own interval', () => {
    fc.assert(
      fc.property(arm, arm, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (a, b, worthwhile) => {
        const { verdict, interval, lift, p } = judge(a, b, { worthwhile })
        if (interval === null) return
        const [low, high] = interval
        expect(lift).toBeGreaterThanOrEqual(low)
        expect(lift).toBeLessThanOrEqual(high)
        const within = low > -worthwhile && high < worthwhile
        const expected = within ? 'no-worthwhile-difference' : low > 0 ? 'works' : high < 0 ? 'hurts' : 'too-early'
        fc.pre(Math.min(Math.abs(low), Math.abs(high)) > 1e-9)
        expect(verdict).toBe(expected)
        if (low > 0 || high < 0) expect(p).toBeLessThan(0.05)
      }),
    )
  })

  it('more who did it never make the verdict worse', () => {
    fc.assert(
      fc.property(arm, fc.integer({ min: 100, max: 1e6 }), fc.array(fc.nat(1e6), { minLength: 2 }), (a, n, counts) => {
        const verdicts = counts
          .map(count => count % (n + 1))
          .sort((x, y) => x - y)
          .map(count => judge(a, share(n, count), { worthwhile: 1e-9 }).verdict)
        const ranks = verdicts.map(verdict => order.indexOf(verdict))
        expect(ranks).toEqual([...ranks].sort((x, y) => x - y))
      }),
    )
  })

  it('sharing the confidence among more variants never decides more', () => {
    fc.assert(
      fc.property(arm, arm, fc.integer({ min: 2, max: 20 }), (a, b, comparisons) => {
        const shared = judge(a, b, { comparisons }).verdict
        if (shared !== 'too-early') expect(judge(a, b).verdict).toBe(shared)
      }),
    )
  })
})
