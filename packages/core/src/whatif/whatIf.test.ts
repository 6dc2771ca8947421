import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import type { LoggedDecision } from './decision.ts'
import { ESTIMATORS, type Estimator, estimateOf, FUNCTIONALS } from './estimators.ts'
import { type FoldOptions, startWhatIf } from './fold.ts'
import { likelihoodEstimate } from './honest.ts'
import { addWhatIfSums, PRODUCTS, type WhatIfSums } from './sums.ts'
import { whatIf } from './whatIf.ts'

const VARIANTS = ['a', 'b']

function fold(decisions: readonly LoggedDecision[], options: Partial<FoldOptions> = {}): WhatIfSums {
  const log = startWhatIf({ variants: VARIANTS, ...options })
  for (const decision of decisions) log.add(decision)
  return log.sums()
}

function decision(given: Partial<LoggedDecision> = {}): LoggedDecision {
  return { person: 'p', arm: 0, propensity: 0.5, reward: 1, target: [0.5, 0.5], ...given }
}

/** `n` decisions of as many people, alternating between the variants. */
function even(n: number, more: (i: number) => Partial<LoggedDecision> = () => ({})): LoggedDecision[] {
  return Array.from({ length: n }, (_, i) => decision({ person: `p${i}`, arm: i % 2, ...more(i) }))
}

describe('numbers of the reference', () => {
  it('one event of propensity .3, reward 1, wanted at .6: IPS 2, SNIPS 1, likelihood 1', () => {
    const sums = fold([decision({ propensity: 0.3, target: [0.6, 0.4] })])
    expect(FUNCTIONALS.ips(sums.sums).value).toBe(2)
    expect(FUNCTIONALS.snips(sums.sums).value).toBe(1)
    expect(likelihoodEstimate(sums, { maxWeight: Number.POSITIVE_INFINITY })).toBe(1)
    expect(estimateOf(sums, FUNCTIONALS.ips, 0.95)).toMatchObject({ interval: null, reason: 'one-person' })
  })

  it.each([
    [9, 0],
    [0, 0],
    [-10, -10],
  ])('where nobody says how little a reward may be, and the least there was is %d, it is %d', (least, minReward) => {
    const sums = fold(even(1000, i => ({ reward: i % 2 === 0 ? 10 : least })))
    const said = whatIf(sums, { bounds: { maxWeight: 2, minReward, maxReward: 10 } })
    expect(whatIf(sums, { bounds: { maxWeight: 2 } }).honest).toEqual(said.honest)
  })

  it('10,000 alternating events: every 95 % interval is within (.75, .85)', () => {
    const decisions = even(10_000, i => ({ reward: 1 - (i % 2), target: [0.8, 0.2], predicted: [0.5, 0.5] }))
    const { estimators, honest, verdict } = whatIf(fold(decisions), { bounds: { maxWeight: 2 } })
    expect(verdict).toBe('answered')
    const { ips, snips, dr, sndr } = estimators!
    const intervals = [ips, snips, dr, sndr].map(estimate => estimate.interval!)
    for (const [low, high] of [...intervals, honest!.likelihood.interval]) {
      expect(low).toBeGreaterThan(0.75)
      expect(high).toBeLessThan(0.85)
    }
    expect(honest!.guaranteed![0]).toBeGreaterThan(0.7)
    expect(honest!.guaranteed![1]).toBeLessThan(0.9)
  })

  it('the estimators are what their formulae say, decision by decision', () => {
    const rows = fc.array(
      fc.record({
        person: fc.constantFrom('p', 'q', 'r', 's'),
        arm: fc.constantFrom(0, 1),
        propensity: fc.double({ min: 0.05, max: 1, noNaN: true }),
        reward: fc.double({ min: -5, max: 5, noNaN: true }),
        target: fc.double({ min: 0, max: 1, noNaN: true }).map(p => [p, 1 - p]),
        predicted: fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true })),
      }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(rows, unsorted => {
        const decisions = unsorted.toSorted((a, b) => (a.person < b.person ? -1 : 1))
        const found = whatIf(fold(decisions, { switchAt: 3 }), { leastEffective: 0 })
        fc.pre(found.verdict !== 'refused')
        const w = decisions.map(d => d.target[d.arm]! / d.propensity)
        const mean = (read: (d: (typeof decisions)[0], i: number) => number) =>
          decisions.reduce((sum, d, i) => sum + read(d, i), 0) / decisions.length
        const direct = mean(d => d.target[0]! * d.predicted[0] + d.target[1]! * d.predicted[1])
        const rest = (d: (typeof decisions)[0], i: number) => w[i]! * (d.reward - d.predicted[d.arm]!)
        const expected = {
          ips: mean((d, i) => w[i]! * d.reward),
          snips: mean((d, i) => w[i]! * d.reward) / mean((_, i) => w[i]!),
          dm: direct,
          dr: direct + mean(rest),
          sndr: direct + mean(rest) / mean((_, i) => w[i]!),
          switch: direct + mean((d, i) => (w[i]! <= 3 ? rest(d, i) : 0)),
        }
        for (const by of ESTIMATORS) expect(found.estimators![by].value).toBeCloseTo(expected[by], 8)
      }),
    )
  })

  it('sums over disjoint people add up', () => {
    // Halves and quarters, so that no rounding is in the way.
    const some = even(40, i => ({ reward: i, target: [0.25, 0.75] }))
    const others = even(7, i => ({ person: `o${i}`, target: [0.75, 0.25] }))
    expect(addWhatIfSums(fold(some), fold(others))).toEqual(fold([...some, ...others]))
    expect(addWhatIfSums(fold([]), fold(others))).toEqual(fold(others))
    expect(() => addWhatIfSums(fold(some), fold(others, { cap: 5 }))).toThrow(/do not add up/)
    expect(PRODUCTS.length).toBe(fold(some).products.length)
  })
})

describe('a log with a planted truth', () => {
  /** People of two kinds; the log prefers variant a for one kind; b is better for the other. */
  function world(seed: string, people: number, logging: readonly [number, number], perPerson = 1): LoggedDecision[] {
    const rng = random(seed)
    return Array.from({ length: people }, (_, i) => {
      const kind = rng.chance(0.4) ? 1 : 0
      const chanceOfA = logging[kind]!
      const arm = rng.chance(chanceOfA) ? 0 : 1
      const mood = rng.normal()
      const mean = kind === 1 ? [0.1, 0.3] : [0.25, 0.2]
      // Decisions of one person are drawn once and share a mood: they are far from independent.
      return Array.from({ length: perPerson }, () => ({
        person: `${seed}/${i}`,
        arm,
        propensity: arm === 0 ? chanceOfA : 1 - chanceOfA,
        reward: perPerson === 1 ? Number(rng.chance(mean[arm]!)) : mean[arm]! + mood + 0.1 * rng.normal(),
        target: kind === 1 ? [0, 1] : [1, 0],
        // A model that is wrong for one kind.
        predicted: kind === 1 ? [0.1, 0.2] : [0.25, 0.2],
      }))
    }).flat()
  }

  const TRUTH = 0.6 * 0.25 + 0.4 * 0.3
  const RUNS = 400
  const bounds = { maxWeight: 10, minReward: 0, maxReward: 1 }

  /** The answers to as many logs of one kind. */
  function answers(name: string, decisions: (seed: string) => LoggedDecision[]): ReturnType<typeof whatIf>[] {
    return Array.from({ length: RUNS }, (_, i) =>
      whatIf(fold(decisions(`${name}/${i}`)), { bounds, leastEffective: 0 }),
    )
  }

  function coverage<T>(found: readonly T[], read: (one: T) => readonly [number, number]): number {
    return found.filter(one => read(one)[0] <= TRUTH && TRUTH <= read(one)[1]).length / found.length
  }

  const plain = answers('plain', seed => world(seed, 500, [0.6, 0.7])).map(found => found.estimators!)

  it.each(['ips', 'snips', 'dr', 'sndr'] as const)('%s: 95 of 100 intervals hold it', by => {
    const share = coverage(plain, found => found[by].interval!)
    expect(share).toBeGreaterThan(0.92)
    expect(share).toBeLessThan(0.98)
  })

  it('IPS and DR have no bias, DM has the model’s, and DR is more precise than IPS', () => {
    const of = (by: Estimator) => {
      const values = plain.map(found => found[by].value!)
      const mean = values.reduce((a, b) => a + b) / RUNS
      return { mean, sd: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (RUNS - 1)) }
    }
    for (const by of ['ips', 'dr', 'sndr'] as const) {
      const { mean, sd } = of(by)
      expect(Math.abs(mean - TRUTH)).toBeLessThan((3.5 * sd) / Math.sqrt(RUNS))
    }
    expect(of('dm').mean).toBeCloseTo(TRUTH - 0.04, 2)
    expect(of('dr').sd).toBeLessThan(of('ips').sd)
    expect(plain[0]!.dm).toMatchObject({ interval: null, reason: 'model-error' })
  })

  it('few effective people: the likelihood’s interval still holds, the guaranteed one always', () => {
    // The log hardly ever shows what the target wants; about 60 effective people.
    const found = answers('thin', seed => world(seed, 350, [0.15, 0.88])).map(({ honest }) => honest!)
    expect(coverage(found, honest => honest.likelihood.interval)).toBeGreaterThan(0.93)
    expect(coverage(found, honest => honest.guaranteed!)).toBe(1)
  })

  it('people who were asked often: intervals count people, not decisions', () => {
    const often = (seed: string) => world(seed, 200, [0.5, 0.5], 5)
    const share = coverage(answers('often', often), found => found.estimators!.snips.interval!)
    expect(share).toBeGreaterThan(0.92)
    expect(share).toBeLessThan(0.98)
    // As if each decision were a person of its own: far too sure.
    const alone = (seed: string) => often(seed).map((one, i) => ({ ...one, person: String(i) }))
    const found = [often, alone].map(read => whatIf(fold(read('often/one'))).estimators!.snips.standardError!)
    expect(found[0]! / found[1]!).toBeGreaterThan(2)
  })
})

describe('where the log cannot answer it refuses, and says what it takes', () => {
  const only = (code: string, sums: WhatIfSums) => {
    const found = whatIf(sums)
    expect(found).toMatchObject({ verdict: 'refused', answer: null, gain: null, estimators: null, honest: null })
    const doubt = found.doubts.find(one => one.refuses)!
    expect(doubt.code).toBe(code)
    expect(found.sentence).toBe(doubt.message)
    return doubt
  }

  it('an empty log', () => {
    expect(only('empty', fold([])).message).toMatch(/no decision of this experience whose window has closed/)
  })

  it('a variant that was never shown', () => {
    const doubt = only('never-shown', fold(even(500, () => ({ arm: 0, propensity: 1, target: [0.4, 0.6] }))))
    expect(doubt.message).toMatch(/would show b in 60 % of the decisions, and the log never does/)
    expect(doubt.needed).toEqual({ explore: [{ variant: 'b', chance: 0.01 }] })
  })

  it('a variant that was shown, but never to those the policy wants it for', () => {
    // Half of the people could only get a; the target gives them b.
    const decisions = even(2000, i =>
      i % 4 < 2 ? { arm: 0, propensity: 1, target: [0, 1] } : { propensity: 0.5, target: [0.5, 0.5] },
    )
    const doubt = only('not-covered', fold(decisions))
    expect(doubt.message).toMatch(/could show only 50 % of what the policy would do/)
    expect(doubt.needed.explore).toEqual([{ variant: 'b', chance: 0.01 }])
  })

  it('propensities that are not those drawn with', () => {
    const doubt = only('propensities', fold(even(2000, () => ({ propensity: 0.25 }))))
    expect(doubt.message).toMatch(/weights average 2.00 and must average 1/)
  })

  it('too few effective people, with how many more', () => {
    const decisions = even(400, i => ({
      arm: i % 100 === 0 ? 1 : 0,
      propensity: i % 100 === 0 ? 0.01 : 0.99,
      target: [0, 1],
    }))
    const doubt = only('too-few', fold(decisions))
    expect(doubt.message).toBe(
      "Only 4.0 people's worth of the log speaks of this policy, and it takes 50: about 5,000 people in all as it runs now, or at least 13 % of people for each variant it wants.",
    )
    expect(doubt.needed).toEqual({ people: 5000, explore: [{ variant: 'b', chance: 0.125 }] })
  })

  it('of fewer people than it takes no share is asked for, and what is too few does not read as enough', () => {
    const messageOf = (decisions: LoggedDecision[]) =>
      whatIf(fold(decisions)).doubts.find(({ code }) => code === 'too-few')?.message
    expect(messageOf(even(20))).toBe(
      "Only 20.0 people's worth of the log speaks of this policy, and it takes 50: about 50 people in all as it runs now.",
    )
    expect(messageOf(even(20, () => ({ arm: 0, target: [0, 1] })))).toBe(
      'Nobody in the log was shown what this policy would show: give each variant it wants a chance.',
    )
    // 49.98 people's worth.
    const almost = [...even(49), ...even(1, () => ({ propensity: 0.48 }))].map((one, i) => ({
      ...one,
      person: `p${i}`,
    }))
    expect(messageOf(almost)).toMatch(/^Only 49\.9 people's worth/)
  })

  it.each([
    [{ propensity: 0 }, '1 with no propensity, or one that is not above 0 and up to 1'],
    [{ propensity: 1.2 }, '1 with no propensity, or one'],
    [{ propensity: Number.NaN }, '1 with no propensity, or one'],
    [{ reward: Number.POSITIVE_INFINITY }, '1 with a reward or prediction that is no finite number'],
    [{ predicted: [Number.NaN, 0] }, '1 with a reward or prediction'],
    [{ target: [0.7, 0.7] }, '1 with target chances that are not between 0 and 1 or do not sum to 1'],
    [{ target: [-0.5, 1.5] }, '1 with target chances'],
    [{ target: [1] }, '1 with target chances'],
    [{ arm: 2 }, '1 with an unknown variant'],
    [{ arm: 0.5 }, '1 with an unknown variant'],
  ])('a decision with %j', (bad, message) => {
    expect(only('unusable', fold([...even(200), decision(bad)])).message).toContain(message)
  })

  it('sums that are no numbers', () => {
    const sums = fold(even(200))
    expect(() => whatIf({ ...sums, products: sums.products.map(() => Number.NaN) })).toThrow(/look at the query/)
    expect(() => whatIf(sums, { confidence: 1 })).toThrow(RangeError)
  })
})

it('all rewards equal, or beyond what a number holds: no interval, with the reason', () => {
  expect(whatIf(fold(even(200, () => ({ reward: 0 })))).estimators!.snips).toMatchObject({
    value: 0,
    interval: null,
    reason: 'no-variance',
  })
  const huge = fold(even(200, i => ({ reward: i % 3 === 0 ? 1e300 : 0 })))
  expect(whatIf(huge)).toMatchObject({ verdict: 'refused', logged: { interval: null, reason: 'overflow' } })
})

it('never answers NaN or Infinity', () => {
  const number = fc.oneof(fc.constantFrom(0, 1, -1, 1e-320, 1e150), fc.double({ min: -1e6, max: 1e6, noNaN: true }))
  const row = fc.record({
    person: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    arm: fc.constantFrom(0, 1),
    propensity: fc.oneof(fc.constantFrom(1e-300, 1, 0.5), fc.double({ min: 1e-6, max: 1, noNaN: true })),
    reward: number,
    target: fc.constantFrom([1, 0], [0, 1], [0.5, 0.5], [0.01, 0.99]),
    predicted: fc.tuple(number, number),
  })
  const finite = (value: unknown): boolean =>
    typeof value === 'number'
      ? Number.isFinite(value)
      : typeof value !== 'object' || value === null || Object.values(value).every(finite)
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), rows => {
      const found = whatIf(fold(rows), { leastEffective: 0 })
      expect(finite(found)).toBe(true)
      for (const estimate of Object.values(found.estimators ?? {})) {
        if (estimate.interval === null) expect(estimate.reason).toBeDefined()
      }
    }),
    { numRuns: 1000 },
  )
})
