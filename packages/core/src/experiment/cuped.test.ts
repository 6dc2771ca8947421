import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import type { ArmStatistics } from './arm.ts'
import { covariateSample } from './covariate.ts'
import { cupedDifference, cupedLift, cupedSample, cupedTheta } from './cuped.ts'
import { impact } from './impact.ts'
import { absoluteDifference, relativeLift } from './lift.ts'
import { armSample } from './sample.ts'
import { armOfPeople, type Person } from './testing.ts'

fc.configureGlobal({ seed: 4 })

/** The sums of the reference: n, of Y, Y², X, X² and XY. */
function arm(variant: string, n: number, y: number, yy: number, x: number, xx: number, xy: number): ArmStatistics {
  const covariate = { sum: x, sumSquares: xx, crossSum: xy }
  return {
    variant,
    control: variant === '',
    people: n,
    exposures: n,
    conversions: 0,
    sum: y,
    sumSquares: yy,
    covariate,
    expected: 1,
  }
}
const control = arm('', 3001, 300, 600, 210, 415, -20)
const treatment = arm('b', 3000, 222, 555, 120, 405, -10)
const third = arm('c', 4000, 450, 900, 300, 600, -30)
const sums = (one: ArmStatistics) => covariateSample(one, 'sum')!

describe('how much of the variance is gone', () => {
  const of = (variant: string, ...people: [value: number, before: number][]) =>
    armOfPeople(
      variant,
      people.map(([value, before]) => ({ value, before })),
    )
  const adjustedIn = (...arms: ArmStatistics[]) =>
    impact(arms, { metric: { type: 'sum', event: 'Order Completed' } }).variants[0]!.evidence.adjusted

  it('is not told where there was none, and only another variant shows what before foretells', () => {
    const adjusted = adjustedIn(
      of('', [5, 1], [5, 3], [5, 4]),
      of('a', [6, 2], [6, 5], [6, 3]),
      of('b', [1, 1], [9, 8]),
    )
    expect(adjusted!.lift.standardError).toBeGreaterThan(0)
    expect(adjusted!.varianceReduction).toBeNull()
  })

  it('nor where nothing is left of it: then there is no error to compare', () => {
    const adjusted = adjustedIn(of('', [1, 1], [2, 2], [6, 6]), of('a', [2, 2], [3, 3], [4, 4]))
    expect(adjusted!.lift).toMatchObject({ standardError: null, reason: 'no-variance' })
    expect(adjusted!.varianceReduction).toBeNull()
  })
})

describe('published reference numbers', () => {
  it('two arms of a mean', () => {
    const [a, b] = [sums(control), sums(treatment)]
    const theta = cupedTheta([a, b])
    expect(theta).toBeCloseTo(-0.0732119, 7)
    const lift = cupedLift(a, b, theta)
    expect(lift.value).toBeCloseTo(-0.281707154, 9)
    expect(lift.standardError).toBeCloseTo(0.0971049, 7)
    expect(lift.p).toBeCloseTo(0.003732549, 9)
  })

  it('the same sums of shares', () => {
    const binary = (one: ArmStatistics) =>
      covariateSample(
        { ...one, sumSquares: one.sum, covariate: { ...one.covariate!, sumSquares: one.covariate!.sum } },
        'conversion',
      )!
    const [a, b] = [binary(control), binary(treatment)]
    const lift = cupedLift(a, b, cupedTheta([a, b]))
    expect(lift.value).toBeCloseTo(-0.31620216, 8)
    expect(lift.p! / 3.53e-7).toBeCloseTo(1, 2)
  })

  it('standard deviations of three arms, each adjusted in its pair', () => {
    const deviation = (one: ArmStatistics, pair: ArmStatistics[]) =>
      Math.sqrt(cupedSample(sums(one), cupedTheta(pair.map(sums))).variance)
    expect(deviation(control, [control, third])).toBeCloseTo(0.434288923, 9)
    expect(deviation(treatment, [control, treatment])).toBeCloseTo(0.423529598, 9)
    expect(deviation(third, [control, third])).toBeCloseTo(0.458953951, 9)
  })

  it('of three arms theta is pooled over all, so that the control is adjusted alike in each comparison', () => {
    const all = [control, treatment, third].map(sums)
    const theta = cupedTheta(all)
    const total = (of: (one: ArmStatistics) => number) => [control, treatment, third].reduce((sum, x) => sum + of(x), 0)
    const n = total(x => x.people)
    const covariance = total(x => x.covariate!.crossSum) - (total(x => x.sum) * total(x => x.covariate!.sum)) / n
    const variance = total(x => x.covariate!.sumSquares) - total(x => x.covariate!.sum) ** 2 / n
    expect(theta).toBeCloseTo(covariance / variance, 12)
  })

  /** GrowthBook's ratio with a ratio before: n = 100 people an arm. */
  const ratioArm = (variant: string, s: Record<string, number>): ArmStatistics => ({
    ...arm(variant, 100, s.y!, s.yy!, s.x!, s.xx!, s.yx!),
    denominatorSum: s.d!,
    denominatorSumSquares: s.dd!,
    crossSum: s.yd!,
    covariate: {
      sum: s.x!,
      sumSquares: s.xx!,
      crossSum: s.yx!,
      ratio: {
        denominatorSum: s.e!,
        denominatorSumSquares: s.ee!,
        crossSum: s.xe!,
        valueDenominatorSum: s.ye!,
        denominatorValueSum: s.dx!,
        denominatorsSum: s.de!,
      },
    },
  })

  it('a ratio with the same ratio before', () => {
    const a = covariateSample(
      ratioArm('', {
        y: 485.112236689623,
        yy: 2715.484666118136,
        d: 679.9093275844917,
        dd: 4939.424001640236,
        yd: 3602.146836776702,
        x: 192.59138069991536,
        xx: 460.076026390857,
        e: 290.1398399750233,
        ee: 920.9461385038898,
        xe: 634.239482353647,
        yx: 1113.6215759318352,
        ye: 1559.2878434944676,
        dx: 1460.3181079276983,
        de: 2130.9404074446747,
      }),
      'mean',
    )!
    const b = covariateSample(
      ratioArm('b', {
        y: 514.7757826608777,
        yy: 2994.897482705013,
        d: 705.4090874383759,
        dd: 5291.36604146392,
        yd: 3918.1561431600717,
        x: 206.94157227402536,
        xx: 514.2903702246757,
        e: 302.54389139107326,
        ee: 994.4506208125663,
        xe: 698.4173425817913,
        yx: 1237.0953021125997,
        ye: 1701.0287270040265,
        dx: 1604.075950326651,
        de: 2292.081739775257,
      }),
      'mean',
    )!
    expect(a.mean).toBeCloseTo(0.713495487, 9)
    expect(b.mean).toBeCloseTo(0.729754963, 9)
    const lift = cupedLift(a, b, cupedTheta([a, b], { ratio: true }))
    expect(lift.value).toBeCloseTo(-0.000701483, 9)
    // There the control's part is taken at the adjusted means, (1 + lift) instead of m_b / m_a as for means: .8577.
    expect(lift.p).toBeCloseTo(0.8592, 4)
  })
})

describe('adjusting', () => {
  /** People who spend as they did before, and more by chance; a ratio of orders. */
  function people(seed: string, n: number, effect: number): Person[] {
    const rng = random(seed)
    return Array.from({ length: n }, () => {
      const own = 5 + 2 * rng.normal()
      const [count, countBefore] = [1 + rng.poisson(2), 1 + rng.poisson(2)]
      return {
        value: count * (own + rng.normal() + effect),
        count,
        before: countBefore * (own + rng.normal()),
        countBefore,
      }
    })
  }

  it.each(['sum', 'mean'] as const)('of a %s narrows the interval and keeps 95 of 100 on the truth', type => {
    let held = 0
    let narrower = 0
    const experiments = 300
    const effect = 0.3
    const truth = effect / 5
    for (let i = 0; i < experiments; i++) {
      const arms = [armOfPeople('', people(`a${i}`, 150, 0)), armOfPeople('b', people(`b${i}`, 150, effect))]
      const [a, b] = arms.map(one => covariateSample(one, type)!)
      const theta = cupedTheta([a!, b!], { ratio: type === 'mean' })
      const adjusted = cupedLift(a!, b!, theta)
      const plain = relativeLift(armSample(arms[0]!, type), armSample(arms[1]!, type))
      if (adjusted.interval![0] <= truth && truth <= adjusted.interval![1]) held++
      if (adjusted.standardError! < plain.standardError!) narrower++
    }
    expect(held / experiments).toBeGreaterThan(0.915)
    expect(held / experiments).toBeLessThan(0.985)
    expect(narrower / experiments).toBeGreaterThan(0.98)
  })

  const anyPeople = fc.array(
    fc.record({ value: fc.integer({ min: -20, max: 50 }), before: fc.integer({ min: -20, max: 50 }) }),
    { minLength: 3, maxLength: 40 },
  )

  it('by nothing is the plain lift', () => {
    fc.assert(
      fc.property(anyPeople, anyPeople, (a, b) => {
        const arms = [armOfPeople('', a), armOfPeople('b', b)]
        const [x, y] = arms.map(sums)
        const [plain, adjusted] = [
          relativeLift(armSample(arms[0]!, 'sum'), armSample(arms[1]!, 'sum')),
          cupedLift(x!, y!, 0),
        ]
        expect(adjusted.value).toBe(plain.value)
        expect(adjusted.reason).toBe(plain.reason)
        if (plain.p !== null) expect(adjusted.p).toBeCloseTo(plain.p, 9)
        expect(cupedDifference(x!, y!, 0)).toEqual(absoluteDifference(x!, y!))
      }),
    )
  })

  it('the pooled theta leaves the least variance, and does not change with an amount added to everybody before', () => {
    fc.assert(
      fc.property(anyPeople, anyPeople, fc.double({ min: -1, max: 1, noNaN: true }), (a, b, step) => {
        // About the common mean: one arm of both, so that pooling is within it.
        const joint = sums(armOfPeople('', [...a, ...b]))
        const theta = cupedTheta([joint])
        const variance = (t: number) => joint.variance + t ** 2 * joint.before.variance - 2 * t * joint.covariance
        expect(variance(theta)).toBeLessThanOrEqual(variance(theta + step) + 1e-9)
        const moved = (people: Person[]) => people.map(person => ({ ...person, before: person.before! + 7 }))
        const there = cupedTheta([sums(armOfPeople('', a)), sums(armOfPeople('b', b))])
        const here = cupedTheta([sums(armOfPeople('', moved(a))), sums(armOfPeople('b', moved(b)))])
        expect(here).toBeCloseTo(there, 8)
      }),
    )
  })

  it('whom before foretells completely leaves no chance: no interval, and the reason', () => {
    const same = [1, 2, 3, 4].map(x => ({ value: 2 * x, before: x }))
    const [a, b] = [sums(armOfPeople('', same)), sums(armOfPeople('b', same))]
    expect(cupedTheta([a, b])).toBe(2)
    expect(cupedDifference(a, b, 2)).toMatchObject({ value: 0, interval: null, reason: 'no-variance' })
  })

  it('nothing before, nobody, or one person', () => {
    const plain = armOfPeople('', [{ value: 1 }, { value: 2 }])
    expect(covariateSample(plain, 'sum')).toBeNull()
    const unknown = sums(
      armOfPeople('', [
        { value: 1, before: 0 },
        { value: 2, before: 0 },
      ]),
    )
    expect(cupedTheta([unknown])).toBe(0)
    const one = sums(armOfPeople('b', [{ value: 1, before: 1 }]))
    expect(cupedLift(unknown, one, 0.5)).toMatchObject({ interval: null, reason: 'one-person' })
    const nobody = sums({ ...armOfPeople('b', [{ value: 1, before: 1 }]), people: 0 })
    expect(cupedLift(unknown, nobody, 0.5).reason).toBe('no-people')
    expect(cupedLift(nobody, unknown, 0.5).reason).toBe('no-control')
    // Of a ratio, nothing to divide by before.
    expect(covariateSample(armOfPeople('', [{ value: 1, count: 1, before: 1 }]), 'mean')).toBeNull()
  })
})

describe('values that hardly differ beside their size', () => {
  const rng = random('large and alike')
  const people = (count: number, size: number, spread: number, rest: object = {}) =>
    Array.from({ length: count }, (): Person => {
      const own = rng.normal()
      return { value: size + spread * (own + rng.normal()), before: size + spread * own, ...rest }
    })

  it.each([
    { what: 'a sum', rest: {} },
    { what: 'a ratio', rest: { count: 1, countBefore: 1 } },
    { what: 'by chance', rest: { chance: 0.5 } },
  ])('go together by no more than they differ: $what', ({ rest }) => {
    const type = 'count' in rest ? 'mean' : 'sum'
    for (const spread of [0, 1, 1e3, 1e5]) {
      const arms = ['', 'a'].map(variant => armOfPeople(variant, people(300, 1e12, spread, rest)))
      const samples = arms.map(arm => covariateSample(arm, type)!)
      for (const { variance, before, covariance } of samples) {
        expect(Math.abs(covariance)).toBeLessThanOrEqual(1.01 * Math.sqrt(variance * before.variance))
      }
      expect(cupedTheta(samples, { ratio: type === 'mean' })).toBe(0)
    }
  })

  it('are no effect of anything: what rounding leaves of them was called one in 97 of 100 simulated experiments', () => {
    const metric = { type: 'sum', event: 'Paid' } as const
    for (const [size, spread] of [
      [1e12, 1],
      [1e12, 1e3],
      [0.1, 0],
    ] as const) {
      for (let i = 0; i < 20; i++) {
        const arms = ['', 'a'].map(variant => armOfPeople(variant, people(300, size, spread)))
        const { variants, warnings } = impact(arms, { metric })
        const { verdict, evidence } = variants[0]!
        expect(warnings.map(({ message }) => message).join()).toContain('less than a millionth of their size')
        expect(['too-early', 'no-worthwhile-difference']).toContain(verdict.verdict)
        expect(evidence.adjusted).toBeNull()
      }
    }
  })
})
