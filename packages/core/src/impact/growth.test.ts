import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import type { Pair } from './cell.ts'
import { growthOf } from './growth.ts'
import { MONTH_DAYS } from './month.ts'
import { sumsOfPeople } from './testing.ts'
import { formatMoney } from './words.ts'

const options = {
  measure: 'kpi' as const,
  confidence: 0.95,
  days: MONTH_DAYS,
  show: (value: number) => formatMoney(value, 'EUR'),
}

/**
 * Two experiences for everybody, each with its own control group, under a holdout. `both`: what a person brings more who has
 * both. Quarters have other people's tastes and another holdout.
 */
function shop(
  rng: Random,
  people: number,
  { a, b, both, quarters = 1 }: { a: number; b: number; both: number; quarters?: number },
) {
  const values = { held: [] as number[][], free: [] as number[][] }
  const arms = { a: [[], []] as number[][], b: [[], []] as number[][] }
  for (let quarter = 0; quarter < quarters; quarter++) {
    const [held, free]: [number[], number[]] = [[], []]
    for (let i = 0; i < people; i++) {
      const base = 3 * quarter + 4 * rng.uniform() + rng.poisson(2)
      if (rng.chance(0.2)) {
        held.push(base)
        continue
      }
      const [hasA, hasB] = [rng.chance(0.6), rng.chance(0.5)]
      const value = base + (hasA ? a : 0) + (hasB ? b : 0) + (hasA && hasB ? both : 0)
      free.push(value)
      arms.a[hasA ? 1 : 0]!.push(value)
      arms.b[hasB ? 1 : 0]!.push(value)
    }
    values.held.push(held)
    values.free.push(free)
  }
  const sums = (some: readonly number[]) => sumsOfPeople(some.map(kpi => ({ kpi })))
  const pair = ([control, personalized]: number[][]): Pair => ({
    personalized: sums(personalized!),
    control: sums(control!),
  })
  const programme = values.free.map((free, i): Pair => ({ personalized: sums(free), control: sums(values.held[i]!) }))
  const n = 0.8 * people * quarters
  // The control group of a has b as often, so a is measured beside b; the programme against nothing at all.
  const truth = n * (0.6 * (a + 0.5 * both) + 0.5 * (b + 0.6 * both) - (0.6 * a + 0.5 * b + 0.3 * both))
  return { parts: [pair(arms.a), pair(arms.b)], programme, truth }
}

describe('growth', () => {
  it.each([
    { both: -0.8, quarters: 1 },
    { both: 0, quarters: 1 },
    { both: -0.4, quarters: 2 },
  ])('95 of 100 intervals of the overlap hold it, of what both bring together $both in $quarters quarters', ({
    both,
    quarters,
  }) => {
    const experiments = 150
    let held = 0
    let called = 0
    for (let i = 0; i < experiments; i++) {
      const { parts, programme, truth } = shop(random(`overlap ${both} ${i}`), 400, { a: 1, b: 1, both, quarters })
      const { overlap, verdict } = growthOf(parts, programme, options)
      const [low, high] = overlap.interval!
      if (low <= truth && truth <= high) held++
      if (verdict !== 'not-told-apart') called++
    }
    expect(held / experiments).toBeGreaterThan(0.9)
    // Nothing overlaps without reason.
    if (both === 0) expect(called / experiments).toBeLessThan(0.1)
  })

  it('says that experiences overlap, one way or the other, or cannot be told apart', () => {
    const grow = (both: number, people = 12_000) => {
      const { parts, programme } = shop(random('words'), people, { a: 1, b: 1, both })
      return growthOf(parts, programme, options)
    }
    expect(grow(-1)).toMatchObject({
      verdict: 'stand-in',
      sentence: expect.stringMatching(/They overlap by [\d.,]+ EUR .* another does part of its work/),
    })
    expect(grow(2)).toMatchObject({
      verdict: 'counted-twice',
      sentence: expect.stringMatching(/They overlap by [\d.,]+ EUR .* is counted in each/),
    })
    expect(grow(-0.3, 300)).toMatchObject({
      verdict: 'not-told-apart',
      sentence: expect.stringContaining('is not told apart from chance'),
    })
  })

  it('does not tell of an overlap where much of the programme is in no part of the sum', () => {
    const { parts, programme } = shop(random('partial'), 12_000, { a: 1, b: 1, both: 0 })
    const [a, b] = parts as [Pair, Pair]
    const nobody = sumsOfPeople([])
    // Nobody is left out of b: what it brings is measured by the holdout alone, and a does not stand in for it.
    const partial = growthOf([a, { ...b, control: nobody }], programme, options)
    expect(partial).toMatchObject({ verdict: 'unknown', overlap: { value: null, reason: 'no-control' } })
    expect(partial.sum.value).toBeCloseTo(growthOf([a], programme, options).sum.value!, 6)
    expect(partial.sentence).toMatch(
      /^The experiences, as far as people were left out of them, bring .* Whether they overlap is not known: [\d,]+ people saw what nobody was left out of/,
    )
    // A few do not matter.
    const few = { personalized: sumsOfPeople([{ kpi: 9 }]), control: nobody }
    expect(growthOf([a, b, few], programme, options)).toEqual(growthOf([a, b], programme, options))
  })

  it('a quarter without a holdout is taken to be like the others', () => {
    const { parts, programme } = shop(random('quarters'), 2000, { a: 1, b: 0, both: 0, quarters: 2 })
    const without = programme.map((pair, i) => (i === 0 ? { ...pair, control: sumsOfPeople([]) } : pair))
    const [whole, half] = [growthOf(parts, programme, options), growthOf(parts, without, options)]
    expect(half.programme.value! / whole.programme.value!).toBeGreaterThan(0.7)
    expect(half.programme.value! / whole.programme.value!).toBeLessThan(1.3)
    expect(half.programme.standardError!).toBeGreaterThan(whole.programme.standardError!)
  })

  it('without a holdout or a control group it says so', () => {
    const { parts, programme } = shop(random('none'), 500, { a: 1, b: 1, both: 0 })
    const nobody = sumsOfPeople([])
    const unheld = growthOf(
      parts,
      programme.map(pair => ({ ...pair, control: nobody })),
      options,
    )
    expect(unheld).toMatchObject({ verdict: 'unknown', sentence: expect.stringContaining('set a holdout') })
    const uncontrolled = growthOf(
      parts.map(pair => ({ ...pair, control: nobody })),
      programme,
      options,
    )
    expect(uncontrolled).toMatchObject({ verdict: 'unknown', sentence: expect.stringContaining('no control group') })
    expect(growthOf([], [], options)).toMatchObject({ verdict: 'unknown', sum: { value: null } })
  })
})
